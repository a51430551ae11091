"""Who fulfils a condition, by SQL: how many, and which, page by page."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from django.db import OperationalError, connection, transaction
from django.utils.translation import gettext as _

from dashboard.accounts.models import Shop
from dashboard.audiences.conditions import Condition, barred_words
from dashboard.audiences.models import Audience
from dashboard.audiences.selectors.audiences import ready_audiences
from dashboard.audiences.visitor_sql import IS_PERSON, SOURCE
from dashboard.audiences.visitor_sql import condition as sql_condition
from dashboard.core import clock, errors
from dashboard.core.expression_sql import Parameter
from dashboard.events.selectors import privacy_of
from dashboard.segments.selectors import shown_artifact_id

COUNT_SECONDS = 2.0  # a million visitors take a tenth; what takes longer is not counted while somebody types
_CANCELLED = "57014"  # PostgreSQL: query_canceled
_COUNT = f"""
    SELECT count(*) FILTER (WHERE {{holds}}), count(*) FROM {SOURCE} WHERE visitor.shop_id = %(shop)s AND {IS_PERSON}
"""  # noqa: S608  words of visitor_sql
_PAGE = f"""
    SELECT visitor.visitor_id FROM {SOURCE}
    WHERE visitor.shop_id = %(shop)s AND {IS_PERSON} AND {{holds}} AND {{more}}
    ORDER BY visitor.visitor_id LIMIT %(limit)s
"""  # noqa: S608  words of visitor_sql


@dataclass(frozen=True)
class Size:
    """How many visitors fulfil a condition, of how many that are known.

    `visitors` None: fewer than `smallest` and not none, which the shop's privacy keeps from being told, or it could not
    be counted in time (`is_counted` False).
    """

    visitors: int | None
    known: int
    smallest: int
    is_counted: bool = True

    @property
    def is_hidden(self) -> bool:
        return self.is_counted and self.visitors is None

    @property
    def may_be_listed(self) -> bool:
        """Whether single visitors of it may be shown, exported or sent."""
        return self.visitors is not None and self.visitors >= self.smallest

    @property
    def share(self) -> float | None:
        return self.visitors / self.known if self.known and self.visitors is not None else None


def audience_size(shop: Shop, condition: Condition) -> Size:
    """Counted now, and given up after a moment."""
    smallest = privacy_of(shop.pk).smallest_group
    try:
        ((found, known),) = _asked(shop, condition, _COUNT, seconds=COUNT_SECONDS)
    except OperationalError as problem:
        if getattr(problem.__cause__, "pgcode", "") != _CANCELLED:
            raise
        return Size(None, 0, smallest, is_counted=False)
    return Size(None if 0 < found < smallest else found, known, smallest)


def listed_condition(shop: Shop, audience: Audience) -> Condition:
    """The condition of an audience whose single visitors may be told. Raises `Forbidden` where they are too few, or
    where it asks for what the shop has barred."""
    condition, smallest = ready_audiences(shop.pk)[audience.pk].condition, privacy_of(shop.pk).smallest_group
    if condition.barred:
        raise errors.Forbidden(barred_words(condition))
    found = len(member_page(shop, condition, after="", limit=smallest))
    if 0 < found < smallest:
        raise errors.Forbidden(
            _("Fewer than %(smallest)s visitors are in this audience; the shop's privacy keeps them from being told.")
            % {"smallest": smallest}
        )
    return condition


def member_page(shop: Shop, condition: Condition, *, after: str, limit: int) -> list[str]:
    """Ids of visitors who fulfil it, in their order, behind `after`."""
    rows = _asked(shop, condition, _PAGE, more="visitor.visitor_id > %(after)s", after=after, limit=limit)
    return [visitor_id for (visitor_id,) in rows]


def members_among(shop: Shop, condition: Condition, visitor_ids: Collection[str]) -> list[str]:
    """Those of these visitors who fulfil it."""
    wanted = list(visitor_ids)
    rows = _asked(shop, condition, _PAGE, more="visitor.visitor_id = ANY(%(ids)s)", ids=wanted, limit=len(wanted))
    return [visitor_id for (visitor_id,) in rows]


def _asked(
    shop: Shop, condition: Condition, query: str, *, seconds: float | None = None, more: str = "", **values: Any
) -> list[tuple[Any, ...]]:
    holds, parameters = "FALSE", dict[str, Parameter]()
    if not condition.barred:
        holds, parameters = sql_condition(condition.expression, now=clock.now()).named("holds")
    given = {"shop": shop.pk, "artifact": shown_artifact_id(shop), **parameters, **values}
    with transaction.atomic(), connection.cursor() as cursor:
        if seconds is not None:
            cursor.execute("SET LOCAL statement_timeout = %s", [int(seconds * 1000)])
        cursor.execute(query.format(holds=holds, more=more), given)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
        if seconds is not None:
            cursor.execute("SET LOCAL statement_timeout = DEFAULT")
        return rows
