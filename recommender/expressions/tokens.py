"""An expression cut into words, numbers, texts and signs, each with its place."""

import re
import unicodedata
from dataclasses import dataclass

from recommender.errors import InputError

# every alternative is linear in what it reads
_TOKEN = re.compile(
    r"(?P<space>\s+)"
    r"|(?P<number>-?[0-9]+(?:\.[0-9]+)?)"
    r"|(?P<word>[^\W\d][\w-]*)"
    r"|(?P<text>\"(?:[^\"\\]|\\.)*\"|'(?:[^'\\]|\\.)*')"
    r"|(?P<sign><=|>=|!=|[=<>(),.])",
    re.DOTALL,
)
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
_ESCAPED = "\\\"'"


class ExpressionError(InputError):
    """An expression that cannot be understood; `position` counts characters from 1, `reason` says what is wrong."""

    def __init__(self, position: int, reason: str) -> None:
        super().__init__(f"At character {position}: {reason}")
        self.position = position
        self.reason = reason


@dataclass(frozen=True)
class Token:
    """`kind`: number, word, text, sign or end. `position` counts from 1."""

    kind: str
    text: str
    position: int

    @property
    def keyword(self) -> str:
        """A word in small letters, as keywords are compared; of anything else the text."""
        return self.text.lower() if self.kind == "word" else self.text

    def __str__(self) -> str:
        return "the end" if self.kind == "end" else self.text[:40]


def tokens(source: str) -> list[Token]:
    """All tokens, the end last. Raises `ExpressionError` at what is none."""
    found = []
    place = 0
    while place < len(source):
        match = _TOKEN.match(source, place)
        if match is None:
            raise ExpressionError(place + 1, _complaint(source[place]))
        kind, text = str(match.lastgroup), match.group()
        if kind != "space":
            found.append(Token(kind, _unquoted(text, place + 1) if kind == "text" else text, place + 1))
        place = match.end()
    return [*found, Token("end", "", len(source) + 1)]


def _complaint(letter: str) -> str:
    if letter in "\"'":
        return "a text begins here and does not end; close it with the same quote."
    return f"{letter!a} means nothing here; a text stands in quotes."


def _unquoted(text: str, position: int) -> str:
    for escape in _ESCAPE.finditer(text[1:-1]):
        if escape.group(1) not in _ESCAPED:
            raise ExpressionError(position, "in a text a backslash stands before a quote or another backslash only.")
    plain = _ESCAPE.sub(r"\1", text[1:-1])
    if any(unicodedata.category(letter) in ("Cc", "Cs") for letter in plain):
        raise ExpressionError(position, "a text holds no control characters.")
    return plain
