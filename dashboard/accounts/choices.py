"""Time zones and currencies to choose from, named in the reader's language."""

from functools import lru_cache
from zoneinfo import available_timezones

from babel import Locale
from babel.core import get_global
from babel.numbers import get_territory_currencies

from dashboard.core import formats

Choice = tuple[str, str]


def zone_choices(current: str) -> list[tuple[str, list[Choice]]]:
    """(region, its zones as (name, city)), UTC first; `current` is among them whatever it is called."""
    regions = _zones_by_region()
    if any(name == current for _region, zones in regions for name, _city in zones):
        return regions
    return [("", [(current, current)]), *regions]


def currency_choices(current: str) -> list[Choice]:
    """(ISO 4217 code, its name with the code), by name; `current` is among them."""
    choices = _currencies(formats.current_locale())
    return choices if any(code == current for code, _name in choices) else [(current, current), *choices]


@lru_cache(maxsize=1)
def _zones_by_region() -> list[tuple[str, list[Choice]]]:
    found: dict[str, list[Choice]] = {"": [("UTC", "UTC")]}
    for name in sorted(available_timezones()):
        region, _slash, city = name.partition("/")
        if city and region not in ("Etc", "SystemV", "posix", "right"):
            found.setdefault(region, []).append((name, city.replace("_", " ").replace("/", ", ")))
    return list(found.items())


@lru_cache(maxsize=8)
def _currencies(locale: Locale) -> list[Choice]:
    """Those that some country pays with today."""
    codes = {code for country in get_global("territory_currencies") for code in get_territory_currencies(country)}
    return sorted(((code, f"{locale.currencies.get(code, code)} ({code})") for code in codes), key=lambda it: it[1])
