"""Rules of a merchant: pin, boost, bury, exclude, include only."""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal, cast

from recommender.errors import InputError

RULE_KINDS = ("pin", "boost", "bury", "exclude", "include_only")
RuleKind = Literal["pin", "boost", "bury", "exclude", "include_only"]
_FIELDS = {"kind", "match", "position", "strength", "starts_at", "ends_at", "note"}
_RANGE_KEYS = {"min", "max"}
NOTE_LENGTH = 200


class RuleError(InputError):
    """A rule is unknown or incomplete; `field` is the part of it that is wrong."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(f"{field}: {message}")
        self.field = field
        self.reason = message


@dataclass(frozen=True)
class Rule:
    """One rule. It concerns the items whose fields fulfil every condition of `match`.

    A condition is a value (equal), a list (any of them), or {"min", "max"} (a number in that range, ends included).
    Fields are item_id, category, brand, group_id, age_days, impressions and the keys of the items' attributes; where
    an item has a list of values, one of them is enough. True and false equal no number.
    pin: `position` (from 1). boost, bury: `strength` 0..1. Before `starts_at` and from `ends_at` on it does nothing.
    `note`: why it is there, for people; rules that differ in it alone are the same rule.
    """

    kind: RuleKind
    match: tuple[tuple[str, Any], ...]
    position: int | None = None
    strength: float = 0.5
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    note: str = field(default="", compare=False)

    @classmethod
    def from_dict(cls, raw: Mapping[str, Any]) -> "Rule":
        """A rule from JSON. Raises RuleError naming the field."""
        if not isinstance(raw, Mapping):
            raise RuleError("rule", "must be an object")
        for name in raw:
            if name not in _FIELDS:
                raise RuleError(str(name), f"is no field of a rule; the fields are {', '.join(sorted(_FIELDS))}")
        kind = _kind(raw.get("kind"))
        starts_at, ends_at = _instant(raw, "starts_at"), _instant(raw, "ends_at")
        if starts_at and ends_at and ends_at <= starts_at:
            raise RuleError("ends_at", "must be after starts_at")
        return cls(
            kind=kind,
            match=_conditions(raw.get("match")),
            position=_position(kind, raw.get("position")),
            strength=_strength(kind, raw.get("strength")),
            starts_at=starts_at,
            ends_at=ends_at,
            note=_note(raw.get("note")),
        )

    def to_dict(self) -> dict[str, Any]:
        """The JSON that `from_dict` reads back as an equal rule, with its note."""
        return {**self.deed(), "note": self.note} if self.note else self.deed()

    def deed(self) -> dict[str, Any]:
        """What the rule does, as JSON: all of it but the note."""
        document: dict[str, Any] = {"kind": self.kind, "match": {name: _plain(value) for name, value in self.match}}
        if self.position is not None:
            document["position"] = self.position
        if self.kind in ("boost", "bury"):
            document["strength"] = self.strength
        for name in ("starts_at", "ends_at"):
            instant = getattr(self, name)
            if instant is not None:
                document[name] = instant.isoformat()
        return document

    def is_active(self, now: datetime) -> bool:
        """Whether the rule has started and not ended."""
        return (self.starts_at is None or self.starts_at <= now) and (self.ends_at is None or now < self.ends_at)

    def matches(self, value_of: Callable[[str], Any]) -> bool:
        """Whether an item fulfils every condition; `value_of` gives its value for a field, None where it has none."""
        return all(_fulfils(value_of(name), condition) for name, condition in self.match)

    def places(self, column_of: Callable[[str], Sequence[Any] | None], among: Iterable[int]) -> list[int]:
        """Those places whose items fulfil every condition, in the order of `among`; `column_of` gives a field's values
        of all items, None where none has one."""
        left = list(among)
        for name, condition in self.match:
            column = column_of(name)
            left = [] if column is None else _fulfilling(left, column, condition)
        return left


def _fulfilling(places: Sequence[int], column: Sequence[Any], condition: Any) -> list[int]:
    if not isinstance(condition, str):
        return [place for place in places if _fulfils(column[place], condition)]
    return [  # most conditions are a text, and most values one: compared at once
        place
        for place in places
        if (value := column[place]) == condition or (type(value) is not str and _fulfils(value, condition))
    ]


def _fulfils(value: Any, condition: Any) -> bool:
    if isinstance(value, list | tuple | set | frozenset):
        return any(_fulfils(entry, condition) for entry in value)
    if value is None:
        return False
    if isinstance(condition, Range):
        return condition.holds(value)
    if isinstance(condition, tuple):
        return any(_equals(value, entry) for entry in condition)
    return _equals(value, condition)


def _equals(value: Any, wanted: Any) -> bool:
    return bool(value == wanted) and isinstance(value, bool) == isinstance(wanted, bool)


@dataclass(frozen=True)
class Range:
    """A condition: a number from `minimum` to `maximum`, both included."""

    minimum: float = -math.inf
    maximum: float = math.inf

    def holds(self, value: Any) -> bool:
        return not isinstance(value, str | bool) and self.minimum <= float(value) <= self.maximum


def _plain(condition: Any) -> Any:
    if isinstance(condition, Range):
        bounds = {"min": condition.minimum, "max": condition.maximum}
        return {name: bound for name, bound in bounds.items() if math.isfinite(bound)}
    return list(condition) if isinstance(condition, tuple) else condition


def _kind(raw: Any) -> RuleKind:
    if raw not in RULE_KINDS:
        raise RuleError("kind", f"must be one of {', '.join(RULE_KINDS)}")
    return cast(RuleKind, raw)


def _conditions(raw: Any) -> tuple[tuple[str, Any], ...]:
    if not isinstance(raw, Mapping) or not raw:
        raise RuleError("match", "must name at least one item field and its value")
    return tuple(sorted((str(name), _condition(f"match.{name}", value)) for name, value in raw.items()))


def _condition(field: str, raw: Any) -> Any:
    if isinstance(raw, Mapping):
        return _range(field, raw)
    if isinstance(raw, list | tuple):
        if not raw:
            raise RuleError(field, "must list at least one value")
        return tuple(_scalar(field, value) for value in raw)
    return _scalar(field, raw)


def _scalar(field: str, raw: Any) -> Any:
    if isinstance(raw, str | bool | int) or (isinstance(raw, float) and math.isfinite(raw)):
        return raw
    raise RuleError(field, "must be a text, a number, a list of them, or a range with min and max")


def _range(field: str, raw: Mapping[str, Any]) -> Range:
    if not raw or not _RANGE_KEYS.issuperset(raw):
        raise RuleError(field, "a range has min, max or both")
    for bound in raw.values():
        if isinstance(bound, bool) or not isinstance(bound, int | float) or not math.isfinite(bound):
            raise RuleError(field, "min and max must be numbers")
    result = Range(float(raw.get("min", -math.inf)), float(raw.get("max", math.inf)))
    if result.minimum > result.maximum:
        raise RuleError(field, "min must not be above max")
    return result


def _position(kind: str, raw: Any) -> int | None:
    if kind != "pin":
        if raw is not None:
            raise RuleError("position", "belongs to pin rules only")
        return None
    if isinstance(raw, bool) or not isinstance(raw, int) or raw < 1:
        raise RuleError("position", "must be a whole number from 1")
    return raw


def _strength(kind: str, raw: Any) -> float:
    if raw is None:
        return 0.5
    if kind not in ("boost", "bury"):
        raise RuleError("strength", "belongs to boost and bury rules only")
    if isinstance(raw, bool) or not isinstance(raw, int | float) or not 0.0 <= raw <= 1.0:
        raise RuleError("strength", "must be a number between 0 and 1")
    return float(raw)


def _note(raw: Any) -> str:
    if raw is None:
        return ""
    if not isinstance(raw, str) or len(raw) > NOTE_LENGTH:
        raise RuleError("note", f"must be a text of at most {NOTE_LENGTH} characters")
    return raw


def _instant(raw: Mapping[str, Any], field: str) -> datetime | None:
    value = raw.get(field)
    if value is None:
        return None
    try:
        instant = value if isinstance(value, datetime) else datetime.fromisoformat(value)
    except (TypeError, ValueError):
        raise RuleError(field, "must be a date and time such as 2026-11-24T09:00:00Z") from None
    return instant if instant.tzinfo else instant.replace(tzinfo=UTC)
