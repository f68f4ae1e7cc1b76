"""Append iterations to a claimed trajectory, after recovering what an earlier writer left.

The order of an iteration: patch, fsync, row, fsync, then the keyframe if one is due. The row is the commit; the
keyframe can be rebuilt from committed data.
"""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import msgspec

from riptui.images import encode_masked_png, encode_png, pixels_sha256
from riptui.recursion import Iteration
from riptui.store import layout
from riptui.store.claim import Claim
from riptui.store.disk import Folder, Journal
from riptui.store.frames import read_frames
from riptui.store.records import IterationRow, Session, encode_line
from riptui.store.size_limits import max_bytes
from riptui.store.verify import Inspection, inspect_folder


@contextmanager
def open_writer(claim: Claim) -> Iterator["IterationWriter"]:
    """Recover a claimed trajectory and open it for appending. Raises DamagedError if frame 0 is lost, DiskError."""
    inspection = inspect_folder(claim.trajectory)
    with ExitStack() as stack:
        claim.folder.make_folder(layout.KEYFRAMES)
        opened = IterationWriter(
            claim,
            inspection,
            rows=stack.enter_context(Journal(claim.folder, layout.ROWS)),
            patches=stack.enter_context(Journal(claim.folder, layout.PATCHES)),
            sessions=stack.enter_context(Journal(claim.folder, layout.SESSIONS)),
            keyframes=stack.enter_context(Folder(layout.KEYFRAMES, parent=claim.folder)),
        )
        opened.recover()
        yield opened


class IterationWriter:
    """Appends iterations. Created by `open_writer`."""

    def __init__(
        self,
        claim: Claim,
        inspection: Inspection,
        *,
        rows: Journal,
        patches: Journal,
        sessions: Journal,
        keyframes: Folder,
    ) -> None:
        self.inspection = inspection  # the folder as it was found; `inspection.walk` is the state to continue from
        self._claim = claim
        self._spec = claim.trajectory.spec
        self._keyframe_iterations = set(self._spec.keyframe_iterations())
        self._rows, self._patches, self._sessions, self._keyframes = rows, patches, sessions, keyframes
        self._session = 0

    def recover(self) -> None:
        """Cut damaged data, make the rest durable, remove the remains of a crash, rebuild keyframes."""
        self._rows.truncate(self.inspection.rows_end)
        self._patches.truncate(self.inspection.patches_end)
        self._sessions.drop_torn_lines(max_bytes(self._spec, layout.SESSIONS))
        for name in (layout.SQUARES, layout.PROFILES):
            if self._claim.folder.has_file(name):
                with Journal(self._claim.folder, name) as journal:
                    journal.drop_torn_lines(max_bytes(self._spec, name))
        self._keyframes.sync()
        for name in self.inspection.stray_files:
            subfolder, _, file_name = name.rpartition("/")
            (self._keyframes if subfolder else self._claim.folder).remove_file(file_name)
        for k, frame in read_frames(self._claim.trajectory, self.inspection.broken_keyframes):
            self._keyframes.write_atomically(layout.keyframe_name(k), encode_png(frame))
        self._claim.drop_measurements_after(self.inspection.walk.iteration)
        if self.inspection.damage:
            self._claim.log("recovered: " + "; ".join(self.inspection.damage))

    def begin_session(self, session: Session) -> None:
        """Record the session that computes the next rows. Its number is set here."""
        known = [session.session for session in self._claim.trajectory.read_sessions()]
        self._session = max([*known, *(row.session for row in self.inspection.rows)], default=0) + 1
        self._sessions.append(encode_line(msgspec.structs.replace(session, session=self._session)))

    def append(self, iteration: Iteration) -> IterationRow:
        """Commit an iteration: when this returns, it survives kill -9 and a power cut."""
        self._claim.lock.require()
        patch = self._encode_patch(iteration)
        row = IterationRow(
            k=iteration.k,
            box=iteration.box,
            inpainted=iteration.inpainted,
            coverage=iteration.coverage,
            patch=(self._patches.append(patch), len(patch)),
            sha256=pixels_sha256(iteration.frame),
            noise_seed=iteration.noise_seed,
            seconds=round(iteration.seconds, 6),
            session=self._session,
            anchor=iteration.anchor or msgspec.UNSET,
        )
        self._rows.append(encode_line(row))
        if row.k in self._keyframe_iterations:
            self._keyframes.write_atomically(layout.keyframe_name(row.k), encode_png(iteration.frame))
        return row

    def _encode_patch(self, iteration: Iteration) -> bytes:
        if not self._spec.paste:
            return encode_png(iteration.frame)
        box, mask = iteration.region
        pixels = iteration.frame[box.window]
        return encode_png(pixels) if mask is None else encode_masked_png(pixels, mask)
