"""How much of a prompt each text encoder takes. The pipelines cut off the rest, and only their log says so."""

from __future__ import annotations

import inspect as signatures
from collections.abc import Collection, Iterator
from typing import Any

from transformers import CLIPTokenizer

MAX_QUOTED = 80
"""Characters of the part that is left out, in a message."""


def describe_cuts(pipeline: Any, text: str, *, only: Collection[str] = ()) -> str:
    """What the text encoders cut off a prompt, for a message and for the record of a session; "" if nothing.

    only: the encoders to look at, e.g. text_encoder_2; empty for all. A learned embedding is a token per vector.
    """
    cuts: dict[str, list[str]] = {}
    for encoder, tokenizer in _tokenizers(pipeline):
        if only and encoder not in only:
            continue
        if cut := _describe_cut(tokenizer, _expand(pipeline, tokenizer, text), _token_limit(pipeline, tokenizer)):
            cuts.setdefault(cut, []).append(encoder)
    return "; ".join(f"{', '.join(encoders)} {cut}" for cut, encoders in cuts.items())


def _describe_cut(tokenizer: Any, text: str, limit: int) -> str:
    own = len(tokenizer("").input_ids)  # marks of beginning and end
    tokens = tokenizer(text, add_special_tokens=False, truncation=False).input_ids
    taken = limit - own
    if len(tokens) <= taken:
        return ""
    left_out = " ".join(tokenizer.decode(tokens[taken:]).split())
    shortened = left_out if len(left_out) <= MAX_QUOTED else f"{left_out[:MAX_QUOTED]} ..."
    return f"takes {taken} of {len(tokens)} tokens, without {shortened!r}"


def _tokenizers(pipeline: Any) -> Iterator[tuple[str, Any]]:
    """The tokenizers that are in use, with the names of their encoders."""
    for name, component in pipeline.components.items():
        encoder = name.replace("tokenizer", "text_encoder")
        if "tokenizer" in name and component is not None and getattr(pipeline, encoder, None) is not None:
            yield encoder, component


def _token_limit(pipeline: Any, tokenizer: Any) -> int:
    """The most tokens, marks included: CLIP has a position for each; for other encoders the pipeline sets a length."""
    set_by_pipeline = signatures.signature(pipeline.__call__).parameters.get("max_sequence_length")
    if isinstance(tokenizer, CLIPTokenizer) or not set_by_pipeline or not isinstance(set_by_pipeline.default, int):
        return int(tokenizer.model_max_length)
    return set_by_pipeline.default


def _expand(pipeline: Any, tokenizer: Any, text: str) -> str:
    """The text with a word for each vector of a learned embedding."""
    if not hasattr(pipeline, "maybe_convert_prompt"):
        return text
    expanded: str = pipeline.maybe_convert_prompt(text, tokenizer)
    return expanded
