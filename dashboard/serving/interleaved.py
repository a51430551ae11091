"""A slate that two policies make together, with the team of each item in its log."""

from collections.abc import Sequence

import numpy as np

from dashboard.core import ids
from dashboard.policies.selectors import ServedPolicy
from dashboard.serving.composing import Assigned, Prepared, explained, prepare, seed_of
from dashboard.serving.fallbacks import MODEL
from dashboard.serving.reasons import Place, reasons_for
from dashboard.serving.request_context import RequestContext
from dashboard.serving.types import Slate, SlateItem
from recommender.slate.interleaving import NOBODY, Pick, Side, interleave
from recommender.slate.terms import MAX_SCALE


def compose_together(context: RequestContext, assigned: Assigned, rival: ServedPolicy) -> Slate:
    """Draw the slate of a context by two policies in turns.

    It keeps no record that a policy could be judged by, and is left out wherever slates are drawn again: two policies
    chose, and neither would have made it alone. What stands in its log is exact: teams and propensities.
    """
    n, seed = context.request.n or assigned.placement.slate_size, seed_of(context.request)
    sides = {"A": prepare(context, assigned.policy, n), "B": prepare(context, rival, n)}
    picks = interleave(_side(sides["A"]), _side(sides["B"]), n, rng=np.random.default_rng(seed), now=context.now)
    fallback = sides["A"].fallback or sides["B"].fallback
    answered_by_model = fallback == MODEL and context.model is not None and bool(picks)
    return Slate(
        recommendation_id=ids.time_ordered_uuid(),
        placement=assigned.placement.slug,
        policy=assigned.policy,
        artifact_id=context.model.artifact_id if answered_by_model and context.model else None,
        experiment_id=assigned.experiment_id,
        variant=assigned.variant,
        audience_id=assigned.audience_id,
        fallback=fallback,
        items=_items(context, sides, picks),
        temperature=max(_temperature(assigned.policy), _temperature(rival)),
        seed=seed,
        candidates=max(len(side.candidates) for side in sides.values()),
        record=None,
    )


def _side(prepared: Prepared) -> Side:
    policy = prepared.policy
    return Side(prepared.candidates, policy.knobs, policy.rules, prepared.profile)


def _temperature(policy: ServedPolicy) -> float:
    return float(MAX_SCALE * np.sqrt(policy.knobs.exploration))


def _items(context: RequestContext, sides: dict[str, Prepared], picks: Sequence[Pick]) -> tuple[SlateItem, ...]:
    pools = [sides[pick.team or "A"].pool for pick in picks]
    places = [
        Place(pick.item_id, pool.sources[pick.index], pick.explored, pick.team == NOBODY)
        for pick, pool in zip(picks, pools, strict=True)
    ]
    rows = zip(picks, pools, places, reasons_for(context, places), strict=True)
    items = tuple(
        SlateItem(
            item_id=pick.item_id,
            position=position,
            score=round(pool.scores[pick.index], 6),
            source=place.source,
            reason=reason,
            propensity=pick.propensity,
            explore=pick.explored,
            title=pool.items[pick.item_id].title,
            because_of=because_of,
            left=len(context.left.get(pick.item_id, ())),
            team=pick.team,
        )
        for position, (pick, pool, place, (reason, because_of)) in enumerate(rows, start=1)
    )
    return explained(context, items) if context.request.explain else items
