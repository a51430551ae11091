"""An expression over visitors as a condition on rows of `SOURCE`: the same as facts.py says of one visitor."""

from datetime import datetime

from dashboard.core.expression_sql import Condition, Term, attribute_exists, attribute_holds, joined, tested
from recommender.expressions import Comparison, Exists, Expression, In

#: What is known of the visitors of a shop; takes `%(shop)s` and `%(artifact)s`, the artifact whose segments it shows.
SOURCE = """
    audiences_visitor AS visitor LEFT JOIN segments_segmentmembership AS membership
        ON membership.shop_id = visitor.shop_id AND membership.artifact_id = %(artifact)s
        AND membership.visitor_id = visitor.visitor_id
"""
#: Whom audiences leave out: programs, where nothing of them is a person's; figures leave out what else is a program's.
IS_PERSON = """NOT EXISTS (SELECT 1 FROM events_botvisitor AS bot WHERE bot.shop_id = visitor.shop_id
    AND bot.visitor_id = visitor.visitor_id AND bot.dismissed_at IS NULL AND bot.since IS NULL AND bot.until IS NULL)"""

_NUMBERS = ("visits", "interactions", "purchases", "spent")
_MOMENTS = {
    "days_since_first_visit": "first_seen_at",
    "days_since_last_visit": "last_seen_at",
    "days_since_last_purchase": "last_purchase_at",
}
#: Fields whose value changes while nothing happens.
DAYS_COUNT_FROM = frozenset(_MOMENTS)
_IS_NEW = "(visits <= 1)"
# of NULL and 0 the greatest is 0
_DAYS = "CASE WHEN {column} IS NOT NULL THEN greatest(extract(epoch FROM %s - {column})::float8 / 86400, 0) END"
_MEMBERSHIP = (
    "CASE WHEN membership.probabilities IS NOT NULL THEN coalesce((membership.probabilities ->> %s)::numeric, 0) END"
)


def condition(expression: Expression, *, now: datetime) -> Condition:
    """Visitors who fulfil the expression; `now` is what days count from."""

    def term(found: Term) -> Condition:
        return _exists(found) if isinstance(found, Exists) else _comparison(found, now)

    return joined(expression, term)


def _exists(expression: Exists) -> Condition:
    field = expression.field
    if field.is_attribute:
        return attribute_exists(field)
    if field.segment is not None:
        return Condition("membership.probabilities IS NOT NULL", [])
    return Condition(f"{_MOMENTS[field.name]} IS NOT NULL" if field.name in _MOMENTS else "TRUE", [])


def _comparison(expression: Comparison | In, now: datetime) -> Condition:
    field = expression.field
    if field.is_attribute:
        return attribute_holds(expression)
    if field.segment is not None:
        test = tested(expression, _MEMBERSHIP, "numeric")
        return Condition(test.sql, [str(field.segment), *test.parameters])
    if field.name in _MOMENTS:
        test = tested(expression, _DAYS.format(column=_MOMENTS[field.name]), "float8")
        return Condition(test.sql, [now, *test.parameters])
    if field.name in _NUMBERS:
        return tested(expression, field.name, "numeric")
    return tested(expression, _IS_NEW, "boolean")
