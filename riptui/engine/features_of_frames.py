"""Features of frames at every 50 % and at the end: of saved frames, and of those of a batch while it runs."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from PIL import Image as PilImages

from riptui.arrays import Image
from riptui.errors import MetricError, StoreError
from riptui.events import Notice
from riptui.features import load_extractor
from riptui.features.cpu_fallback import take_unsaid
from riptui.metrics import split_names
from riptui.store.feature_file import compute_features, find_missing_features, save_features
from riptui.store.trajectory import Trajectory
from riptui.text.units import format_count


class DueFrame(NamedTuple):
    """A frame that was just computed, and whose features are asked for."""

    trajectory: Trajectory
    names: Sequence[str]
    """Of the extractors."""
    k: int
    frame: Image


def extract_saved_frames(
    trajectory: Trajectory, names: Sequence[str], committed: int, device: str = ""
) -> Iterator[Notice]:
    """Keep the features of saved frames that lack them, at every 50 % and at the end; a notice for each extractor,
    and one of what a GPU had no memory for.

    names: also of metrics, which are not looked at. committed: the iterations of the trajectory that are.
    Raises WeightsError, MissingExtraError, DiskError, DamagedError, MetricError.
    """
    due = [k for k in trajectory.spec.point_iterations() if k <= committed]
    for name in split_names(names).features:
        extractor = load_extractor(name, device)
        if missing := find_missing_features(trajectory, name, due, extractor.identity):
            try:
                computed = compute_features(trajectory, extractor, missing, must_keep=True)
            except StoreError:
                raise
            except Exception as error:  # of any kind: a plug-in may have made the extractor
                raise _failure(name, error) from error
            yield Notice(f"{name}: features of {format_count(len(computed), 'frame')}")
    yield from map(Notice, take_unsaid())


def extract_together(batch: Sequence[DueFrame], device: str = "") -> list[MetricError | None]:
    """Keep the features of frames of several trajectories, each extractor's in one call; the error of each, or None.

    Raises DiskError.
    """
    errors: dict[int, MetricError] = {}
    for name in dict.fromkeys(name for due in batch for name in due.names):
        asking = [index for index, due in enumerate(batch) if name in due.names]
        try:
            extractor = load_extractor(name, device)
            vectors = extractor.extract([PilImages.fromarray(batch[index].frame) for index in asking])
        except Exception as error:
            errors |= dict.fromkeys(asking, _failure(name, error))
            continue
        for index, vector in zip(asking, vectors, strict=True):
            save_features(batch[index].trajectory, extractor, {batch[index].k: vector})
    return [errors.get(index) for index in range(len(batch))]


def _failure(name: str, error: Exception) -> MetricError:
    failure = MetricError(f"{name} failed: {type(error).__name__}: {error}")
    failure.__cause__ = error
    return failure
