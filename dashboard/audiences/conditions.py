"""Conditions over visitors: read from text, held to what the shop allows, and ready to judge a visitor."""

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass

from django.utils.translation import gettext as _

from dashboard.audiences.facts import VisitorFacts
from dashboard.core import errors
from recommender.expressions import (
    VISITORS,
    All,
    Expression,
    ExpressionError,
    Field,
    Not,
    Some,
    parsed,
    predicate,
)

EXAMPLE = "segments.3 >= 0.6 and purchases > 0"


@dataclass(frozen=True)
class Condition:
    """A condition, compiled: made once, asked of every visitor. `barred`: attributes that the shop lets it not use."""

    expression: Expression
    barred: tuple[str, ...]
    _holds: Callable[[Callable[[Field], object]], bool]

    def holds(self, facts: VisitorFacts) -> bool:
        """Whether the visitor fulfils it; nobody fulfils one that uses what is barred."""
        return not self.barred and self._holds(facts.value_of)


def compiled(source: str, *, barred: Collection[str]) -> Condition:
    """Raises `Invalid` for what is no condition over visitors."""
    expression = read_condition(source)
    used = tuple(sorted(attribute_names(expression) & set(barred)))
    return Condition(expression, used, predicate(expression))


def read_condition(source: str) -> Expression:
    """The tree of a condition. Raises `Invalid` in words that name the place."""
    try:
        return parsed(source, VISITORS)
    except ExpressionError as problem:
        raise errors.Invalid(str(problem), fields={"expression": str(problem)}) from None


def barred_words(condition: Condition) -> str:
    """What it asks for and may not."""
    return _("The shop has barred these attributes from audiences: %(names)s.") % {"names": ", ".join(condition.barred)}


def refuse_barred(condition: Condition) -> None:
    """Raises `Invalid` where it uses what the shop has barred."""
    if condition.barred:
        raise errors.Invalid(barred_words(condition), fields={"expression": barred_words(condition)})


def attribute_names(expression: Expression) -> set[str]:
    """The attributes that it asks for."""
    return {field.name for field in fields_of(expression) if field.is_attribute}


def segment_numbers(expression: Expression) -> set[int]:
    """The segments that it asks for."""
    return {field.segment for field in fields_of(expression) if field.segment is not None}


def fields_of(expression: Expression) -> Iterator[Field]:
    """The field of every comparison."""
    if isinstance(expression, All | Some):
        for part in expression.parts:
            yield from fields_of(part)
    elif isinstance(expression, Not):
        yield from fields_of(expression.part)
    else:
        yield expression.field
