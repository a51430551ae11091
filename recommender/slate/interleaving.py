"""Team draft: two policies make one slate in turns, and the visitor chooses between them in one glance.

Radlinski, Kurup & Joachims, How Does Clickthrough Data Reflect Retrieval Quality? (CIKM 2008). In each round of two
positions a coin says who picks first; whoever is on draws from its own policy, given all that stands there already. So
the place of an item says nothing of its team, and clicks on the teams' items can be compared within a slate.

The propensity of a position is that of the slate as the visitor sees it, given the items before it and not the coins,
which nobody sees: exact, since both policies are asked for the chance of what one of them picked.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np

from recommender.errors import InputError
from recommender.slate.candidates import SlateCandidates
from recommender.slate.knobs import Knobs
from recommender.slate.rules import Rule
from recommender.slate.sampling import Walk

TEAMS = ("A", "B")
NOBODY = ""  # a pin stands where it stands, whoever picks


@dataclass(frozen=True, eq=False)
class Side:
    """A policy, and what it draws from. Both sides must obey the same pins."""

    candidates: SlateCandidates
    knobs: Knobs
    rules: Sequence[Rule] = ()
    profile: Mapping[str, float] | None = None


@dataclass(frozen=True)
class Pick:
    """An item in its position. `team`: who picked it, A, B or NOBODY for a pin; `index`: into the candidates of the
    team, of a pin into those of A. `propensity`: of this item here, given the items before it. `explored`: its own team
    holds another for better here."""

    team: str
    index: int
    item_id: str
    propensity: float
    explored: bool


def interleave(
    a: Side, b: Side, n: int = 8, *, rng: np.random.Generator, now: datetime | None = None
) -> tuple[Pick, ...]:
    """Up to n items. Where one side has nothing left the other goes on alone."""
    if n < 0:
        raise InputError("n: must not be negative")
    moment = now or datetime.now(UTC)
    sides = {"A": _Walking(a, n, moment, with_pins=True), "B": _Walking(b, n, moment, with_pins=False)}
    return tuple(_Draft(sides, sides["A"].pins, rng).run(n))


class _Turns(Walk):
    """A walk that two go together: what comes next may be the other's choice."""

    @property
    def has_more(self) -> bool:
        """Whether anything may be chosen still."""
        return bool(self._left > 0)

    def next_place(self, uniform: float) -> tuple[int, bool] | None:
        """(place, explored) of what it would choose next; nothing is chosen yet. None where nothing is left."""
        drawn = self._draw(uniform)
        return None if drawn is None else (drawn[0], drawn[2])

    def chance(self, place: int) -> float:
        """Of one candidate for the next position."""
        return self._chance(place) or 0.0

    def take(self, place: int) -> None:
        """Put a candidate into the slate, whoever chose it."""
        self._choose(place)

    def leave_out(self, places: Sequence[int]) -> None:
        """They stand in no position from here on."""
        for place in places:
            self._left -= self.base_C.item(place) > -np.inf
            self.base_C[place] = -np.inf


class _Walking:
    """A side in the making of the slate; without pins it takes those of the other."""

    def __init__(self, side: Side, n: int, now: datetime, *, with_pins: bool) -> None:
        rules = {place: rule for place, rule in enumerate(side.rules) if rule.is_active(now)}
        self.candidates = side.candidates
        self.walk = _Turns(side.candidates, side.knobs, side.profile, n)
        self.pins = self.walk.apply(
            {place: rule for place, rule in rules.items() if with_pins or rule.kind != "pin"}, n
        )
        self._place_of = {
            side.candidates.item_ids[index]: place for place, index in enumerate(self.walk.order_C.tolist())
        }

    def item_at(self, place: int) -> tuple[int, str]:
        """(index into the candidates, its id)."""
        index = self.walk.order_C.item(place)
        return index, self.candidates.item_ids[index]

    def chance(self, item_id: str) -> float | None:
        """That it would put this item next; None where it has nothing left."""
        if not self.walk.has_more:
            return None
        place = self._place_of.get(item_id)
        return 0.0 if place is None else self.walk.chance(place)

    def take(self, item_id: str, group: str | None) -> None:
        """It stands in the slate now, and with it no other variant of its product may."""
        place = self._place_of.get(item_id)
        if place is not None:
            self.walk.take(place)
        elif group and self.candidates.groups is not None:
            of_group = [index for index, other in enumerate(self.candidates.groups) if other == group]
            self.walk.leave_out([self._place_of[self.candidates.item_ids[index]] for index in of_group])

    def group_of(self, index: int) -> str | None:
        return None if self.candidates.groups is None else self.candidates.groups[index]


class _Draft:
    """The rounds. `_first_was_a`: how likely A picked first in this one, by what stands there."""

    def __init__(self, sides: Mapping[str, _Walking], pins: Mapping[int, int], rng: np.random.Generator) -> None:
        self._sides, self._rng = sides, rng
        self._pins = dict(sorted(pins.items()))
        self._next_team = ""
        self._first_was_a: float | None = None
        for place in self._pins.values():  # A has taken them
            index, item_id = sides["A"].item_at(place)
            sides["B"].take(item_id, sides["A"].group_of(index))

    def run(self, n: int) -> list[Pick]:
        """Pins move up where too few items are left to reach them."""
        picks: list[Pick] = []
        for position in range(1, n + 1):
            pick = None if position in self._pins else self._pick()
            if pick is None and self._pins:
                index, item_id = self._sides["A"].item_at(self._pins.pop(next(iter(self._pins))))
                pick = Pick(NOBODY, index, item_id, 1.0, False)
            if pick is None:
                break
            picks.append(pick)
        return picks

    def _pick(self) -> Pick | None:
        begins = not self._next_team
        team = str(self._rng.choice(TEAMS)) if begins else self._next_team
        if not self._sides[team].walk.has_more:
            team = _other(team)
        side = self._sides[team]
        drawn = side.walk.next_place(float(self._rng.random()))
        if drawn is None:
            return None
        index, item_id = side.item_at(drawn[0])
        propensity = self._propensity(item_id, begins=begins)
        for each in self._sides.values():
            each.take(item_id, side.group_of(index))
        self._next_team = _other(team) if begins else ""
        return Pick(team, index, item_id, propensity, drawn[1])

    def _propensity(self, item_id: str, *, begins: bool) -> float:
        of_a, of_b = self._chances(item_id)
        if begins:
            chance = 0.5 * of_a + 0.5 * of_b
            self._first_was_a = 0.5 * of_a / chance
            return chance
        first_was_a = 0.5 if self._first_was_a is None else self._first_was_a
        return first_was_a * of_b + (1.0 - first_was_a) * of_a

    def _chances(self, item_id: str) -> tuple[float, float]:
        """Of the item when A is on, and when B is: who has nothing left lets the other go."""
        of_a, of_b = (self._sides[team].chance(item_id) for team in TEAMS)
        return (of_b or 0.0) if of_a is None else of_a, (of_a or 0.0) if of_b is None else of_b


def _other(team: str) -> str:
    return TEAMS[1] if team == TEAMS[0] else TEAMS[0]
