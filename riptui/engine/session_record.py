"""The session record: by what, where and with which versions rows are computed."""

import platform
import socket
from importlib.metadata import version
from os import getpid

from riptui import __version__
from riptui.inpainters import LoadedInpainter, find_inpainter
from riptui.spec import Spec
from riptui.store.claim import timestamp
from riptui.store.records import Session


def new_session(spec: Spec, inpaint: LoadedInpainter, batch_size: int) -> Session:
    """The record of this process, without a number: each trajectory's writer numbers its own sessions."""
    packages = {"numpy", *find_inpainter(spec.inpainter).distributions}
    return Session(
        session=0,
        started=timestamp(),
        host=socket.gethostname(),
        pid=getpid(),
        device=inpaint.device,
        batch=batch_size,
        versions={
            "riptui": __version__,
            "python": platform.python_version(),
            **{name: version(name) for name in sorted(packages)},
        },
        notes=dict(inpaint.notes),
    )
