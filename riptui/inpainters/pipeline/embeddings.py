"""Teaches a pipeline a learned word: textual inversion."""

from __future__ import annotations

from typing import Any

from riptui.errors import InputError, first_line
from riptui.inpainters.inpainter import EMBEDDING_USE_NOTE
from riptui.inpainters.pipeline.adapter_file import UNNAMED, LoadedAdapter, describe_file, read_tensors

EMBEDDING_TOKEN = UNNAMED
"""The word of a prompt that stands for the learned embedding: "<learned>"."""


def load_embedding(pipeline: Any, file: str, allow_pickle: bool) -> LoadedAdapter:
    """Teach the text encoders the word `EMBEDDING_TOKEN` from a textual-inversion file.

    Raises InputError if it is not such a file or fits no encoder.
    """
    if not hasattr(pipeline, "load_textual_inversion"):
        raise InputError(f"{type(pipeline).__name__} takes no learned embedding")
    tensors = read_tensors(file, allow_pickle)
    loaded = LoadedAdapter({"embedding": describe_file(file)})
    has_second = getattr(pipeline, "text_encoder_2", None) is not None
    try:
        if {"clip_l", "clip_g"} <= tensors.keys() and has_second:
            second = {"text_encoder": pipeline.text_encoder_2, "tokenizer": pipeline.tokenizer_2}
            pipeline.load_textual_inversion(tensors["clip_l"], token=EMBEDDING_TOKEN)
            pipeline.load_textual_inversion(tensors["clip_g"], token=EMBEDDING_TOKEN, **second)
        else:
            pipeline.load_textual_inversion(tensors, token=EMBEDDING_TOKEN)
            if has_second:
                partial = f"for text_encoder alone: text_encoder_2 reads the word {EMBEDDING_TOKEN} as plain text"
                loaded.notices.append(f"the embedding {file} is {partial}")
                loaded.notes[EMBEDDING_USE_NOTE] = partial
    except Exception as error:
        raise InputError(f"the embedding {file} does not fit: {first_line(error)}") from error
    return loaded


def insert_embedding(prompt: str) -> str:
    """The prompt, or the embedding's word alone if the prompt is empty. Raises InputError if it lacks that word."""
    if prompt and EMBEDDING_TOKEN not in prompt:
        raise InputError(f"the prompt {prompt!r} does not use the embedding: write {EMBEDDING_TOKEN} in it")
    return prompt or EMBEDDING_TOKEN
