"""Pictures of items that have none: drawn from the words of their titles, in the house's style.

`picture_address(title, categories)` is where a picture is served (views.py), `draw(design_of(title, category))` is it.
"""

from dashboard.core.pictures.design import Design, design_of, picture_address
from dashboard.core.pictures.drawing import draw

__all__ = ["Design", "design_of", "draw", "picture_address"]
