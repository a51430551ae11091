"""A design as SVG: a ground, a shadow, the thing once or three times. At most 4 KB, nothing from outside, no text."""

from functools import lru_cache

from dashboard.core.pictures.design import LEAN_DEGREES, PLAIN, Design
from dashboard.core.pictures.palette import GROUNDS, PAINTS, PALE
from dashboard.core.pictures.patterns import pattern
from dashboard.core.pictures.shapes import SHAPES

#: Where the copies stand: (x, y, scale) of each, those behind first.
_PLACES = {
    1: ((0.0, 0.0, 1.0),),
    2: ((29.0, 4.0, 0.66), (2.0, 22.0, 0.72)),
    3: ((4.0, 2.0, 0.56), (39.0, 4.0, 0.56), (19.0, 27.0, 0.66)),
}


@lru_cache(maxsize=4_000)
def draw(design: Design) -> str:
    """Equal designs are equal texts."""
    colour, accent = PAINTS[design.colour]
    if design.second != design.colour:
        accent = PAINTS[design.second][0]
    ground = GROUNDS[design.ground][design.colour in PALE]
    defined, main = ("", colour)
    if design.motif != PLAIN:
        defined, main = pattern(design.motif, colour, accent), "url(#p)"
    thing = SHAPES[design.shape].format(m=main, c=colour, a=accent)
    standing = "".join(_standing(thing, *place) for place in _PLACES[design.copies])
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 96 96">'
        f'{defined}<path fill="{ground}" d="M0 0h96v96H0z"/>'
        '<ellipse cx="48" cy="80" rx="30" ry="5" fill="#000" opacity=".1"/>'
        f'<g transform="rotate({design.lean - LEAN_DEGREES} 48 48)">{standing}</g></svg>'
    )


def _standing(thing: str, x: float, y: float, scale: float) -> str:
    return thing if scale == 1.0 else f'<g transform="translate({x:g} {y:g}) scale({scale:g})">{thing}</g>'
