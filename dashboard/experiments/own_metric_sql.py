"""What sums up a shop's own metrics: one reading of the visitors' behaviour for all of them together."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from dashboard.catalog.expression_sql import condition
from dashboard.events.models import EventType
from dashboard.experiments.moments_sql import (
    COHORT,
    COLUMNS,
    LINE_REVENUE,
    OF_EXPERIMENT,
    OF_PLACEMENT,
    PART,
    SUMS_SQL,
)
from dashboard.experiments.own_metrics import Definition
from recommender.expressions import ITEMS, parsed

#: What an event may be counted by; an impression is no interaction, and lies in a table of its own.
COUNTED_TYPES = [kind for kind in EventType if kind != EventType.VIEW_ITEM_LIST]

_AGGREGATES = {
    "any": "COALESCE(bool_or(true) FILTER (WHERE {when}), false)::int::float",
    "count": "count(DISTINCT i.event_id) FILTER (WHERE {when})::float",
    "sum": f"COALESCE(sum({LINE_REVENUE}) FILTER (WHERE {{when}}), 0)::float",
    "distinct": "count(DISTINCT NULLIF(i.item_id, '')) FILTER (WHERE {when})::float",
}
_AFTER = "i.timestamp >= c.since + %({key}_delay)s AND i.timestamp < c.since + %({key}_end)s"
_BEFORE = "i.timestamp >= c.since - %(before)s AND i.timestamp < c.since"
_OWN = """
, own AS MATERIALIZED (
    SELECT c.visitor_id, c.variant, c.day, {columns}
    FROM cohort c LEFT JOIN events_interaction i
      ON i.shop_id = %(shop)s AND i.visitor_id = c.visitor_id AND i.type = ANY(%(own_types)s)
     AND i.timestamp >= c.since - %(before)s AND i.timestamp < c.since + %(own_end)s AND i.timestamp <= %(now)s
    GROUP BY c.visitor_id, c.variant, c.day
)"""
_ITEMS = ", {key}_items AS MATERIALIZED (SELECT item_id FROM catalog_item WHERE shop_id = %(shop)s AND ({test}))"
_ON_ITEMS = " AND i.item_id IN (SELECT item_id FROM {key}_items)"
# Who was there before the first slate, as INSERT_MOMENTS knows it of all its visitors.
_VISITOR = """
, visitor AS MATERIALIZED (
    SELECT c.visitor_id, c.since,
           NOT EXISTS (SELECT FROM events_interaction i WHERE i.shop_id = %(shop)s AND i.visitor_id = c.visitor_id
                       AND i.timestamp >= c.since - %(before)s AND i.timestamp < c.since)
           AND NOT EXISTS (SELECT FROM events_exposure e WHERE e.shop_id = %(shop)s AND e.visitor_id = c.visitor_id
                           AND e.served_at >= c.since - %(before)s AND e.served_at < c.since) AS is_new
    FROM cohort c
)"""
_OF_SHOP = "served_at >= %(since)s AND served_at <= %(until)s AND (hashtext(visitor_id) & 1023) < %(parts)s"


@dataclass
class _Parts:
    """The pieces of a statement, metric by metric."""

    items: list[str] = field(default_factory=list)
    columns: list[str] = field(default_factory=list)
    values: list[str] = field(default_factory=list)
    parameters: dict[str, Any] = field(default_factory=dict)


def own_moments(
    definitions: Sequence[Definition], *, window: timedelta, now: datetime, primary: str = ""
) -> tuple[str, dict[str, Any]]:
    """(statement, parameters beside those of INSERT_MOMENTS) that stores the days of an experiment's own metrics, and
    of `primary`, where it is one of them, the days of the parts of the visitors."""
    parts = _parts(definitions, window, now)
    of_parts = ""
    if any(definition.key == primary for definition in definitions):
        of_parts = f"""{_VISITOR}{PART}
        , of_parts AS (
            INSERT INTO experiments_partmoment (experiment_id, part, variant, day, metric, {COLUMNS})
            SELECT %(experiment)s, part, variant, day, metric, {SUMS_SQL}
            {_from_own(parts)} JOIN part ON part.visitor_id = v.visitor_id
            WHERE metric = %(primary)s GROUP BY part, variant, day, metric
        )"""
    statement = f"""{_begun(COHORT.format(**OF_EXPERIMENT), parts)}{of_parts}
    INSERT INTO experiments_dailymoment (experiment_id, variant, day, metric, {COLUMNS})
    SELECT %(experiment)s, variant, day, metric, {SUMS_SQL} {_from_own(parts)} GROUP BY variant, day, metric
    """
    return statement, parts.parameters


def sampled_moments(
    definition: Definition, *, window: timedelta, now: datetime, of_placement: bool
) -> tuple[str, dict[str, Any]]:
    """(statement, parameters beside those of PLACEMENT_MOMENTS) that reads the sums of a sample of the visitors of a
    placement, or of the whole shop; behind them the share of visitors above nothing, the 99th percentile, and the
    most."""
    parts = _parts([definition], window, now)
    which = OF_PLACEMENT["which"] if of_placement else _OF_SHOP
    statement = f"""{_begun(COHORT.format(which=which), parts)}
    SELECT {SUMS_SQL}, avg((y > 0)::int)::float, percentile_disc(0.99) WITHIN GROUP (ORDER BY y), max(y)
    {_from_own(parts)}
    """
    return statement, parts.parameters


def _parts(definitions: Sequence[Definition], window: timedelta, now: datetime) -> _Parts:
    parts = _Parts()
    for definition in definitions:
        _add(parts, definition, window, now)
    parts.parameters["own_types"] = sorted({definition.event_type for definition in definitions})
    parts.parameters["own_end"] = max(definition.lasts(window) for definition in definitions)
    return parts


def _add(parts: _Parts, definition: Definition, window: timedelta, now: datetime) -> None:
    key = definition.key
    parts.parameters |= {
        f"{key}_type": definition.event_type,
        f"{key}_delay": timedelta(hours=definition.delay_hours),
        f"{key}_end": definition.lasts(window),
    }
    counted = f"i.type = %({key}_type)s"
    if definition.expression:
        test, values = condition(parsed(definition.expression, ITEMS), now=now).named(f"{key}_item")
        parts.items.append(_ITEMS.format(key=key, test=test))
        parts.parameters |= values
        counted += _ON_ITEMS.format(key=key)
    y = _capped(parts, definition, f"{counted} AND {_AFTER.format(key=key)}")
    x = _capped(parts, definition, f"{counted} AND {_BEFORE}")
    parts.columns += [f"{y} AS {key}_y", f"{x} AS {key}_x"]
    parts.values.append(f"('{key}', {key}_y, {key}_x, 0::float)")


def _capped(parts: _Parts, definition: Definition, when: str) -> str:
    counted = _AGGREGATES[definition.aggregation].format(when=when)
    if definition.cap is None:
        return counted
    parts.parameters[f"{definition.key}_cap"] = definition.cap
    return f"least({counted}, %({definition.key}_cap)s::float)"


def _begun(cohort: str, parts: _Parts) -> str:
    return f"{cohort}{''.join(parts.items)}{_OWN.format(columns=', '.join(parts.columns))}"


def _from_own(parts: _Parts) -> str:
    return f"FROM own v CROSS JOIN LATERAL (VALUES {', '.join(parts.values)}) AS value (metric, y, x, c)"
