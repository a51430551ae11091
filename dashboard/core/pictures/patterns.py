"""Patterns that things are covered with: what repeats, in the colour `a` on the ground `c`."""

_TILES: dict[str, tuple[int, str]] = {  # (side of what repeats, its markup)
    "spots": (14, '<circle cx="4" cy="4" r="2.6"/><circle cx="11" cy="11" r="2.6"/>'),
    "stripes": (10, '<path d="M0 0h4v10H0z"/>'),
    "checks": (12, '<path d="M0 0h6v12H0z" opacity=".5"/><path d="M0 0h12v6H0z" opacity=".5"/>'),
    "hearts": (15, '<path d="M7.5 11.500C0 6 4 2 6.5 4l1 1 1-1c2.5-2 6.5 2-1 7.500z"/>'),
    "stars": (15, '<path d="m7.5 2 1.5 4h4L9.8 8.6 11 13 7.5 10.4 4 13l1.2-4.400L2 6h4z"/>'),
    "flowers": (
        17,
        '<circle cx="8" cy="4.5" r="2.4"/><circle cx="11.5" cy="8" r="2.4"/><circle cx="8" cy="11.5" r="2.4"/>'
        '<circle cx="4.5" cy="8" r="2.4"/><circle cx="8" cy="8" r="1.5" fill="#fff"/>',
    ),
    "leaves": (15, '<path d="M2 8c2-6 8-6 11-6-1 6-4 10-9 9z"/><path d="m1 14 6-7" stroke="{a}"/>'),
    "snow": (16, '<path d="M8 2v12M2.5 5l11 6m0-6-11 6" stroke="{a}" stroke-width="1.5"/>'),
    "lattice": (
        12,
        '<path d="m6 0 6 6-6 6-6-6z" fill="none" stroke="{a}" stroke-width="1.3"/><circle cx="6" cy="6" r="1.3"/>',
    ),
    "waves": (14, '<path d="M0 5q3.5-5 7 0t7 0M0 12q3.5-5 7 0t7 0" fill="none" stroke="{a}" stroke-width="2"/>'),
}
MOTIFS = tuple(_TILES)


def pattern(motif: str, colour: str, accent: str) -> str:
    """A definition with the id `p`."""
    side, markup = _TILES[motif]
    repeats = f'width="{side}" height="{side}" patternUnits="userSpaceOnUse" patternTransform="rotate(12)"'
    ground = f'<path fill="{colour}" d="M0 0h{side}v{side}H0z"/>'
    figures = f'<g fill="{accent}">{markup.format(a=accent)}</g>'
    return f'<defs><pattern id="p" {repeats}>{ground}{figures}</pattern></defs>'
