"""The slates of a day: which of their slots were tried, and what exploring cost against the slates without it."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

import numpy as np

from dashboard.accounts.models import Shop
from dashboard.events.selectors import LoggedSlate, Outcome, SlateHead, slate_outcomes, slates_by_ids, slates_of_people
from dashboard.events.selectors.exposures import Terms, logged_terms
from dashboard.experiments.models import Experiment
from dashboard.serving.estimates.judged import as_it_served
from dashboard.serving.estimates.prepared import PreparedSlates, prepare
from recommender.off_policy import PlaceLog
from recommender.slate.batch_walk import greedy_slates

MOST_SLATES = 50_000  # of a day and placement, the latest; 0.2 ms each, and what reading them takes
MOST_OF_VARIANT = 4_000
_CHUNK = 2_000


@dataclass(frozen=True)
class Slot:
    """A place of a slate, whether its item was tried, and what it brought."""

    item_id: str
    is_tried: bool
    is_clicked: bool
    money: float


@dataclass(frozen=True)
class Slate:
    """A slate of a day. `unit`: the visitor, else the session."""

    unit: str
    served_at: datetime
    slots: Sequence[Slot]


@dataclass(frozen=True, eq=False)
class DaySlates:
    """All slates of a placement and day. `exploring`: how many could have been others; of these `untold`, of which the
    log does not say what would have been shown; `parts`: the others, beside their slates without exploration;
    `mismatched`: how many have other propensities than their policy gives."""

    slates: Sequence[Slate]
    exploring: int
    untold: int
    mismatched: int
    parts: Sequence["Compared"]


def slates_of_day(shop: Shop, placement: str, *, since: datetime, until: datetime, simulated: bool) -> DaySlates:
    """What people, or simulated shoppers, were shown between two moments, both included."""
    heads = slates_of_people(shop.pk, placement, since=since, until=until, simulated=simulated, limit=MOST_SLATES)
    return _read(shop, placement, heads, since, until)


def slates_of_variant(experiment: Experiment, variant: str, *, until: datetime, simulated: bool) -> DaySlates:
    """The newest that people, or simulated shoppers, were shown with a variant: MOST_OF_VARIANT, about a second."""
    shop, placement = experiment.shop, experiment.placement.slug
    heads = slates_of_people(
        shop.pk,
        placement,
        since=experiment.started_at or until,
        until=until,
        simulated=simulated,
        limit=MOST_OF_VARIANT,
        experiment_id=experiment.pk,
        variant=variant,
    )
    since = heads[-1].served_at if heads else until
    return _read(shop, placement, heads, since, until)


def _read(shop: Shop, placement: str, heads: Sequence[SlateHead], since: datetime, until: datetime) -> DaySlates:
    outcomes = slate_outcomes(shop, placement, since=since, until=until) if heads else []
    reading = _Reading(logged_terms(shop.pk), {head.recommendation_id: head for head in heads}, outcomes)
    for start in range(0, len(heads), _CHUNK):
        ids = [head.recommendation_id for head in heads[start : start + _CHUNK]]
        reading.read(slates_by_ids(shop.pk, ids, since=since, until=until))
    return DaySlates(reading.slates, reading.exploring, reading.untold, reading.mismatched, reading.parts)


@dataclass(frozen=True, eq=False)
class Compared:
    """N slates of K places each beside those that their policy makes without exploration. money_NK: in the shop's
    currency, beside clicks_NK; the others as in `PlaceLog`."""

    units: Sequence[str]
    clicks_NK: np.ndarray
    money_NK: np.ndarray
    logged_NK: np.ndarray
    is_same_NK: np.ndarray
    is_left_NK: np.ndarray
    score_NK: np.ndarray
    other_score_NK: np.ndarray


def place_log(parts: Sequence[Compared], metric: Literal["clicks_NK", "money_NK"]) -> PlaceLog:
    """Of all parts together, in their order; there must be two slates."""
    units = [unit for part in parts for unit in part.units]
    return PlaceLog(
        reward_NK=_padded([getattr(part, metric) for part in parts], np.nan),
        logged_NK=_padded([part.logged_NK for part in parts], 1.0),
        is_same_NK=_padded([part.is_same_NK for part in parts], False),
        is_left_NK=_padded([part.is_left_NK for part in parts], False),
        score_NK=_padded([part.score_NK for part in parts], np.nan),
        other_score_NK=_padded([part.other_score_NK for part in parts], 0.0),
        unit_N=np.unique(units, return_inverse=True)[1],
    )


def _padded(parts: Sequence[np.ndarray], beyond: float) -> np.ndarray:
    places = max(part.shape[1] for part in parts)
    return np.concatenate(
        [np.pad(part, ((0, 0), (0, places - part.shape[1])), constant_values=beyond) for part in parts]
    )


class _Reading:
    def __init__(
        self, terms: Mapping[str, Terms], heads: Mapping[UUID, SlateHead], outcomes: Iterable[Outcome]
    ) -> None:
        self._terms, self._heads = terms, heads
        self._brought = {(outcome.recommendation_id, outcome.position): outcome.revenue for outcome in outcomes}
        self.slates: list[Slate] = []
        self.parts: list[Compared] = []
        self.exploring = self.untold = self.mismatched = 0

    def read(self, logged: Sequence[LoggedSlate]) -> None:
        """Of those without exploration nothing was tried; of the others, what is not in the slate without it."""
        could_differ = [slate for slate in logged if self._explores(slate)]
        known = [slate for slate in could_differ if slate.policy_hash in self._terms]
        tried: dict[UUID, Sequence[bool]] = {}
        for prepared in prepare(known, self._terms)[0]:
            tried |= self._judged(prepared, {slate.recommendation_id: slate for slate in known})
        self.exploring += len(could_differ)
        self.untold += len(could_differ) - len(tried)
        for slate in logged:
            flags = tried.get(slate.recommendation_id) or [bool(item.get("explore")) for item in slate.items]
            self.slates.append(self._slate(slate, flags))

    def _explores(self, slate: LoggedSlate) -> bool:
        then = self._terms.get(slate.policy_hash)
        return then.knobs.exploration > 0 if then else any(item.get("explore") for item in slate.items)

    def _judged(self, prepared: PreparedSlates, logged: Mapping[UUID, LoggedSlate]) -> dict[UUID, Sequence[bool]]:
        """{slate: which of its slots were tried}, of those whose policy gives what the log says."""
        then, batch = self._terms[prepared.policy_hash], prepared.batch
        greedy_NK = greedy_slates(batch, then.knobs, as_it_served(batch, then))
        is_usual_NK = (batch.shown_NK[:, :, None] == greedy_NK[:, None, :]).any(axis=2)
        self.mismatched += int(np.count_nonzero(~prepared.same_N))
        kept = np.flatnonzero(prepared.same_N)
        if len(kept):
            self.parts.append(self._compared(prepared.part(kept), greedy_NK[kept]))
        return {
            slate: [bool(item.get("explore")) and not usual for item, usual in _zipped(logged[slate], is_usual_NK[row])]
            for row, slate in enumerate(prepared.ids)
            if prepared.same_N[row]
        }

    def _compared(self, prepared: PreparedSlates, greedy_NK: np.ndarray) -> Compared:
        batch, places = prepared.batch, greedy_NK.shape[1]
        keys = [[(slate, place) for place in range(1, places + 1)] for slate in prepared.ids]
        money_NK = np.array([[self._brought.get(key, np.nan) for key in row] for row in keys])
        is_at_NKP = greedy_NK[:, :, None] == batch.shown_NK[:, None, :]
        is_above_KP = np.arange(places)[None, :] < np.arange(places)[:, None]
        scores_NK = np.take_along_axis(batch.scores_NC, np.maximum(greedy_NK, 0), axis=1)
        return Compared(
            units=[self._heads[slate].unit for slate in prepared.ids],
            clicks_NK=(~np.isnan(money_NK)).astype(float),
            money_NK=np.nan_to_num(money_NK),
            logged_NK=np.minimum(prepared.logged_NK, 1.0),
            is_same_NK=greedy_NK == batch.shown_NK,
            is_left_NK=~(is_at_NKP & is_above_KP).any(axis=2),
            score_NK=np.take_along_axis(batch.scores_NC, batch.shown_NK, axis=1),
            other_score_NK=np.where(greedy_NK >= 0, scores_NK, 0.0),
        )

    def _slate(self, slate: LoggedSlate, flags: Sequence[bool]) -> Slate:
        head = self._heads[slate.recommendation_id]
        slots = []
        for place, (item, is_tried) in enumerate(zip(slate.items, flags, strict=True), start=1):
            money = self._brought.get((slate.recommendation_id, place))
            slots.append(Slot(item["item_id"], is_tried, money is not None, money or 0.0))
        return Slate(head.unit, head.served_at, slots)


def _zipped(slate: LoggedSlate, is_usual_K: np.ndarray) -> Iterator[tuple[dict[str, object], bool]]:
    return zip(slate.items, is_usual_K.tolist(), strict=True)
