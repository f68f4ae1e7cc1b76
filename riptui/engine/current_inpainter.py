"""The inpainter that a device has loaded. Kept between trajectories and between batches, until another is needed."""

import gc
from collections.abc import Mapping
from functools import partial

from riptui import inpainters
from riptui.engine.session_record import new_session
from riptui.inpainters import CompileMode, LoadedInpainter, OffloadMode
from riptui.spec import Spec, can_share_batch, has_same_inpainter
from riptui.store.records import Session


class CurrentInpainter:
    """One inpainter at a time: two may not fit into the device's memory. The parameters are those of `inpainters.load`.

    `spec`, `device` and `notices` may be read in any thread.
    """

    def __init__(self, *, device: str, compile: CompileMode, deterministic: bool, offload: OffloadMode) -> None:
        self._load = partial(
            inpainters.load, device=device, compile=compile, deterministic=deterministic, offload=offload
        )
        self._loaded: LoadedInpainter | None = None
        self._session: Session | None = None
        self.spec: Spec | None = None
        """The spec of the last trajectory that it was loaded for; None while it is being loaded."""
        self.notices: tuple[str, ...] = ()
        """All notices about it so far: each trajectory's user should see them."""

    @property
    def loaded(self) -> LoadedInpainter:
        """The inpainter, once `load` has returned."""
        assert self._loaded is not None
        return self._loaded

    @property
    def device(self) -> str:
        """The device that it uses; "" while none is loaded."""
        loaded = self._loaded
        return "" if loaded is None else loaded.device

    @property
    def has_current_files(self) -> bool:
        """Whether one is loaded, and its files have not changed since."""
        return self._loaded is not None and self._loaded.is_current

    def can_serve(self, spec: Spec) -> bool:
        """Whether a trajectory with this spec could join a batch of the last one's."""
        return self.spec is not None and can_share_batch(self.spec, spec)

    def load(self, spec: Spec, recorded: Mapping[str, str], *, in_use: bool) -> None:
        """Load the inpainter of a spec, after releasing any other. `recorded`: notes of the trajectory's last session.

        Load it again if its files have changed, or if it does not suit what is recorded, unless other trajectories are
        in the middle of using it.
        """
        previous_spec, self.spec = self.spec, None
        is_same = previous_spec is not None and has_same_inpainter(previous_spec, spec)
        is_right = self._loaded is not None and self._loaded.is_current and self._loaded.suits(recorded)
        if self._loaded is None or not is_same or not (in_use or is_right):
            if self._loaded is not None:
                self._loaded = None
                gc.collect()
            self.notices = ()
            prompts = spec.scheduled_prompts
            self._loaded = self._load(spec.inpainter, spec.parameters, recorded=recorded, later_prompts=prompts)
            self._session = None
        self.spec = spec

    def prepare(self, iterations: int, batch_size: int) -> list[str]:
        """Announce work to the inpainter. Returns its notices, which it has for the first time."""
        assert self.spec is not None
        self.loaded.prepare(iterations, batch_size, self.spec.size)
        notices = [*self.loaded.notices]
        self.notices += tuple(notices)
        self.loaded.notices.clear()
        return notices

    def session(self, batch_size: int) -> Session:
        """The record of the process, inpainter and batch size that compute the next rows."""
        if (
            self._session is None
            or self._session.batch != batch_size
            or self._session.device != self.loaded.device
            or self._session.notes != self.loaded.notes  # they may change in a call
        ):
            assert self.spec is not None
            self._session = new_session(self.spec, self.loaded, batch_size)
        return self._session
