"""What the pages of segments show, put together for their templates."""

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from dashboard.accounts.models import Shop
from dashboard.core import formats
from dashboard.segments import charts, details, profile_charts, wording
from dashboard.segments.compare_charts import compared_figure
from dashboard.segments.figures import WINDOW
from dashboard.segments.profile import Profile, profile_of, profiles
from dashboard.segments.profile_parts import Worth
from dashboard.segments.selectors import PublishedSegment, active_segments, shown_artifact_id
from dashboard.segments.services import NAME_MAX_LENGTH


@dataclass(frozen=True)
class Told:
    """A figure as it is written, with its range of plausible values where it has one."""

    text: str
    range: str = ""


@dataclass(frozen=True)
class Compared:
    """A figure of two segments, and of any visitor where there is one."""

    name: str
    one: Told
    other: Told
    usual: str = formats.UNKNOWN


def segment_page(shop: Shop, segment: PublishedSegment) -> dict[str, Any]:
    profile = profile_of(shop, segment)
    page: dict[str, Any] = {
        "segment": segment,
        "details": details.segment_details(shop, segment, shown_artifact_id(shop) or 0),
        "first_category": next(iter(segment.top_categories), None),
        "name_max_length": NAME_MAX_LENGTH,
        "profile": profile,
        "weeks": WINDOW.days // 7,
    }
    if profile is None:
        return page | {"categories": charts.category_figure(segment)}
    return page | {
        "answer": wording.answer_of(profile),
        "breadth_words": wording.breadth_sentence(profile.breadth) if profile.breadth else "",
        "categories": profile_charts.category_figure(profile),
        "brands": profile_charts.brand_figure(profile),
        "prices": profile_charts.price_figure(profile),
        "value": profile_charts.value_figure(profile),
        "size": profile_charts.size_figure(profile),
        "weekdays": profile_charts.weekday_figure(profile),
        "hours": profile_charts.hour_figure(profile),
        "breadth": profile_charts.breadth_figure(profile),
        "are_times_hidden": any(moment.share is None for moment in [*profile.weekdays, *profile.hours]),
    }


def compare_page(shop: Shop, asked: tuple[str, str]) -> dict[str, Any]:
    """Two segments side by side: those asked for, or the largest where they are none that may be told of."""
    segments = sorted(active_segments(shop), key=lambda segment: -segment.share)
    known = {str(segment.number): segment for segment in segments}
    pair = [known[number] for number in dict.fromkeys(asked) if number in known]
    pair = [*pair, *(segment for segment in segments if segment not in pair)][:2]
    page: dict[str, Any] = {"segments": sorted(segments, key=lambda segment: segment.number), "pair": pair}
    found = profiles(shop, pair)
    if len(pair) < 2 or len(found) < 2:
        return page
    one, other = (found[segment.number] for segment in pair)
    return page | {
        "sides": [(profile, wording.answer_of(profile)) for profile in (one, other)],
        "rows": _rows(one, other),
        "both": next((row for row in one.others if row.segment.number == other.segment.number), None),
        "categories": compared_figure(one, other),
    }


def _rows(one: Profile, other: Profile) -> list[Compared]:
    pair = (one, other)
    sizes, shares, clear = (
        [Told(write(profile)) for profile in pair]
        for write in (
            lambda profile: formats.number(profile.members),
            lambda profile: formats.percent(profile.segment.share, 1),
            lambda profile: formats.percent(profile.certainty.clearly),
        )
    )
    usual = next((profile.breadth.usual for profile in pair if profile.breadth), None)
    return [
        Compared(_("Members"), sizes[0], sizes[1]),
        Compared(_("Share of visitors"), shares[0], shares[1]),
        *_worth_rows(one.worth, other.worth, one.shop.currency),
        Compared(_("Kinds among five items"), _kinds(one), _kinds(other), formats.number(usual, 1)),
        Compared(_("Belong here clearly (above 80%)"), clear[0], clear[1]),
    ]


def _worth_rows(one: Worth | None, other: Worth | None, currency: str) -> list[Compared]:
    def compared(name: str, value: Any, usual: Any = None) -> Compared:
        first, second = (Told(value(worth) if worth else formats.UNKNOWN) for worth in (one, other))
        told = one or other
        return Compared(name, first, second, usual(told) if usual and told else formats.UNKNOWN)

    told = one or other
    usual_each = formats.money(told.usual_each, currency) if told else formats.UNKNOWN
    return [
        compared(_("Revenue"), lambda worth: formats.whole_money(worth.spent, currency)),
        compared(_("Share of revenue"), lambda worth: formats.percent(worth.revenue_share, 1)),
        Compared(_("Spent by a member"), _spent(one, currency), _spent(other, currency), usual_each),
        compared(
            _("Members who bought"),
            lambda worth: formats.percent(worth.bought.value),
            lambda worth: formats.percent(worth.usual_bought),
        ),
        compared(
            _("Average order"),
            lambda worth: formats.money(worth.basket, currency),
            lambda worth: formats.money(worth.usual_basket, currency),
        ),
        compared(
            _("Order lines sent back"),
            lambda worth: formats.percent(worth.returned_share, 1),
            lambda worth: formats.percent(worth.usual_returned, 1),
        ),
        compared(_("Days between orders, of those who came back"), lambda worth: formats.number(worth.days_between)),
    ]


def _spent(worth: Worth | None, currency: str) -> Told:
    if worth is None:
        return Told(formats.UNKNOWN)
    each = worth.spent_each
    low, high = formats.money(each.low, currency), formats.money(each.high, currency)
    return Told(formats.money(each.value, currency), f"({low}–{high})")


def _kinds(profile: Profile) -> Told:
    if profile.breadth is None:
        return Told(formats.UNKNOWN)
    kinds = profile.breadth.kinds
    return Told(formats.number(kinds.value, 1), f"({formats.number(kinds.low, 1)}–{formats.number(kinds.high, 1)})")
