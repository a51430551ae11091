"""The slates that speak to a policy: those of people, at most a month old, with what they brought."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import numpy as np

from dashboard.accounts.models import Shop
from dashboard.core import clock
from dashboard.events.selectors import SlateHead, only_simulated, slate_outcomes, slates_of_people
from dashboard.events.selectors.exposures import logged_terms
from dashboard.policies.selectors import PublishedPolicy, ServedPolicy
from dashboard.serving.estimates.prepared import PreparedSlates
from dashboard.serving.estimates.shelf import Shelf
from dashboard.serving.estimates.tables import Tables, tables_of
from dashboard.serving.estimates.walked import JudgedSlates, Walker
from recommender.off_policy import judge_slates

MOST_SLATES = 50_000
WINDOW_DAYS = 30


@dataclass(frozen=True, eq=False)
class JudgedLog:
    """The newest slates under a policy, when the oldest of them was served, and what was left out: {why: slates}.
    `waiting`: further slates, which are not made ready to be read yet.

    `parts`: the same slates in the same order as they were walked, where they were asked for.
    """

    tables: Tables
    since: datetime | None
    simulated: bool
    left_out: Mapping[str, int]
    parts: Sequence[JudgedSlates]
    waiting: int = 0


def read_log(
    shop: Shop,
    placement: PublishedPolicy,
    judged: ServedPolicy,
    *,
    limit: int = MOST_SLATES,
    at_once: int | None = None,
    with_odds: bool = False,
) -> JudgedLog:
    """Slates of real visitors, of simulated ones while no real one has seen any. `at_once`: of those that are not made
    ready yet only so many are."""
    now = clock.now()
    since = now - timedelta(days=WINDOW_DAYS)
    simulated = only_simulated(shop.pk, placement.slug, since=since)
    terms = logged_terms(shop.pk)
    walker = Walker(shop, terms, judged, placement.policy, with_odds=with_odds)
    heads = slates_of_people(shop.pk, placement.slug, since=since, until=now, simulated=simulated, limit=limit)
    explored = [head for head in heads if walker.explores(head)]
    known = {head.recommendation_id: head for head in explored if walker.knows(head)}
    shelf = Shelf(shop, placement.slug, at_once)
    found = (_of_known(slates, known) for slates in shelf.prepared(explored, terms))
    parts = [walker.walk(slates, known) for slates in found if slates.ids]
    read = [head for head in explored if head.recommendation_id not in shelf.unread]
    oldest = read[-1].served_at if read else None
    outcomes = slate_outcomes(shop, placement.slug, since=oldest, until=now) if oldest else []
    tables = _that_speak_of_today(tables_of(parts, outcomes))
    left_out = +(walker.left_out + Counter(shelf.refused.values()))
    return JudgedLog(tables, oldest, simulated, {**left_out}, parts if with_odds else (), len(shelf.unread))


def _of_known(slates: PreparedSlates, known: Mapping[UUID, SlateHead]) -> PreparedSlates:
    kept = [row for row, slate in enumerate(slates.ids) if slate in known]
    return slates if len(kept) == len(slates.ids) else slates.part(np.array(kept, int))


def _that_speak_of_today(tables: Tables) -> Tables:
    """All, where together they can tell what is published; else those alone that it served."""
    if len(tables) < 2 or tables.is_published_N.all() or judge_slates(tables.today("clicks")).reason != "not_covered":
        return tables
    return tables.of(np.flatnonzero(tables.is_published_N))
