"""What an expression is once it has been read. `str` of a tree reads back as an equal tree."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import Enum

Value = str | Decimal | bool
_NAME = re.compile(r"[^\W\d][\w-]*")


class Kind(Enum):
    """What a field holds; an attribute may hold anything."""

    TEXT = "a text"
    NUMBER = "a number"
    FLAG = "true or false"
    ANY = "anything"


FIELDS: dict[str, Kind] = {
    "item_id": Kind.TEXT,
    "title": Kind.TEXT,
    "category": Kind.TEXT,
    "brand": Kind.TEXT,
    "group_id": Kind.TEXT,
    "currency": Kind.TEXT,
    "price": Kind.NUMBER,
    "age_days": Kind.NUMBER,
    "in_stock": Kind.FLAG,
}


VISITOR_FIELDS: dict[str, Kind] = {
    "new": Kind.FLAG,
    "visits": Kind.NUMBER,
    "interactions": Kind.NUMBER,
    "purchases": Kind.NUMBER,
    "spent": Kind.NUMBER,
    "days_since_first_visit": Kind.NUMBER,
    "days_since_last_visit": Kind.NUMBER,
    "days_since_last_purchase": Kind.NUMBER,
}
SEGMENTS = "segments"  # `segments.3`: how much a visitor belongs to segment 3, 0..1
_NUMBERED = {SEGMENTS: Kind.NUMBER}
_KINDS = {**FIELDS, **VISITOR_FIELDS, **_NUMBERED}


@dataclass(frozen=True)
class Vocabulary:
    """What an expression speaks of: fields by name, and families of which a number names the member."""

    fields: Mapping[str, Kind]
    numbered: tuple[str, ...] = ()

    @property
    def known(self) -> str:
        """For whoever named a field that there is not."""
        return ", ".join([*self.fields, *(f"{family}.NUMBER" for family in self.numbered)])


ITEMS = Vocabulary(FIELDS)
VISITORS = Vocabulary(VISITOR_FIELDS, tuple(_NUMBERED))


@dataclass(frozen=True)
class Field:
    """A field of an item or of a visitor, or one of the attributes."""

    name: str
    is_attribute: bool = False

    @property
    def kind(self) -> Kind:
        return Kind.ANY if self.is_attribute else _KINDS[self.name.partition(".")[0]]

    @property
    def segment(self) -> int | None:
        """The number of the segment that a visitor's membership is asked of."""
        family, _, member = self.name.partition(".")
        return int(member) if family == SEGMENTS and member and not self.is_attribute else None

    def __str__(self) -> str:
        if not self.is_attribute:
            return self.name
        return f"attributes.{self.name if _NAME.fullmatch(self.name) else quoted(self.name)}"


@dataclass(frozen=True)
class Comparison:
    """`price < 20`; `op` is one of =, !=, <, <=, >, >= and contains."""

    field: Field
    op: str
    value: Value

    def __str__(self) -> str:
        return f"{self.field} {self.op} {written(self.value)}"


@dataclass(frozen=True)
class In:
    """`brand in ("A", "B")`: one of several values of one kind."""

    field: Field
    values: tuple[Value, ...]

    def __str__(self) -> str:
        return f"{self.field} in ({', '.join(written(value) for value in self.values)})"


@dataclass(frozen=True)
class Exists:
    """`price exists`: the item has the field at all."""

    field: Field

    def __str__(self) -> str:
        return f"{self.field} exists"


@dataclass(frozen=True)
class Not:
    """The opposite: what does not hold, or cannot be said for want of the field."""

    part: "Expression"

    def __str__(self) -> str:
        return f"not {_grouped(self.part)}"


@dataclass(frozen=True)
class All:
    """Two or more that must hold together."""

    parts: tuple["Expression", ...]

    def __str__(self) -> str:
        return " and ".join(_grouped(part) for part in self.parts)


@dataclass(frozen=True)
class Some:
    """Two or more of which one must hold."""

    parts: tuple["Expression", ...]

    def __str__(self) -> str:
        return " or ".join(_grouped(part) for part in self.parts)


Expression = Comparison | In | Exists | Not | All | Some


def quoted(text: str) -> str:
    """A text as it stands in an expression."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def written(value: Value) -> str:
    """A value as it stands in an expression."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return quoted(value) if isinstance(value, str) else format(value, "f")


def _grouped(part: Expression) -> str:
    return f"({part})" if isinstance(part, All | Some) else str(part)
