"""Why a visitor would see each item of a slate: what would be otherwise if one thing were left out.

Every figure is that of the slate which the real path (candidates, ranker, rules, draw) makes without the thing.
Positions are those of the slate without exploration, because chance is no cause; what exploration changed is told
beside. The policy is the one that the visitor meets now, and so is the product or basket on the page.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Generic, TypeVar

from dashboard.accounts.models import Shop
from dashboard.events.selectors.left_out import Deed
from dashboard.policies.selectors import ServedPolicy
from dashboard.serving.composing import Assigned, Prepared, compose, prepare
from dashboard.serving.fallbacks import CANDIDATES
from dashboard.serving.preview import preview_context
from dashboard.serving.request_context import RequestContext, contexts_without_each
from dashboard.serving.selectors import assignment_as_it_is
from dashboard.serving.types import Slate, SlateItem
from recommender.serving import Candidates
from recommender.serving.sources import without_source
from recommender.serving.together import Asked, candidates_of_many
from recommender.slate import KNOB_NAMES, Knobs, Rule

EXPLORATION = "exploration"
SEEN = 1e-6  # what scores are rounded to: a smaller change is none
Deeds = tuple[Deed, ...]  # oldest first
Cause = TypeVar("Cause")


@dataclass(frozen=True)
class Stand:
    """Where an item stands: `position` in the slate without exploration, None: it is not in it; `rank` by the score
    among all candidates, and the `score` as the API tells it, None: it is no candidate."""

    position: int | None = None
    rank: int | None = None
    score: float | None = None


@dataclass(frozen=True)
class Lineup:
    """Where everything stands in one slate without exploration."""

    positions: Mapping[str, int] = field(default_factory=dict)
    scores: Mapping[str, float] = field(default_factory=dict)

    def of(self, item_id: str) -> Stand:
        score = self.scores.get(item_id)
        rank = None if score is None else 1 + sum(other > score for other in self.scores.values())
        return Stand(self.positions.get(item_id), rank, score)


@dataclass(frozen=True)
class Without(Generic[Cause]):
    """The slate without one thing."""

    cause: Cause
    lineup: Lineup


@dataclass(frozen=True)
class Effect(Generic[Cause]):
    """What leaving a thing out does to one item; `adds`: how much of its score the thing brings."""

    cause: Cause
    without: Stand
    adds: float


@dataclass(frozen=True)
class Factors:
    """What the score of an item is multiplied by: after the times that the visitor left it, and by what is believed of
    its worth."""

    fatigue: float = 1.0
    worth: float = 1.0


@dataclass(frozen=True)
class ItemWhy:
    """An item of the slate, and what changes its score or its position, that first which brings most. `interactions`:
    each by itself; `items`: all that was done with an item together."""

    slot: SlateItem
    stand: Stand
    interactions: list[Effect[Deeds]]
    items: list[Effect[Deeds]]
    sources: list[Effect[str]]
    knobs: list[Effect[str]]
    rules: list[Effect[Rule]]
    factors: Factors


@dataclass(frozen=True)
class Why:
    """The slate that a visitor would see now, and the slates without each thing."""

    slate: Slate
    context: RequestContext
    assigned: Assigned
    whole: Lineup = field(default_factory=Lineup)
    interactions: Sequence[Without[Deeds]] = ()
    items: Sequence[Without[Deeds]] = ()
    sources: Sequence[Without[str]] = ()
    knobs: Sequence[Without[str]] = ()
    rules: Sequence[Without[Rule]] = ()
    factors: Mapping[str, Factors] = field(default_factory=dict)

    @property
    def of_items(self) -> list[ItemWhy]:
        return [self._of(slot) for slot in self.slate.items]

    def _of(self, slot: SlateItem) -> ItemWhy:
        item_id, stand = slot.item_id, self.whole.of(slot.item_id)
        return ItemWhy(
            slot,
            stand,
            interactions=_effects(self.interactions, item_id, stand),
            items=_effects(self.items, item_id, stand),
            sources=_effects(self.sources, item_id, stand),
            knobs=_effects(self.knobs, item_id, stand),
            rules=_effects(self.rules, item_id, stand),
            factors=self.factors.get(item_id, Factors()),
        )


def why_of(shop: Shop, slug: str, visitor_id: str, *, draw: int, n: int | None = None) -> Why:
    """Of the slate that `draw` gives at a placement now. Nothing is logged and nobody is assigned.

    Raises `NotFound` for a placement that the shop does not have. For 50 interactions it makes some 80 slates.
    """
    assigned = assignment_as_it_is(shop, slug, visitor_id)
    context = preview_context(shop, slug, visitor_id)
    context = _asked(replace(context, request=replace(context.request, seed=draw, n=n)))
    slate = compose(context, assigned)
    if assigned.withheld or not slate.items:
        return Why(slate, context, assigned)
    size = n or assigned.placement.slate_size
    policy = _with_knob_off(assigned.policy, EXPLORATION)
    prepared = prepare(context, policy, size)
    interactions, items = _without_deeds(context, policy, size)
    return Why(
        slate,
        context,
        assigned,
        _lineup(prepared, size),
        interactions,
        items,
        sources=_without_sources(context, policy, size),
        knobs=_without_knobs(context, policy, size),
        rules=_without_rules(context, policy, size),
        factors=_factors(prepared),
    )


def _asked(context: RequestContext) -> RequestContext:
    """With what the model answers: it is asked once for all slates that differ in the policy alone."""
    if context.model is None or not context.is_known_to_model:
        return context
    looked_at = context.request.context_items
    found = context.model.recommender.candidates(context.history, CANDIDATES, looked_at, context.hidden)
    return replace(context, proposed=found)


def _lineup(prepared: Prepared, n: int) -> Lineup:
    item_ids, scores = prepared.candidates.item_ids, prepared.pool.scores
    chosen = [item_ids[index] for index in prepared.draw(n, 0).indices.tolist()]
    return Lineup(
        {item_id: position for position, item_id in enumerate(chosen, start=1)},
        {item_id: round(score, 6) for item_id, score in zip(item_ids, scores, strict=True)},
    )


def _without_deeds(
    context: RequestContext, policy: ServedPolicy, n: int
) -> tuple[list[Without[Deeds]], list[Without[Deeds]]]:
    """Each interaction by itself, and all of each item. All histories are ranked together: a third of the time."""
    left_out = contexts_without_each(context)
    proposed = _proposed([moment for _, moment in left_out])
    without = [
        Without(deeds, _lineup(prepare(replace(moment, proposed=found), policy, n), n))
        for (deeds, moment), found in zip(left_out, proposed, strict=True)
    ]
    alone = [one for one in without if len(one.cause) == 1]
    together = {one.cause[0].item_id: one for one in without}  # those of several rows come last
    return alone, list(together.values())


def _proposed(contexts: Sequence[RequestContext]) -> Sequence[Candidates | None]:
    if not contexts or contexts[0].model is None:
        return [None] * len(contexts)
    asked = [Asked(one.history, one.request.context_items, one.hidden) for one in contexts]
    return candidates_of_many(contexts[0].model.recommender, asked, CANDIDATES)


def _without_sources(context: RequestContext, policy: ServedPolicy, n: int) -> list[Without[str]]:
    """Of each model that the blend hears; none where no model answers."""
    if context.model is None or not context.is_known_to_model:
        return []
    model = context.model
    without = {source: without_source(model.recommender, source) for source in model.recommender.heard}
    moments = {
        source: replace(context, model=replace(model, recommender=rest), proposed=None)
        for source, rest in without.items()
    }
    return [Without(source, _lineup(prepare(moment, policy, n), n)) for source, moment in moments.items()]


def _without_knobs(context: RequestContext, policy: ServedPolicy, n: int) -> list[Without[str]]:
    """Of each knob that is turned; exploration is off already."""
    off = Knobs()
    turned = [name for name in KNOB_NAMES if getattr(policy.knobs, name) != getattr(off, name)]
    return [Without(name, _lineup(prepare(context, _with_knob_off(policy, name), n), n)) for name in turned]


def _with_knob_off(policy: ServedPolicy, name: str) -> ServedPolicy:
    return replace(policy, knobs=replace(policy.knobs, **{name: getattr(Knobs(), name)}))


def _without_rules(context: RequestContext, policy: ServedPolicy, n: int) -> list[Without[Rule]]:
    """Of each that acts now."""
    acting = [rule for rule in policy.rules if rule.is_active(context.now)]
    return [Without(rule, _lineup(prepare(context, _without_rule(policy, rule), n), n)) for rule in acting]


def _without_rule(policy: ServedPolicy, rule: Rule) -> ServedPolicy:
    return replace(policy, rules=tuple(other for other in policy.rules if other is not rule))


def _factors(prepared: Prepared) -> dict[str, Factors]:
    """Of the items that have any; fatigue as the knob lets it act."""
    candidates, knob = prepared.candidates, prepared.policy.knobs.fatigue
    nothing = [1.0] * len(candidates)
    tired = nothing if candidates.fatigue is None else [float(left) ** knob for left in candidates.fatigue]
    worths = nothing if candidates.worths is None else [float(worth) for worth in candidates.worths]
    rows = zip(candidates.item_ids, tired, worths, strict=True)
    return {item_id: Factors(fatigue, worth) for item_id, fatigue, worth in rows if (fatigue, worth) != (1.0, 1.0)}


def _effects(without: Sequence[Without[Cause]], item_id: str, stand: Stand) -> list[Effect[Cause]]:
    found = [_effect(one.cause, one.lineup.of(item_id), stand) for one in without]
    changing = [one for one in found if abs(one.adds) > SEEN or one.without.position != stand.position]
    return sorted(changing, key=lambda one: -one.adds)


def _effect(cause: Cause, without: Stand, stand: Stand) -> Effect[Cause]:
    return Effect(cause, without, (stand.score or 0.0) - (without.score or 0.0))
