"""What a picture shows, decided from title and category, and written as a code that is its address.

The code names shape, colours, pattern and so on out of closed lists: an address holds no text of a shop, a server
draws it without asking a database, and nobody can have other words drawn.
"""

import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from dashboard.core.pictures.palette import GROUNDS, PAINTS, UNNAMED
from dashboard.core.pictures.patterns import MOTIFS
from dashboard.core.pictures.shapes import FIGURES, SHAPES
from dashboard.core.pictures.words import COLOUR_OF, MOTIF_OF, THING_OF, THING_OF_PAIR, copies_of, words_of

STYLE = 1  # goes into every address: raise it when pictures are drawn in another way, for browsers keep them a year
PLAIN = "plain"
LEAN_DEGREES = 4  # how far a thing may lean to either side
_OF_THE_YEAR = frozenset({"christmas", "xmas"})
_SPREAD = 0x9E3779B1  # the golden ratio of 32 bits: neighbouring numbers fall far apart


@dataclass(frozen=True)
class Design:
    """`ground` is the place of a category in GROUNDS, `lean` in degrees, `copies` 1 to 3."""

    shape: str
    colour: str
    second: str
    motif: str
    ground: int
    copies: int
    lean: int

    def __post_init__(self) -> None:
        """Raises `ValueError` for what is in none of the lists."""
        known = (
            self.shape in SHAPES
            and self.colour in PAINTS
            and self.second in PAINTS
            and self.motif in (PLAIN, *MOTIFS)
            and 0 <= self.ground < len(GROUNDS)
            and 1 <= self.copies <= 3
            and 0 <= self.lean <= 2 * LEAN_DEGREES
        )
        if not known:
            raise ValueError("no such design")

    @property
    def code(self) -> str:
        return "-".join(
            map(str, (self.shape, self.colour, self.second, self.motif, self.ground, self.copies, self.lean))
        )

    @classmethod
    def of_code(cls, code: str) -> "Design":
        """Raises `ValueError` for what is no code; only one code is that of a design."""
        shape, colour, second, motif, *numbers = code.split("-")
        ground, copies, lean = (int(number) for number in numbers if number.isdecimal() and number.isascii())
        design = cls(shape, colour, second, motif, ground, copies, lean)
        if design.code != code:
            raise ValueError("no such design")
        return design


def picture_address(title: str, categories: Sequence[str] = ()) -> str:
    """Where the drawn picture of an item is: from the root of this server, the same for ever."""
    return _address(title, categories[0] if categories else "")


@lru_cache(maxsize=10_000)
def _address(title: str, category: str) -> str:
    return f"/pictures/{STYLE}/{design_of(title, category).code}.svg"


def design_of(title: str, category: str = "") -> Design:
    """The same for the same words. What they do not say is spread evenly over titles."""
    words = words_of(title)
    chance = zlib.crc32(f"{title}\n{category}".encode(errors="replace")) * _SPREAD % 2**32
    shape = _thing(words) or _thing(words_of(category)) or FIGURES[chance % len(FIGURES)]
    colours = list(dict.fromkeys(COLOUR_OF[word] for word in words if word in COLOUR_OF))
    if _OF_THE_YEAR & {*words}:
        colours += ["red", "green"]
    colour = colours[0] if colours else UNNAMED[(chance >> 4) % len(UNNAMED)]
    others = [name for name in colours[1:] if name != colour]
    return Design(
        shape=shape,
        colour=colour,
        second=others[0] if others else colour,
        motif=_motif(words, shape, chance),
        ground=zlib.crc32(category.encode(errors="replace")) % len(GROUNDS),
        copies=copies_of(title) if shape not in FIGURES else 1,
        lean=(chance >> 12) % (2 * LEAN_DEGREES + 1),
    )


def _thing(words: Sequence[str]) -> str:
    """The last thing that is named, two words before one; empty where none is."""
    for place in range(len(words) - 1, -1, -1):
        pair = (words[place - 1], words[place]) if place else ("", "")
        if pair in THING_OF_PAIR:
            return THING_OF_PAIR[pair]
        if words[place] in THING_OF:
            return THING_OF[words[place]]
    return ""


def _motif(words: Sequence[str], shape: str, chance: int) -> str:
    """What the words call it; figures without a meaning get one now and then."""
    named = next((MOTIF_OF[word] for word in words if word in MOTIF_OF and THING_OF.get(word) != shape), "")
    if named:
        return named
    return MOTIFS[(chance >> 8) % len(MOTIFS)] if shape in FIGURES and chance % 3 == 0 else PLAIN
