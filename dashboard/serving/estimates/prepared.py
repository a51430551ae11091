"""Logged slates made ready to be judged: records side by side, and whether the log tells the truth of them."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from uuid import UUID

import numpy as np

from dashboard.events.selectors.exposures import LoggedSlate, Terms
from dashboard.serving.estimates.judged import as_it_served
from recommender.slate.batch import SlateBatch
from recommender.slate.batch_read import batches_of_bytes
from recommender.slate.batch_walk import walk

SAME_CHANCE = 1e-9
OLDER, DAMAGED = "older_schema", "damaged"  # why a record cannot be read


@dataclass(frozen=True, eq=False)
class PreparedSlates:
    """Slates of one policy and audience. logged_NK: propensities; same_N: whether their policy really gives them;
    left_NK: how many candidates each place was drawn from."""

    policy_hash: str
    audience_id: int | None
    ids: list[UUID]
    batch: SlateBatch
    logged_NK: np.ndarray
    same_N: np.ndarray
    left_NK: np.ndarray

    def part(self, kept: np.ndarray) -> "PreparedSlates":
        """Some of the slates."""
        return replace(
            self,
            ids=[self.ids[row] for row in kept],
            batch=self.batch.part(kept),
            logged_NK=self.logged_NK[kept],
            same_N=self.same_N[kept],
            left_NK=self.left_NK[kept],
        )


def prepare(slates: Sequence[LoggedSlate], terms: Mapping[str, Terms]) -> tuple[list[PreparedSlates], dict[UUID, str]]:
    """`terms`: those of every policy among them. Of those that cannot be read the second says why."""
    alike: dict[tuple[str, int | None], list[tuple[int, bytes]]] = defaultdict(list)
    found: list[PreparedSlates] = []
    refused: dict[UUID, str] = {}
    for number, slate in enumerate(slates):
        if slate.record is None:
            refused[slate.recommendation_id] = OLDER
        else:
            alike[slate.policy_hash, slate.audience_id].append((number, slate.record))
    for (policy_hash, _audience), raws in alike.items():
        batches, problems = batches_of_bytes(raws)
        found += [_prepared([slates[row] for row in batch.rows_N], batch, terms[policy_hash]) for batch in batches]
        refused |= {
            slates[number].recommendation_id: OLDER if "schema" in str(problem) else DAMAGED
            for number, problem in problems.items()
        }
    return found, refused


def _prepared(slates: Sequence[LoggedSlate], batch: SlateBatch, then: Terms) -> PreparedSlates:
    logged_NK = _propensities(slates, batch)
    walked = walk(batch, then.knobs, as_it_served(batch, then))
    return PreparedSlates(
        policy_hash=slates[0].policy_hash,
        audience_id=slates[0].audience_id,
        ids=[slate.recommendation_id for slate in slates],
        batch=batch,
        logged_NK=logged_NK,
        same_N=(np.abs(walked.chances_NK - logged_NK) <= SAME_CHANCE).all(axis=1),
        left_NK=walked.left_NK,
    )


def _propensities(slates: Sequence[LoggedSlate], batch: SlateBatch) -> np.ndarray:
    """As they were told; NaN, which equals nothing, where the log tells of other places than the record."""
    logged_NK = np.full(batch.shown_NK.shape, np.nan)
    for row, slate in enumerate(slates):
        told = [item["propensity"] for item in slate.items]
        if len(told) == batch.shown_NK.shape[-1]:
            logged_NK[row] = told
    return logged_NK
