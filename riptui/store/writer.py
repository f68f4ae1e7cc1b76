"""Append iterations to a claimed trajectory, after clearing up what an earlier writer left.

The order of an iteration: patch, fsync, row, fsync, and then the keyframe where one is due. The row is the commit;
what comes after it can be made again from what is committed.
"""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import msgspec

from riptui.images import pixels_sha256, to_png
from riptui.recursion import Iteration
from riptui.store import layout
from riptui.store.claim import Claim
from riptui.store.disk import Folder, Journal
from riptui.store.frames import frames
from riptui.store.records import Row, Session, line
from riptui.store.survey import Survey, survey


@contextmanager
def writer(claim: Claim) -> Iterator["Writer"]:
    """Recover a claimed trajectory and open it for appending. Raises DamagedError if frame 0 is lost, DiskError."""
    found = survey(claim.trajectory)
    with ExitStack() as stack:
        claim.folder.make_folder(layout.KEYFRAMES)
        made = Writer(
            claim,
            found,
            rows=stack.enter_context(Journal(claim.folder, layout.ROWS)),
            patches=stack.enter_context(Journal(claim.folder, layout.PATCHES)),
            sessions=stack.enter_context(Journal(claim.folder, layout.SESSIONS)),
            keyframes=stack.enter_context(Folder(layout.KEYFRAMES, within=claim.folder)),
        )
        made.clear_up()
        yield made


class Writer:
    """Made by `writer`."""

    def __init__(
        self, claim: Claim, found: Survey, *, rows: Journal, patches: Journal, sessions: Journal, keyframes: Folder
    ) -> None:
        self.found = found
        """What there was; `found.walk` is where to go on."""
        self._claim = claim
        self._spec = claim.trajectory.spec
        self._due = set(self._spec.halves())
        self._rows, self._patches, self._sessions, self._keyframes = rows, patches, sessions, keyframes
        self._session = 0

    def clear_up(self) -> None:
        """Cut what is not whole and right, make the rest durable, remove what a crash left, make keyframes again."""
        self._rows.cut(self.found.rows_end)
        self._patches.cut(self.found.patches_end)
        self._sessions.tidy()
        self._keyframes.sync()
        for name in self.found.stray:
            inside, _, file = name.rpartition("/")
            (self._keyframes if inside else self._claim.folder).remove(file)
        for k, frame in frames(self._claim.trajectory, self.found.keyframes):
            self._keyframes.write_whole(layout.keyframe(k), to_png(frame))
        self._claim.forget_measurements_after(self.found.walk.iteration)
        if self.found.damage:
            self._claim.log("recovered: " + "; ".join(self.found.damage))

    def begin(self, session: Session) -> None:
        """Record what computes the rows to come. Its number is set here."""
        known = [session.session for session in self._claim.trajectory.sessions()]
        self._session = max([*known, *(row.session for row in self.found.rows)], default=0) + 1
        self._sessions.append(line(msgspec.structs.replace(session, session=self._session)))

    def append(self, iteration: Iteration) -> Row:
        """Commit an iteration: when this returns, it survives kill -9 and a power cut."""
        box = iteration.box
        patch = to_png(iteration.frame[box.window] if self._spec.paste else iteration.frame)
        row = Row(
            k=iteration.k,
            box=box,
            inpainted=iteration.inpainted,
            coverage=iteration.coverage,
            patch=(self._patches.append(patch), len(patch)),
            sha256=pixels_sha256(iteration.frame),
            noise_seed=iteration.noise_seed,
            seconds=round(iteration.seconds, 6),
            session=self._session,
        )
        self._rows.append(line(row))
        if row.k in self._due:
            self._keyframes.write_whole(layout.keyframe(row.k), to_png(iteration.frame))
        return row
