"""Keeps what diffusers and transformers have to say off the terminal: progress bars, log lines, warnings."""

import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

import diffusers.utils.logging
import transformers.utils.logging

LOUD = ("diffusers", "transformers", "huggingface_hub", "accelerate", "torch", "torch._dynamo", "torch._inductor")


@contextmanager
def quiet() -> Iterator[None]:
    """Silence the libraries; restore everything after. For one thread at a time: all of it belongs to the process."""
    loggers = [logging.getLogger(name) for name in LOUD]
    levels = [logger.level for logger in loggers]
    bars = [one for one in (diffusers.utils.logging, transformers.utils.logging) if one.is_progress_bar_enabled()]
    for logger in loggers:
        logger.setLevel(logging.CRITICAL + 1)
    for one in bars:
        one.disable_progress_bar()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        for one in bars:
            one.enable_progress_bar()
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)
