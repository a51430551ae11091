"""Tidy titles and categories for the sample shop: the retailer wrote in capitals, and kept no categories."""

import json
import re
from pathlib import Path

_SMALL_WORDS = {"a", "an", "and", "at", "by", "for", "from", "in", "of", "on", "or", "the", "to", "with", "without"}
_KEEP_UPPER = {"LED", "DIY", "TV", "XL", "UK", "CD", "DVD", "USB", "3D", "II"}
_SHORT_FORMS = (
    (re.compile(r"\bS/(\d+)\b", re.I), r"Set of \1 "),
    (re.compile(r"\bSET/(\d+)\b", re.I), r"Set of \1 "),
    (re.compile(r"\bSET (\d+)\b", re.I), r"Set of \1 "),
    (re.compile(r"\bPACK/(\d+)\b", re.I), r"Pack of \1 "),
    (re.compile(r"\bBOX/(\d+)\b", re.I), r"Box of \1 "),
    (re.compile(r"\bW/", re.I), "with "),
    (re.compile(r"\bASS(?:TD|T)\b\.?", re.I), "assorted"),
    (re.compile(r"\bCHRISTMS\b", re.I), "Christmas"),
)
_MEASURE = re.compile(r"^([\dx.]*\d)(CM|MM|M|G|KG|ML|L|OZ)$", re.I)

# The first category with a matching word wins: specific themes stand before materials and rooms.
_CATEGORY_PATTERNS = {
    name: re.compile(rf"\b(?:{'|'.join(words)})", re.I)
    for name, words in json.loads(Path(__file__).with_name("categories.json").read_text(encoding="utf-8")).items()
}


def tidy_title(description: str) -> str:
    """“SET/6 RED SPOTTY PAPER CUPS” → “Set of 6 Red Spotty Paper Cups”."""
    text = description
    for pattern, replacement in _SHORT_FORMS:
        text = pattern.sub(replacement, text)
    text = re.sub(r"\s*,\s*", ", ", text)
    text = re.sub(r"\s+", " ", text).strip(" .,;-*")
    words = [_tidy_word(word, first=position == 0) for position, word in enumerate(text.split(" "))]
    return " ".join(words)


def category_of(title: str) -> str:
    """The category that the title's words suggest; empty where none does."""
    return next((name for name, pattern in _CATEGORY_PATTERNS.items() if pattern.search(title)), "")


def _tidy_word(word: str, *, first: bool) -> str:
    if word.upper() in _KEEP_UPPER:
        return word.upper()
    if measure := _MEASURE.match(word):
        return measure[1].lower() + measure[2].lower()
    if word.lower() in _SMALL_WORDS and not first:
        return word.lower()
    return "-".join(_capitalised(part) for part in word.split("-"))


def _capitalised(part: str) -> str:
    """Capital first letter, also behind an opening bracket or quote; “CHILDREN'S” keeps a small s."""
    position = next((index for index, letter in enumerate(part) if letter.isalpha()), None)
    if position is None:
        return part
    return part[:position] + part[position].upper() + part[position + 1 :].lower()
