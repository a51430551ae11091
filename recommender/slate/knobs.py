"""The knobs of a policy: what they are called, what they mean, what they are by default."""

import hashlib
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from typing import Any, Literal

from recommender.errors import InputError
from recommender.slate.rules import Rule

Column = Literal["age_days", "popularity"]  # what a log need not keep whole for other knobs, and can


class KnobError(InputError):
    """A knob or an option of a policy is unknown or has a value that it cannot have; `field` is its name."""

    def __init__(self, name: str, message: str) -> None:
        super().__init__(f"{name}: {message}")
        self.field = name
        self.reason = message


@dataclass(frozen=True)
class Knob:
    """What the library says of a knob; dashboard/core/knob_words.py says it to merchants.

    `meaning`: for `--help`. `metric`: the field of `SlateMetrics` that it moves, up where it `raises` it. `start`: its
    value in a new placement. `reads`: columns of the candidates that the log of a slate keeps for it, so that it can be
    drawn again. `in_every_hash`: of the first five, which stood in hashes at 0 too before others came.
    """

    name: str
    meaning: str
    metric: str
    raises: bool
    start: float = 0.0
    reads: tuple[Column, ...] = ()
    in_every_hash: bool = False


def _knob(meaning: str, *, metric: str, raises: bool = True, **more: Any) -> Any:
    return field(default=0.0, metadata={"meaning": meaning, "metric": metric, "raises": raises, **more})


@dataclass(frozen=True)
class Knobs:
    """How a placement's slates are made. Every knob is 0..1 and 0 switches it off; a new one is a line here.

    A knob that is not named is off; what a new placement starts with is DEFAULT_KNOBS.
    `explore_max_age_days`: items that are known to be older are tried seldom; None: no bound.
    `explore_floor`: while exploration is on, the share of every slot's chances that all candidates have alike, 0..1:
    what can never be shown can never be estimated.
    `fairness_attribute`: "brand", "category" or a key of the items' attributes.
    `fairness_target`: (group, share) pairs; empty means an equal share for each group among the candidates.
    """

    exploration: float = _knob("spent on learning", metric="share_explored", start=0.1, in_every_hash=True)
    diversity: float = _knob("unlike items", metric="intra_list_distance", start=0.3, in_every_hash=True)
    calibration: float = _knob(
        "the visitor's own mix of categories", metric="calibration_kl", raises=False, start=0.2, in_every_hash=True
    )
    novelty: float = _knob("the long tail", metric="self_information", reads=("popularity",), in_every_hash=True)
    fairness: float = _knob("equal shares of groups", metric="exposure_gap", raises=False, in_every_hash=True)
    fatigue: float = _knob("what the visitor was shown and left", metric="chance_tired", raises=False, start=1.0)
    explore_max_age_days: float | None = 90.0
    explore_floor: float = 0.002  # costs as much of the clicks at most
    fairness_attribute: str = "brand"
    fairness_target: tuple[tuple[str, float], ...] = ()

    def __post_init__(self) -> None:
        for name in KNOB_NAMES:
            _check_knob(name, getattr(self, name))
        if self.explore_max_age_days is not None:
            _check_number("explore_max_age_days", self.explore_max_age_days, minimum=0.0)
        _check_number("explore_floor", self.explore_floor, minimum=0.0, maximum=1.0)
        if not isinstance(self.fairness_attribute, str) or not self.fairness_attribute:
            raise KnobError("fairness_attribute", "must be the name of an item field")
        _check_target(self.fairness_target)

    @classmethod
    def from_dict(cls, raw: Mapping[str, Any]) -> "Knobs":
        """Knobs from JSON. Raises KnobError for anything that is unknown or out of range."""
        if not isinstance(raw, Mapping):
            raise KnobError("knobs", "must be an object of knob names and values")
        known = {part.name for part in fields(cls)}
        for name in raw:
            if name not in known:
                raise KnobError(str(name), f"is no knob; the knobs are {', '.join(sorted(known))}")
        values = dict(raw)
        if "fairness_target" in values:
            values["fairness_target"] = _target_pairs(values["fairness_target"])
        return cls(**values)

    def to_dict(self) -> dict[str, Any]:
        """The JSON that `from_dict` reads back as equal knobs."""
        return asdict(self) | {"fairness_target": dict(self.fairness_target)}

    @property
    def policy_hash(self) -> str:
        """16 hexadecimal digits that name these values, whatever order they were written in."""
        return policy_hash(self)


def is_read(column: Column, knobs: Knobs) -> bool:
    """Whether one of the knobs that are turned reads this column of the candidates."""
    return any(column in knob.reads and getattr(knobs, name) for name, knob in KNOBS.items())


def policy_hash(knobs: Knobs, rules: Sequence[Rule] = ()) -> str:
    """16 hexadecimal digits that name a whole policy: its knobs and its rules in their order."""
    document = {"knobs": _hashed(knobs), "rules": [rule.deed() for rule in rules]}
    canonical = json.dumps(_floats(document), sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(canonical.encode()).hexdigest()[:16]


def _hashed(knobs: Knobs) -> dict[str, Any]:
    """What a hash is made of: a knob or option that came later only where it is used, so that a hash outlives it."""
    values = knobs.to_dict()
    return {
        part.name: values[part.name]
        for part in fields(knobs)
        if part.name in _IN_EVERY_HASH or getattr(knobs, part.name) != part.default
    }


def _floats(value: Any) -> Any:
    """0 and 0.0 are the same knob and must not hash apart."""
    if isinstance(value, Mapping):
        return {key: _floats(entry) for key, entry in value.items()}
    if isinstance(value, list | tuple):
        return [_floats(entry) for entry in value]
    return float(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _check_number(name: str, value: Any, *, minimum: float, maximum: float = math.inf) -> None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise KnobError(name, "must be a number")
    if not minimum <= value <= maximum:
        upper = "" if math.isinf(maximum) else f" and at most {maximum:g}"
        raise KnobError(name, f"must be at least {minimum:g}{upper}, not {value:g}")


def _check_knob(name: str, value: Any) -> None:
    _check_number(name, value, minimum=0.0, maximum=1.0)


def _target_pairs(raw: Any) -> tuple[tuple[str, float], ...]:
    if raw is None:
        return ()
    if not isinstance(raw, Mapping):
        raise KnobError("fairness_target", "must be an object of group names and shares")
    return tuple(sorted((str(group), share) for group, share in raw.items()))


def _check_target(target: tuple[tuple[str, float], ...]) -> None:
    for group, share in target:
        _check_number(f"fairness_target.{group}", share, minimum=0.0, maximum=1.0)
    if target and not 0.0 < sum(share for _, share in target) <= 1.0 + 1e-9:
        raise KnobError("fairness_target", "the shares must sum to more than 0 and at most 1")


KNOBS = {part.name: Knob(name=part.name, **part.metadata) for part in fields(Knobs) if "metric" in part.metadata}
KNOB_NAMES = tuple(KNOBS)
_IN_EVERY_HASH = {
    "explore_max_age_days",
    "fairness_attribute",
    "fairness_target",
    *(name for name, knob in KNOBS.items() if knob.in_every_hash),
}
# What a new placement starts with: little exploration, and mixing where it costs almost no relevance.
DEFAULT_KNOBS = Knobs.from_dict({name: knob.start for name, knob in KNOBS.items()})
