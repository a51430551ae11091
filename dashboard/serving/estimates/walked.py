"""Logged slates of a placement under a policy that did not serve them: the figures that estimates are made of."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

import numpy as np

from dashboard.accounts.models import Shop
from dashboard.events.selectors import SlateHead
from dashboard.events.selectors.exposures import Terms
from dashboard.policies.selectors import ServedPolicy
from dashboard.serving.estimates.judged import CatalogOfToday, as_it_would_serve
from dashboard.serving.estimates.prepared import PreparedSlates
from recommender.slate.batch import SlateBatch
from recommender.slate.batch_walk import Walked, walk

# Why a slate cannot be judged, beside a record that cannot be read: it was served greedily; its policy is not kept; its
# visitor is of an audience that the policy does not know; its propensities are not those of its policy; the log does
# not say what the judged policy would read.
NO_EXPLORATION, UNKNOWN, OTHER_AUDIENCE = "no_exploration", "unknown_policy", "other_audience"
OTHER_FATIGUE = "other_fatigue"  # fatigue counted otherwise then: what it took from the others is not in the log
MISMATCH, OPEN = "mismatch", "open"


@dataclass(frozen=True)
class Judged:
    """A policy to judge, and what each audience with an override would be served with."""

    policy: ServedPolicy

    def of(self, audience_id: int | None) -> ServedPolicy | None:
        """None for an audience that the policy does not know."""
        if audience_id is None:
            return self.policy
        found = (entry.policy for entry in self.policy.overrides if entry.audience_id == audience_id)
        return next(found, None)


@dataclass(frozen=True, eq=False)
class JudgedSlates:
    """Slates of as many places each. Chances of what was shown (N, K): by the policy that served, by the one to judge,
    by the published one; scores of what was shown, and expected of the judged; candidates left. `odds_NKC`: of all
    candidates by the judged, with their scores and the place of what was shown, where they were asked for."""

    ids: list[UUID]
    units: list[str]
    floor_N: np.ndarray
    is_published_N: np.ndarray
    logged_NK: np.ndarray
    judged_NK: np.ndarray
    published_NK: np.ndarray
    score_NK: np.ndarray
    expected_NK: np.ndarray
    left_NK: np.ndarray
    odds_NKC: np.ndarray | None
    scores_NC: np.ndarray
    shown_NK: np.ndarray


class Walker:
    """Walks prepared slates of a shop under `judged`, beside `published`."""

    def __init__(
        self, shop: Shop, terms: Mapping[str, Terms], judged: ServedPolicy, published: ServedPolicy, *, with_odds: bool
    ) -> None:
        self._terms, self._catalog = terms, CatalogOfToday(shop)
        self._judged, self._published = Judged(judged), Judged(published)
        self._with_odds = with_odds
        self.left_out: Counter[str] = Counter()  # {why: how many slates could not be judged}

    def explores(self, head: SlateHead) -> bool:
        """Whether other slates could have been served; where not, or where nobody knows, why is counted."""
        then = self._terms.get(head.policy_hash)
        if then is not None and then.knobs.exploration:
            return True
        self.left_out[UNKNOWN if then is None else NO_EXPLORATION] += 1
        return False

    def knows(self, head: SlateHead) -> bool:
        """Whether it is known what the visitor would be served with; where not it is counted.

        Where overrides are published, who meets which is known of the slates of this version alone.
        """
        published, audience_id = self._published.policy, head.audience_id
        known = audience_id is None
        if published.overrides:
            of_audience = self._published.of(audience_id), self._judged.of(audience_id)
            known = head.policy_version == published.version and None not in of_audience
        self.left_out[OTHER_AUDIENCE] += not known
        return known and self._tires_alike(head)

    def _tires_alike(self, head: SlateHead) -> bool:
        judged = self._judged.of(head.audience_id) or self._judged.policy
        alike = self._terms[head.policy_hash].knobs.fatigue == judged.knobs.fatigue
        self.left_out[OTHER_FATIGUE] += not alike
        return alike

    def walk(self, slates: PreparedSlates, heads: Mapping[UUID, SlateHead]) -> JudgedSlates:
        """Those of which everything is told; the others are counted. All are of visitors that it `knows`."""
        then, batch = self._terms[slates.policy_hash], slates.batch
        policy = self._judged.of(slates.audience_id) or self._judged.policy
        published = self._published.of(slates.audience_id) or self._published.policy
        own = [heads[slate] for slate in slates.ids]
        served_at_N = np.array([head.served_at.timestamp() for head in own])
        under = self._under(batch, served_at_N, policy, then, with_odds=self._with_odds)
        published_NK, told_N = slates.logged_NK, under.told_N
        is_published = published.digest == slates.policy_hash
        if not is_published:
            today = self._under(batch, served_at_N, published, then)
            published_NK, told_N = today.chances_NK, told_N & today.told_N
        self.left_out[MISMATCH] += int(np.count_nonzero(~slates.same_N))
        self.left_out[OPEN] += int(np.count_nonzero(slates.same_N & ~told_N))
        kept = np.flatnonzero(slates.same_N & told_N)
        return JudgedSlates(
            ids=[slates.ids[row] for row in kept],
            units=[own[row].unit for row in kept],
            floor_N=np.full(len(kept), then.knobs.explore_floor),
            is_published_N=np.full(len(kept), is_published),
            logged_NK=slates.logged_NK[kept],
            judged_NK=under.chances_NK[kept],
            published_NK=published_NK[kept],
            score_NK=np.take_along_axis(batch.scores_NC, batch.shown_NK, axis=1)[kept],
            expected_NK=under.expected_NK[kept],
            left_NK=slates.left_NK[kept],
            odds_NKC=None if under.odds_NKC is None else under.odds_NKC[kept],
            scores_NC=batch.scores_NC[kept] if self._with_odds else batch.scores_NC[:0],
            shown_NK=batch.shown_NK[kept],
        )

    def _under(
        self, batch: SlateBatch, served_at_N: np.ndarray, policy: ServedPolicy, then: Terms, *, with_odds: bool = False
    ) -> Walked:
        seen, rules = as_it_would_serve(batch, served_at_N, policy, then, self._catalog)
        return walk(seen, policy.knobs, rules, with_odds=with_odds)
