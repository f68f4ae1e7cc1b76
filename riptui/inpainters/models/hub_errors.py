"""Whatever a download from the hub can fail with, as one line that says what to do."""

from __future__ import annotations

import errno
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from huggingface_hub import constants, get_token
from huggingface_hub import errors as hub

from riptui.errors import DiskError, InputError, RiptuiError, WeightsError, first_line
from riptui.inpainters.models import locate

DISK_ERRORS = {errno.ENOSPC, errno.EDQUOT, errno.EACCES, errno.EPERM, errno.EROFS, errno.EIO, errno.EFBIG}
WRONG_FOLDER_ERRORS = {errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOENT, errno.ENOTDIR, errno.EEXIST, errno.ELOOP}
"""Errors that another folder may not have."""

DEFAULT_ENDPOINT = "https://huggingface.co"


@contextmanager
def explain_hub_errors(model: str, revision: str, lost_message: str = "") -> Iterator[None]:
    """Turn what is raised inside into a RiptuiError. lost_message: its text for a lost connection."""
    try:
        yield
    except RiptuiError:
        raise
    except Exception as error:
        if isinstance(error, OSError) and error.errno in DISK_ERRORS | WRONG_FOLDER_ERRORS:
            path = error.filename or constants.HF_HUB_CACHE
            advice = "; set HF_HOME to a folder that can be" if error.errno in WRONG_FOLDER_ERRORS else ""
            kept = f"{path} cannot be written: {error.strerror}{advice}; what was downloaded is kept"
            raise DiskError(kept) from error
        if lost_message and _is_network_error(error) and not _describe_tls_error(error):
            raise WeightsError(lost_message) from error
        raise explain_error(error, model, revision) from error


def explain_error(error: Exception, model: str, revision: str | None) -> RiptuiError:
    """The error for what the hub's client raised."""
    text = locate.format_model(model, revision)
    if advice := _describe_address_error(error) or _describe_tls_error(error):
        return WeightsError(f"{text} could not be fetched: {advice}")
    match error:
        case hub.GatedRepoError():
            return WeightsError(f"{text} is gated. {locate.terms_hint(model)}")
        case hub.DisabledRepoError():
            return WeightsError(f"the hub has disabled {model}; its page there may say why")
        case hub.RepositoryNotFoundError() if _status(error) == 401 and get_token():
            return _refused_token(error)
        case hub.RepositoryNotFoundError():
            return InputError(
                f"the hub has no model {model}, or shows it only with a token: check the spelling, or set HF_TOKEN"
            )
        case hub.RevisionNotFoundError():
            return InputError(f"{model} has no revision {revision}: expected a branch, tag or commit")
        case hub.HFValidationError():
            return InputError(f"{model!r} is not a hub id: expected org/name")
        case hub.OfflineModeIsEnabled():
            return WeightsError(
                f"{text} is not on this machine, and HF_HUB_OFFLINE forbids the network; without it: "
                f"{locate.fetch_command(model, revision)}"
            )
        case hub.HfHubHTTPError():
            return _explain_status(error, text)
    if isinstance(error, hub.LocalEntryNotFoundError | ConnectionError) or _is_network_error(error):
        return WeightsError(
            f"{text} is not on this machine and the hub cannot be reached; with a network: "
            f"{locate.fetch_command(model, revision)}"
        )
    if isinstance(error, ValueError | KeyError | TypeError | AttributeError):  # the answer is not one of the hub
        return WeightsError(
            f"{text} could not be fetched: what answers at {constants.ENDPOINT} is not the hub, perhaps the log-in "
            f"page of this network. Open it in a browser{_endpoint_hint()}"
        )
    return WeightsError(f"{text} could not be fetched: {first_line(error)}")


def _explain_status(error: hub.HfHubHTTPError, text: str) -> RiptuiError:
    """The error for an answer by its HTTP status."""
    match _status(error):
        case 401:
            return _refused_token(error)
        case 403:
            answer = getattr(error, "server_message", None) or "403 Forbidden"
            return WeightsError(
                f"the hub forbids {text}: {_shorten(answer)}. A token needs the permission to read it, at "
                f"{DEFAULT_ENDPOINT}/settings/tokens; or the network forbids it: ask who runs it"
            )
        case 404 | 405:
            return WeightsError(f"{text} could not be fetched: {constants.ENDPOINT} has no such page{_endpoint_hint()}")
        case 407:
            return WeightsError(f"{text} could not be fetched: the proxy wants a password: set it in HTTPS_PROXY")
        case 429:
            return WeightsError("the hub has had too many requests from here: wait some minutes, or set HF_TOKEN")
        case 511:
            return WeightsError(f"{text} could not be fetched: this network wants a log-in: open a page in a browser")
    return WeightsError(f"{text} could not be fetched: {first_line(error)}")


def _refused_token(error: Exception) -> WeightsError:
    """The error for a token that the hub does not accept."""
    answer = _shorten(getattr(error, "server_message", None) or "")
    place = "$HF_TOKEN" if os.environ.get("HF_TOKEN") else constants.HF_TOKEN_PATH
    state = "has expired" if "expired" in answer.lower() else "is not valid"
    return WeightsError(
        f"the hub refuses the token in {place}, which {state}{f' ({answer})' if answer else ''}: make a new one at "
        f"{DEFAULT_ENDPOINT}/settings/tokens and log in with `hf auth login`, or log out with `hf auth logout`"
    )


def _status(error: Any) -> int:
    """The HTTP status of an answer; 0 if there is none."""
    return int(getattr(getattr(error, "response", None), "status_code", 0))


def _describe_address_error(error: Exception) -> str:
    """What is wrong if the endpoint is not an address; else ""."""
    if not _is_any(error, "UnsupportedProtocol", "InvalidURL", "MissingSchema", "InvalidSchema", "LocalProtocolError"):
        return ""
    return f"HF_ENDPOINT is {constants.ENDPOINT!r}; it must be an address such as {DEFAULT_ENDPOINT}"


def _describe_tls_error(error: Exception) -> str:
    """What is wrong if the hub's certificate is not accepted; else ""."""
    if "CERTIFICATE_VERIFY_FAILED" not in str(error):
        return ""
    return (
        f"the certificate of {constants.ENDPOINT} is not accepted, as when a proxy reads along: set SSL_CERT_FILE to "
        "the certificates of this network"
    )


def _endpoint_hint() -> str:
    return "" if constants.ENDPOINT == DEFAULT_ENDPOINT else ", and check HF_ENDPOINT"


def _is_network_error(error: Exception) -> bool:
    """Whether the connection failed."""
    return _is_any(error, "TransportError", "ConnectionError", "TimeoutError", "Timeout")


def _is_any(error: Exception, *names: str) -> bool:
    """Whether an error is of a class of these names: the client uses requests, httpx or httpx2, by its version."""
    return any(kind.__name__ in names for kind in type(error).__mro__)


def _shorten(text: str) -> str:
    return " ".join(re.sub(r"https?://\S+", "", text).split())[:200].rstrip(".")
