"""Words of texts in any language: folded to one spelling, and pairs of characters where a script sets no spaces."""

import re
import unicodedata
from collections.abc import Iterator

LONGEST_TEXT = 2000  # characters that are read of one field
LONGEST_WORD = 40  # longer ones are codes or damaged text
# Scripts in which a word may be a mark and not only a letter (Indic, Thai, Khmer, …) are taken whole.
_MARKED = "\u0300-\u036f\u0591-\u05c7\u064b-\u0652\u0900-\u0dff\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff"
# Chinese, Japanese, Thai, Lao, Burmese and Khmer are written without spaces.
_UNSPACED = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003134f"
)
_WORD = re.compile(rf"[^\W_{_UNSPACED}](?:[^\W_{_UNSPACED}]|[{_MARKED}])*|[{_UNSPACED}]+")
_FIRST_UNSPACED = re.compile(rf"[{_UNSPACED}]")


def words(text: str) -> Iterator[str]:
    """Words in reading order, repeats included: “Rosé 手工皂” gives rosé, 手工, 工皂."""
    folded = unicodedata.normalize("NFKC", text[:LONGEST_TEXT]).casefold()
    for word in _WORD.findall(folded):
        if not _FIRST_UNSPACED.match(word):
            yield word[:LONGEST_WORD]
        elif len(word) == 1:
            yield word
        else:
            yield from (word[place : place + 2] for place in range(len(word) - 1))
