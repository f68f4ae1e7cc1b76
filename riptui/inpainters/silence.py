"""Keeps the progress bars, log lines and warnings of diffusers and transformers off the terminal."""

import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

import diffusers.utils.logging
import transformers.utils.logging

LIBRARIES = (
    "diffusers",
    "transformers",
    "huggingface_hub",
    "accelerate",
    "bitsandbytes",
    "gguf",
    "torch",
    "torch._dynamo",
    "torch._inductor",
)


@contextmanager
def silence_libraries() -> Iterator[None]:
    """Silence the libraries; restore everything after. For one thread at a time: all of it belongs to the process."""
    loggers = [logging.getLogger(name) for name in LIBRARIES]
    levels = [logger.level for logger in loggers]
    bars = [
        library
        for library in (diffusers.utils.logging, transformers.utils.logging)
        if library.is_progress_bar_enabled()
    ]
    for logger in loggers:
        logger.setLevel(logging.CRITICAL + 1)
    for library in bars:
        library.disable_progress_bar()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        for library in bars:
            library.enable_progress_bar()
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)
