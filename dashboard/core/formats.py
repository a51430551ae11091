"""Numbers, money and dates as people of the current language and the shop's zone write them (CLDR, by Babel).

The shop's zone is Django's current time zone: `accounts.access.shop_page` activates it for the request.
Every function takes None for "not known" and writes a dash; every minus is a true minus (U+2212).
"""

from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import lru_cache

from babel import Locale, dates
from babel import numbers as babel_numbers
from django.conf import settings
from django.utils import timezone
from django.utils.translation import get_language, to_locale
from django.utils.translation import gettext as _

from dashboard.core import clock

Number = int | float | Decimal
UNKNOWN = "–"
MINUS = "−"
NEAR_DAYS = 300  # a day within these is told without its year


@lru_cache(maxsize=8)
def _locale(language: str) -> Locale:
    return Locale.parse(to_locale(language))


def current_locale() -> Locale:
    """Babel's locale of the active language."""
    return _locale(get_language() or settings.LANGUAGE_CODE)


def _pattern(decimals: int, suffix: str = "") -> str:
    return "#,##0" + ("." + "0" * decimals if decimals else "") + suffix


def _signed(text: str, value: Number) -> str:
    return f"+{text}" if value > 0 and any(digit in text for digit in "123456789") else text


def _tidy(text: str) -> str:
    return text.replace("-", MINUS)


def number(value: Number | None, decimals: int = 0) -> str:
    """`1234.5` → `1,234.5` with `decimals=1`."""
    if value is None:
        return UNKNOWN
    return _tidy(babel_numbers.format_decimal(value, _pattern(decimals), locale=current_locale()))


def signed_number(value: Number | None, decimals: int = 0) -> str:
    return UNKNOWN if value is None else _signed(number(value, decimals), value)


def percent(value: Number | None, decimals: int = 0) -> str:
    """A share of one: `0.137` → `13.7%` with `decimals=1`."""
    if value is None:
        return UNKNOWN
    return _tidy(babel_numbers.format_percent(value, _pattern(decimals, "%"), locale=current_locale()))


def signed_percent(value: Number | None, decimals: int = 1) -> str:
    return UNKNOWN if value is None else _signed(percent(value, decimals), value)


def points(value: Number | None, decimals: int = 1) -> str:
    """An absolute change of a share: `0.004` → `+0.4 points`."""
    if value is None:
        return UNKNOWN
    return _("%(points)s points") % {"points": signed_number(float(value) * 100, decimals)}


def times(value: Number | None, decimals: int = 1) -> str:
    """How many times as much: `10.2` → `10.2×`."""
    return UNKNOWN if value is None else f"{number(value, decimals)}×"


def money(value: Number | None, currency: str) -> str:
    """`1234.5`, `GBP` → `£1,234.50`."""
    if value is None:
        return UNKNOWN
    return _tidy(babel_numbers.format_currency(value, currency, locale=current_locale()))


def whole_money(value: Number | None, currency: str) -> str:
    """Money without its minor unit, for headlines and axes: `£1,235`."""
    if value is None:
        return UNKNOWN
    locale = current_locale()
    pattern = locale.currency_formats["standard"].pattern.replace(".00", "")
    return _tidy(babel_numbers.format_currency(value, currency, pattern, locale=locale, currency_digits=False))


def currency_symbol(currency: str) -> str:
    return babel_numbers.get_currency_symbol(currency, locale=current_locale())


def local(moment: datetime) -> datetime:
    """The same moment on the shop's clock."""
    return moment.astimezone(timezone.get_current_timezone())


def full_date(day: date | datetime | None) -> str:
    """`24 November 2026`."""
    if day is None:
        return UNKNOWN
    return dates.format_date(_day(day), "long", locale=current_locale())


def short_date(day: date | datetime | None) -> str:
    """`24 Nov`, and `9 Dec 2010` where another year could be meant."""
    if day is None:
        return UNKNOWN
    return dates.format_skeleton(_skeleton(_day(day)), _day(day), locale=current_locale())


def month(day: date) -> str:
    """`November 2026`."""
    return dates.format_skeleton("yMMMM", day, locale=current_locale())


def short_month(day: date) -> str:
    """`Nov 2026`."""
    return dates.format_skeleton("yMMM", day, locale=current_locale())


def date_range(start: date, end: date) -> str:
    """`17–23 Nov`, both days included."""
    return dates.format_interval(start, end, _skeleton(start), locale=current_locale())


def _skeleton(day: date) -> str:
    """With the year of what is so far away that its month comes in between."""
    is_near = abs((day - local(clock.now()).date()).days) <= NEAR_DAYS
    return "MMMd" if is_near else "yMMMd"


def clock_time(moment: datetime | None) -> str:
    """`09:40` in the shop's zone."""
    return UNKNOWN if moment is None else local(moment).strftime("%H:%M")


def date_and_time(moment: datetime | None) -> str:
    """`24 November 2026, 09:40` in the shop's zone."""
    if moment is None:
        return UNKNOWN
    return _("%(date)s, %(time)s") % {"date": full_date(moment), "time": clock_time(moment)}


def short_time(moment: datetime | None) -> str:
    """`24 Nov, 09:40` in the shop's zone."""
    if moment is None:
        return UNKNOWN
    return _("%(date)s, %(time)s") % {"date": short_date(moment), "time": clock_time(moment)}


def ago(moment: datetime | None) -> str:
    """`3 minutes ago`."""
    if moment is None:
        return _("never")
    return dates.format_timedelta(moment - clock.now(), add_direction=True, locale=current_locale())


def duration(length: timedelta | Number | None) -> str:
    """`12 minutes`, of a timedelta or of seconds."""
    if length is None:
        return UNKNOWN
    span = length if isinstance(length, timedelta) else timedelta(seconds=float(length))
    return dates.format_timedelta(span, threshold=1.5, locale=current_locale())


def _day(value: date | datetime) -> date:
    return local(value).date() if isinstance(value, datetime) else value
