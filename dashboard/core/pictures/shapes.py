"""Things of a shop as shapes, read from shapes.svg: markup with paints to fill in."""

import re
from pathlib import Path

_FILE = Path(__file__).with_name("shapes.svg")
_SYMBOL = re.compile(r'<symbol id="(\w+)">(.*?)</symbol>', re.DOTALL)
_LINE_BREAK = re.compile(r"\s*\n\s*")

SHAPES: dict[str, str] = {
    name: _LINE_BREAK.sub(" ", markup).replace("> <", "><").strip()
    for name, markup in _SYMBOL.findall(_FILE.read_text(encoding="utf-8"))
}
#: What stands for a thing that no word names.
FIGURES = ("parcel", "arches", "discs", "petals")
