"""When a shop retrains by itself: what it may choose, checked."""

from collections.abc import Callable, Mapping
from typing import Any

from django.utils.translation import gettext as _

from dashboard.core import errors
from dashboard.training.models import Run

_PRESETS = frozenset(Run.Preset.values)
_FITS: dict[str, Callable[[Any], bool]] = {
    "night_hour": lambda value: value in range(24),
    "night_preset": lambda value: value in _PRESETS,
    "weekly_preset": lambda value: value == "" or value in _PRESETS,
    "weekly_day": lambda value: value in range(7),
    "retrains_on_news": lambda value: isinstance(value, bool),
}


def checked_times(when: Mapping[str, Any]) -> dict[str, Any]:
    """The same, all of it possible. Raises `Invalid` that names the field."""
    for name, value in when.items():
        if name not in _FITS or not _FITS[name](value):
            message = _("Choose an hour from 0 to 23, a day from 0 (Monday) to 6, and presets that there are.")
            raise errors.Invalid(message, fields={name: message})
    return dict(when)
