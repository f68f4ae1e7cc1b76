"""The program that measures maps: what it answers, and how messages travel."""

from io import BytesIO

import numpy as np
import pytest

from riptui.metrics.loading import load
from riptui.metrics.map_program import MapMeter, MapReply, MapRequest, read_message, write_message
from riptui.metrics.metric import measure_map
from tests.support.trajectories import picture

ORIGINAL, FRAME = picture(64), np.ascontiguousarray(picture(64)[::-1])


def request(metric: str) -> MapRequest:
    return MapRequest(metric, (64, 64), ORIGINAL.tobytes(), FRAME.tobytes())


def test_a_map_is_the_metrics_own() -> None:
    metric = load("delta-e")
    expected = measure_map(metric, metric.prepare(ORIGINAL), FRAME).astype(np.float32)
    meter = MapMeter()
    for _ in range(2):  # the second time with what was prepared
        assert meter.answer(request("delta-e")).values == expected.tobytes()


@pytest.mark.parametrize(("metric", "reason"), [("lpisp", "unknown metric 'lpisp'"), ("psnr", "psnr failed")])
def test_what_cannot_be_measured_is_answered_in_a_line(metric: str, reason: str) -> None:
    reply = MapMeter().answer(request(metric))
    assert reason in reply.error
    assert not reply.values


def test_messages_arrive_whole_or_not_at_all() -> None:
    stream = BytesIO()
    write_message(stream, request("delta-e"))
    whole = stream.getvalue()
    stream.seek(0)
    assert read_message(stream, MapRequest) == request("delta-e")
    assert read_message(stream, MapReply) is None
    assert read_message(BytesIO(whole[:-1]), MapRequest) is None
