"""The vectors of a trajectory's frames by one extractor, in a file that can be deleted: features-NAME.npz.

It is written whole, without the trajectory's lock: whoever computes vectors may keep them, and of two who do so at
once the last one's stay. It is never trusted over the frames: a vector counts only while its frame has the pixels it
was computed from, and a file that cannot be read is as good as none.
"""

import io
import zipfile
from collections.abc import Iterable, Mapping
from contextlib import nullcontext, suppress
from dataclasses import dataclass, field

import numpy as np
from PIL import Image as PilImages

from riptui.arrays import FeatureVector
from riptui.errors import StoreError
from riptui.features import FeatureExtractor
from riptui.store import layout
from riptui.store.disk import Folder, list_folder, read_file
from riptui.store.frames import read_frames
from riptui.store.size_limits import max_bytes
from riptui.store.trajectory import Trajectory

BATCH = 16  # frames at once; of 512 px they take 12 MB


@dataclass(frozen=True)
class StoredFeatures:
    """Vectors by iteration, ascending; frame 0 is the original."""

    identity: str = ""
    """Of the extractor that computed them: vectors of unlike identities are not compared."""
    vectors: Mapping[int, FeatureVector] = field(default_factory=dict)


def read_features(trajectory: Trajectory, name: str) -> StoredFeatures:
    """The stored vectors of the frames that the trajectory has now, by an extractor's name; none if there is no file,
    or it is damaged. Raises NotATrajectoryError, SpecError.
    """
    file = layout.features_name(name)
    try:
        data = read_file(trajectory.path / file, max_bytes(trajectory.spec, file))
        return _decode(data, _frame_hashes(trajectory)) if data else StoredFeatures()
    except StoreError:
        return StoredFeatures()


def stored_extractors(trajectory: Trajectory) -> list[str]:
    """The names of the extractors that a trajectory has a file of vectors of, as they were asked for, sorted.

    Raises NotATrajectoryError, SpecError, DiskError.
    """
    names = []
    for file in layout.feature_files(list_folder(trajectory.path)):
        with suppress(StoreError):
            data = read_file(trajectory.path / file, max_bytes(trajectory.spec, file)) or b""
            if (name := _read_name(data)) and layout.features_name(name) == file:
                names.append(name)
    return sorted(names)


def read_feature(trajectory: Trajectory, name: str, k: int) -> FeatureVector | None:
    """The stored vector of frame k, float32 [dimension]; None if there is none. Raises as `read_features`."""
    return read_features(trajectory, name).vectors.get(k)


def save_features(
    trajectory: Trajectory, extractor: FeatureExtractor, vectors: Mapping[int, FeatureVector]
) -> StoredFeatures:
    """Add vectors of frames to the file, and return all that are in it now. Vectors of another identity are dropped.

    Raises DiskError, NotATrajectoryError, SpecError; KeyError for a frame that the trajectory does not have.
    """
    known = read_features(trajectory, extractor.name)
    kept = known.vectors if known.identity == extractor.identity else {}
    merged = StoredFeatures(extractor.identity, dict(sorted({**kept, **vectors}.items())))
    data = _encode(extractor.name, merged, _frame_hashes(trajectory))
    with Folder(trajectory.path.resolve()) as folder:
        folder.write_atomically(layout.features_name(extractor.name), data, shared=True, durable=False)
    return merged


def find_missing_features(trajectory: Trajectory, name: str, numbers: Iterable[int], identity: str = "") -> list[int]:
    """The frames without a stored vector by an extractor's name, ascending. identity: that the vectors must have, if
    the extractor is loaded.
    """
    known = read_features(trajectory, name)
    counts = known.identity == identity if identity else True
    return sorted({k for k in numbers if not (counts and k in known.vectors)})


def compute_features(
    trajectory: Trajectory,
    extractor: FeatureExtractor,
    numbers: Iterable[int],
    *,
    keep: bool = True,
    must_keep: bool = False,
) -> dict[int, FeatureVector]:
    """The vectors of frames, ascending: the stored ones, and those that are computed now, which are stored if the
    folder can be written. keep: whether to store them; must_keep: whether to raise DiskError if they cannot be.

    Raises InputError for a frame that is not computed yet, DamagedError, and what the extractor raises.
    """
    wanted = sorted(set(numbers))
    stored = read_features(trajectory, extractor.name)
    missing = find_missing_features(trajectory, extractor.name, wanted, extractor.identity)
    computed: dict[int, FeatureVector] = {}
    for start in range(0, len(missing), BATCH):
        frames = dict(read_frames(trajectory, missing[start : start + BATCH]))
        rows = extractor.extract([PilImages.fromarray(frame) for frame in frames.values()])
        computed |= dict(zip(frames, rows, strict=True))
    if computed and keep:
        with nullcontext() if must_keep else suppress(StoreError):
            save_features(trajectory, extractor, computed)
    return {k: computed[k] if k in computed else stored.vectors[k] for k in wanted}


def _frame_hashes(trajectory: Trajectory) -> dict[int, str]:
    """By iteration, the SHA-256 of the frame's pixels."""
    return {0: trajectory.spec.original_sha256} | {row.k: row.sha256 for row in trajectory.read_rows()}


def _encode(name: str, features: StoredFeatures, hashes: Mapping[int, str]) -> bytes:
    buffer = io.BytesIO()
    np.savez(
        buffer,
        name=np.array(name),
        identity=np.array(features.identity),
        k=np.array([*features.vectors], np.int64),
        sha256=np.array([hashes[k] for k in features.vectors], "U64"),
        vectors=np.array([*features.vectors.values()], np.float32),
    )
    return buffer.getvalue()


def _read_name(data: bytes) -> str:
    """The extractor's name in a file; "" if it cannot be read."""
    try:
        with np.load(io.BytesIO(data), allow_pickle=False) as arrays:
            return str(arrays["name"])
    except Exception:  # whatever damage makes NumPy and zipfile raise
        return ""


def _decode(data: bytes, hashes: Mapping[int, str]) -> StoredFeatures:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            if any(member.compress_type != zipfile.ZIP_STORED for member in archive.infolist()):
                return StoredFeatures()  # never written so; it could expand to any size
        with np.load(io.BytesIO(data), allow_pickle=False) as arrays:
            identity, numbers, sha256, vectors = (arrays[key] for key in ("identity", "k", "sha256", "vectors"))
        if vectors.dtype != np.float32 or vectors.ndim != 2 or not np.isfinite(vectors).all():
            return StoredFeatures()
        rows = zip(numbers.tolist(), sha256.tolist(), vectors, strict=True)
        found = {k: vector for k, digest, vector in rows if hashes.get(k) == digest}
        return StoredFeatures(str(identity), dict(sorted(found.items())))
    except Exception:  # whatever damage makes NumPy and zipfile raise
        return StoredFeatures()
