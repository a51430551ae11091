"""Interest vectors, segments, what sets a segment apart, and numbers that stay the same from run to run.

Web processes import `recommender.interests.mixture`, `.space` and `.vectors`, which need numpy and scipy
alone. The names below load scikit-learn when they are first asked for, and not before.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from recommender.interests.describe import describe_segments
    from recommender.interests.fitting import fit_segments
    from recommender.interests.numbers import match_numbers
    from recommender.interests.space import fit_interest_space

_MODULE_OF = {
    "describe_segments": "describe",
    "fit_interest_space": "space",
    "fit_segments": "fitting",
    "match_numbers": "numbers",
}
__all__ = ["describe_segments", "fit_interest_space", "fit_segments", "match_numbers"]


def __getattr__(name: str) -> Any:
    if name not in _MODULE_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_MODULE_OF[name]}"), name)
