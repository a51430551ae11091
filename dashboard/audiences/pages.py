"""What the pages of audiences show, put together for their templates."""

from collections.abc import Mapping
from typing import Any

from dashboard.accounts.models import Shop
from dashboard.audiences import selectors
from dashboard.audiences.conditions import Condition, compiled, segment_numbers
from dashboard.audiences.models import Audience
from dashboard.audiences.wording import Words
from dashboard.core import errors
from dashboard.core.charts import Figure
from dashboard.events.selectors import privacy_of
from dashboard.segments.map_chart import Look, map_figure
from dashboard.segments.map_selectors import segment_map
from dashboard.segments.selectors import active_segments

VISITORS_SHOWN = 48


def list_page(shop: Shop) -> dict[str, Any]:
    ready, words, audiences = selectors.ready_audiences(shop.pk), words_of(shop), list(selectors.audiences_of(shop))
    sizes = selectors.latest_sizes(shop, audiences)
    rows = [_row(audience, ready[audience.pk].condition, sizes[audience.pk], words) for audience in audiences]
    kept = privacy_of(shop.pk)
    named = {"barred_attributes": kept.barred_attributes, "barred_names": kept.barred_names}
    return {
        "rows": rows,
        "privacy": kept,
        "attributes": selectors.attributes_known(shop),
        **typed_privacy({"smallest_group": kept.smallest_group, **named}),
    }


def typed_privacy(sent: Mapping[str, Any]) -> dict[str, Any]:
    """What stands in the fields of the shop's privacy."""
    return {
        "smallest_group": sent["smallest_group"],
        "barred_lines": "\n".join(sent["barred_attributes"]),
        "barred_names": "\n".join(sent["barred_names"]),
    }


def audience_page(shop: Shop, audience: Audience) -> dict[str, Any]:
    condition = selectors.ready_audiences(shop.pk)[audience.pk].condition
    size = selectors.latest_sizes(shop, [audience])[audience.pk]
    row = _row(audience, condition, size, words_of(shop))
    known = {segment.number for segment in active_segments(shop)}
    shown = selectors.latest_members(shop, audience, VISITORS_SHOWN) if size.may_be_listed else []
    gone = sorted(segment_numbers(condition.expression) - known)
    return row | {"visitors": shown, "gone": gone, "map": _map(shop, audience, condition) if shown else None}


def _map(shop: Shop, audience: Audience, condition: Condition) -> Figure | None:
    """The map of interests with the audience's members on it; None before there is a model."""
    found = segment_map(shop)
    if found is None or not found.points:
        return None
    members = selectors.members_among(shop, condition, [point.visitor_id for point in found.points])
    return map_figure(shop, found, Look(members=frozenset(members), members_name=audience.name))


def form_page(shop: Shop, audience: Audience | None, name: str, expression: str) -> dict[str, Any]:
    """`audience` None: a new one."""
    return {
        "audience": audience,
        "name": name,
        "expression": expression,
        "segments": active_segments(shop),
        "attributes": selectors.attributes_known(shop),
        **count_page(shop, expression),
    }


def count_page(shop: Shop, expression: str) -> dict[str, Any]:
    """What a condition that is being written means, and how many fulfil it now; `problem` where it is none."""
    if not expression.strip():
        return {"size": None, "words": "", "problem": ""}
    try:
        condition = compiled(expression, barred=privacy_of(shop.pk).barred_attributes)
    except errors.Invalid as problem:
        return {"size": None, "words": "", "problem": problem.message}
    size = selectors.audience_size(shop, condition)
    return {"size": size, "words": words_of(shop).of(condition.expression), "problem": "", "barred": condition.barred}


def words_of(shop: Shop) -> Words:
    return Words({segment.number: segment.name for segment in active_segments(shop)}, shop.currency)


def _row(audience: Audience, condition: Condition, size: selectors.Size, words: Words) -> dict[str, Any]:
    return {
        "audience": audience,
        "words": words.of(condition.expression),
        "size": size,
        "barred": condition.barred,
    }
