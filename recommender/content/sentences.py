"""Vectors of item texts by a sentence encoder, where `sentence-transformers` and a local model are installed."""

import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from recommender.content.text import Fields
from recommender.errors import LibraryError

BATCH = 64
SENTENCE = ("title", "brand", "categories", "description")
LONGEST = 1000  # characters: encoders read a few hundred words


def sentence_vectors(items: Sequence[Fields], path: str) -> np.ndarray:
    """float32 (I, E); zero for an item without text. Nothing is downloaded. Raises LibraryError."""
    if not Path(path).is_dir():
        raise LibraryError(f"content.sentence_encoder: “{path}” is no folder of a model")
    try:
        from sentence_transformers import SentenceTransformer
    except ImportError:
        raise LibraryError("content.sentence_encoder: the package sentence-transformers is not installed") from None
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    try:
        encoder = SentenceTransformer(path, local_files_only=True)
    except (OSError, ValueError, KeyError) as error:
        raise LibraryError(f"content.sentence_encoder: “{path}” cannot be loaded ({error})") from error
    texts = [sentence(item) for item in items]
    vectors_IE = np.asarray(encoder.encode(texts, batch_size=BATCH, show_progress_bar=False), np.float32)
    vectors_IE[[not text for text in texts]] = 0.0
    return vectors_IE


def sentence(item: Fields) -> str:
    """What an item tells, as one text."""
    parts = (item.get(name) for name in SENTENCE)
    texts = (part.replace("|", ", ") if isinstance(part, str) else ", ".join(part or ()) for part in parts)
    return ". ".join(text for text in texts if text)[:LONGEST]
