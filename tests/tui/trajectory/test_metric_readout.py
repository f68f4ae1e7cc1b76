"""The metrics below the pictures: values of another frame than the one shown say so."""

from textual.app import App, ComposeResult

from riptui.tui.trajectory.metric_readout import MetricReadout

METRICS: dict[int, dict[str, float | None]] = {0: {"ssim": 1.0, "psnr": None}, 32: {"ssim": 0.8, "psnr": 20.0}}


class OneReadout(App[None]):
    def compose(self) -> ComposeResult:
        yield MetricReadout()

    def show(self, k: int) -> str:
        readout = self.query_one(MetricReadout)
        readout.show(METRICS, k, ["ssim"], lambda frame: 100 * frame / 64)
        return str(readout.content)


async def test_a_value_of_an_earlier_frame_says_where_it_was_measured() -> None:
    app = OneReadout()
    async with app.run_test(size=(80, 4)):
        assert "at" not in app.show(32)
        assert app.show(33).count("at 50 %") == 2
        assert app.show(24).count("at 0 %") == 2
        assert "at" not in app.show(0)


async def test_in_little_room_the_value_is_dimmed_only() -> None:
    app = OneReadout()
    async with app.run_test(size=(36, 1)):
        text = app.show(24)
        assert "1.0000" in text
        assert "at 0 %" not in text
