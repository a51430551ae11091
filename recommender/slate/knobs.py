"""The knobs of a policy: what they are called, what they mean, what they are by default."""

import hashlib
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any

from recommender.errors import InputError
from recommender.slate.rules import Rule

KNOB_NAMES = ("exploration", "diversity", "calibration", "novelty", "fairness")


class KnobError(InputError):
    """A knob or an option of a policy is unknown or has a value that it cannot have; `field` is its name."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(f"{field}: {message}")
        self.field = field
        self.reason = message


@dataclass(frozen=True)
class Knobs:
    """How a placement's slates are made. Every knob is 0..1 and 0 switches it off.

    A knob that is not named is off; what a new placement starts with is DEFAULT_KNOBS.
    `explore_max_age_days`: items that are known to be older get no bonus for being uncertain; None: no bound.
    `fairness_attribute`: "brand", "category" or a key of the items' attributes.
    `fairness_target`: (group, share) pairs; empty means an equal share for each group among the candidates.
    """

    exploration: float = 0.0
    diversity: float = 0.0
    calibration: float = 0.0
    novelty: float = 0.0
    fairness: float = 0.0
    explore_max_age_days: float | None = 90.0
    fairness_attribute: str = "brand"
    fairness_target: tuple[tuple[str, float], ...] = ()

    def __post_init__(self) -> None:
        for name in KNOB_NAMES:
            _check_knob(name, getattr(self, name))
        if self.explore_max_age_days is not None:
            _check_number("explore_max_age_days", self.explore_max_age_days, minimum=0.0)
        if not isinstance(self.fairness_attribute, str) or not self.fairness_attribute:
            raise KnobError("fairness_attribute", "must be the name of an item field")
        _check_target(self.fairness_target)

    @classmethod
    def from_dict(cls, raw: Mapping[str, Any]) -> "Knobs":
        """Knobs from JSON. Raises KnobError for anything that is unknown or out of range."""
        if not isinstance(raw, Mapping):
            raise KnobError("knobs", "must be an object of knob names and values")
        known = {field.name for field in fields(cls)}
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


def policy_hash(knobs: Knobs, rules: Sequence[Rule] = ()) -> str:
    """16 hexadecimal digits that name a whole policy: its knobs and its rules in their order."""
    document = {"knobs": knobs.to_dict(), "rules": [rule.deed() for rule in rules]}
    canonical = json.dumps(_floats(document), sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(canonical.encode()).hexdigest()[:16]


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


# What a new placement starts with: little exploration, and mixing where it costs almost no relevance.
DEFAULT_KNOBS = Knobs(exploration=0.1, diversity=0.3, calibration=0.2)
