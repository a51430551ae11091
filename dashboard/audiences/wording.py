"""Conditions over visitors in the words of a merchant."""

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from dashboard.core.formats import money, number, percent
from recommender.expressions import All, Comparison, Exists, Expression, Field, In, Not, Some

Value = object
_FIELDS: dict[str, Promise] = {
    "visits": gettext_lazy("visits"),
    "interactions": gettext_lazy("interactions"),
    "purchases": gettext_lazy("purchases"),
    "spent": gettext_lazy("spent"),
    "days_since_first_visit": gettext_lazy("days since the first visit"),
    "days_since_last_visit": gettext_lazy("days since the last visit"),
    "days_since_last_purchase": gettext_lazy("days since the last purchase"),
}
_SIGNS: dict[str, Promise] = {
    "=": gettext_lazy("%(field)s: %(value)s"),
    "!=": gettext_lazy("%(field)s: not %(value)s"),
    "<": gettext_lazy("%(field)s: below %(value)s"),
    "<=": gettext_lazy("%(field)s: at most %(value)s"),
    ">": gettext_lazy("%(field)s: above %(value)s"),
    ">=": gettext_lazy("%(field)s: at least %(value)s"),
    "contains": gettext_lazy("%(field)s: contains %(value)s"),
}


class Words:
    """`segments`: names by number; a segment that there is not is told by its number."""

    def __init__(self, segments: Mapping[int, str], currency: str) -> None:
        self._segments, self._currency = segments, currency

    def of(self, expression: Expression) -> str:
        """The whole condition, in one line."""
        if isinstance(expression, All):
            return _(" and ").join(self._grouped(part) for part in expression.parts)
        if isinstance(expression, Some):
            return _(" or ").join(self._grouped(part) for part in expression.parts)
        if isinstance(expression, Not):
            return _("not (%(condition)s)") % {"condition": self.of(expression.part)}
        if isinstance(expression, Exists):
            return _("%(field)s: known") % {"field": self._field(expression.field)}
        return self._comparison(expression)

    def _grouped(self, part: Expression) -> str:
        return f"({self.of(part)})" if isinstance(part, All | Some) else self.of(part)

    def _comparison(self, expression: Comparison | In) -> str:
        field = expression.field
        if field.name == "new" and not field.is_attribute and isinstance(expression, Comparison):
            return _("in the first visit") if expression.value is (expression.op == "=") else _("returning")
        if isinstance(expression, In):
            value, op = ", ".join(self._value(field, each) for each in expression.values), "="
        else:
            value, op = self._value(field, expression.value), expression.op
        return str(_SIGNS[op]) % {"field": self._field(field), "value": value}

    def _field(self, field: Field) -> str:
        if field.is_attribute:
            return field.name
        if field.segment is not None:
            name = self._segments.get(field.segment)
            return f"“{name}”" if name else _("segment %(number)s") % {"number": field.segment}
        return str(_FIELDS.get(field.name, field.name))

    def _value(self, field: Field, value: Value) -> str:
        if isinstance(value, bool):
            return _("yes") if value else _("no")
        if isinstance(value, str):
            return f"“{value}”"
        amount = float(str(value))
        if field.segment is not None:
            return percent(amount)
        if field.name == "spent" and not field.is_attribute:
            return money(amount, self._currency)
        return number(amount, 0 if amount == int(amount) else 2)
