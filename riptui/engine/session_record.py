"""The session record: by what, where and with which versions rows are computed."""

import platform
import socket
from functools import cache
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
            **{name: _installed_version(name) for name in sorted(packages)},
        },
        notes=dict(inpaint.notes),
    )


@cache
def _installed_version(package: str) -> str:
    """Looked up once: the files of a package say it, in a text that takes long to parse."""
    return version(package)
