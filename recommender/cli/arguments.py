"""Types of arguments that several commands take."""

import argparse

from recommender.seeds import LAST_SEED


def seed(text: str) -> int:
    """A whole number that every generator of random numbers takes."""
    if not text.isascii() or not text.isdigit() or int(text) > LAST_SEED:
        raise argparse.ArgumentTypeError(f"must be a whole number from 0 to {LAST_SEED}")
    return int(text)
