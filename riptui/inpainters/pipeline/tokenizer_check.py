"""Checks that a loaded tokenizer has all that it needs to read prompts as its text encoder was trained on them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from transformers import CLIPTokenizer


def find_fault(tokenizer: Any) -> str:
    """What a loaded tokenizer lacks, to complete "the tokenizer ..."; "" if nothing."""
    encoded = {text: tuple(tokenizer(text).input_ids) for text in ("", "a", "b")}
    if len({*encoded.values()}) < len(encoded):  # without a vocabulary, all letters are the unknown token
        return "has no vocabulary, so that every prompt would be ignored"
    model = json.loads(tokenizer.backend_tokenizer.to_str())["model"] if hasattr(tokenizer, "backend_tokenizer") else {}
    if model.get("type") == "BPE" and not model.get("merges"):
        return "has no merges, so that every word would be read as its letters"
    ends = (tokenizer.bos_token_id, tokenizer.eos_token_id)
    if isinstance(tokenizer, CLIPTokenizer) and (encoded["a"][0], encoded["a"][-1]) != ends:
        return "does not mark where a prompt begins and ends"
    return ""


def find_misfit(tokenizer: Any, encoder: Mapping[str, Any]) -> str:
    """Why a tokenizer does not fit its text encoder, whose config.json is `encoder`; "" if it does."""
    words, known = max(tokenizer.get_vocab().values()) + 1, encoder.get("vocab_size")
    if isinstance(known, int) and words > known:
        return f"has {words:,} tokens, and its text encoder knows {known:,}"
    places = encoder.get("max_position_embeddings")
    if isinstance(tokenizer, CLIPTokenizer) and isinstance(places, int) and tokenizer.model_max_length > places:
        return f"takes {tokenizer.model_max_length:,} tokens (model_max_length), and its text encoder {places}"
    return ""
