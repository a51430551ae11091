"""One slate: candidates, the sampling step, and the words for it. Nothing is written here."""

import secrets
from dataclasses import dataclass, replace

import numpy as np

from dashboard.core import ids
from dashboard.policies.selectors import PublishedPolicy, ServedPolicy
from dashboard.serving import shop_stats
from dashboard.serving.fallbacks import MODEL, gather
from dashboard.serving.pool import Pool, ages_days
from dashboard.serving.reasons import Place, reasons_for, sentence
from dashboard.serving.request_context import RequestContext
from dashboard.serving.types import Slate, SlateItem
from recommender import slate as library
from recommender.slate.logged import record_of
from recommender.slate.record import SlateRecord

SEED_BITS = 63
# What a visitor's own mix of categories is made of: a purchase says more about it than a look.
_MIX_WEIGHTS = {"purchase": 5.0, "add_to_cart": 3.0, "add_to_wishlist": 3.0}


@dataclass(frozen=True)
class Assigned:
    """The policy that makes the slate, and the experiment that chose it, if one did."""

    placement: PublishedPolicy
    policy: ServedPolicy
    experiment_id: int | None = None
    variant: str = ""
    audience_id: int | None = None  # whose override the visitor meets


@dataclass(frozen=True)
class Prepared:
    """Candidates of one request context under one policy, ready to be drawn from, any number of times."""

    context: RequestContext
    policy: ServedPolicy
    pool: Pool
    fallback: str
    candidates: library.SlateCandidates
    profile: dict[str, float] | None

    def draw(self, n: int, seed: int) -> library.Slate:
        return library.make_slate(
            self.candidates,
            self.policy.knobs,
            n,
            rules=self.policy.rules,
            profile=self.profile,
            rng=np.random.default_rng(seed),
            now=self.context.now,
        )

    def record(self, n: int, drawn: library.Slate) -> SlateRecord:
        """What the log keeps of a draw."""
        numbers = [item.number for item in self.pool.items.values()]
        return record_of(self.candidates, numbers, self.policy.knobs, self.profile, n, drawn)

    def for_another(self, context: RequestContext) -> "Prepared":
        """The same candidates for somebody of whom the same is known, at another moment: items are older by then."""
        candidates = replace(self.candidates, age_days=ages_days([*self.pool.items.values()], context.now))
        return replace(self, context=context, candidates=candidates)


def prepare(context: RequestContext, policy: ServedPolicy, n: int) -> Prepared:
    """Gather the candidates. Costs the queries of the fallbacks; a draw afterwards costs none."""
    pool, fallback = gather(context, policy, n)
    impressions = shop_stats.impression_counts(context.shop_id) if policy.knobs.exploration else {}
    profile = category_mix(context)
    asks_for_attributes = bool(policy.rules) or policy.knobs.fairness > 0
    candidates = pool.as_slate_candidates(impressions, with_attributes=asks_for_attributes)
    return Prepared(context, policy, pool, fallback, candidates, profile)


def category_mix(context: RequestContext) -> dict[str, float] | None:
    """The visitor's own mix of categories, shares of one; None without a history."""
    labels = context.item_cache.labels({event.item_id for event in context.history})
    mix: dict[str, float] = {}
    for item_id, kind, _ in context.history:
        if item_id in labels and (category := labels[item_id].category):
            mix[category] = mix.get(category, 0.0) + _MIX_WEIGHTS.get(kind, 1.0)
    total = sum(mix.values())
    return {category: weight / total for category, weight in mix.items()} if total else None


def compose(context: RequestContext, assigned: Assigned) -> Slate:
    """Draw the slate of a context under its policy."""
    n = context.request.n or assigned.placement.slate_size
    return compose_of(prepare(context, assigned.policy, n), assigned, n)


def compose_of(prepared: Prepared, assigned: Assigned, n: int) -> Slate:
    """Draw the slate of what is prepared."""
    context, request = prepared.context, prepared.context.request
    seed = secrets.randbits(SEED_BITS) if request.seed is None else request.seed
    drawn = prepared.draw(n, seed)
    answered_by_model = prepared.fallback == MODEL and context.model is not None and len(prepared.pool) > 0
    return Slate(
        recommendation_id=ids.time_ordered_uuid(),
        placement=assigned.placement.slug,
        policy=assigned.policy,
        artifact_id=context.model.artifact_id if answered_by_model and context.model else None,
        experiment_id=assigned.experiment_id,
        variant=assigned.variant,
        audience_id=assigned.audience_id,
        fallback=prepared.fallback,
        items=_explained(context, slate_items(prepared, drawn)) if request.explain else slate_items(prepared, drawn),
        temperature=drawn.temperature,
        seed=seed,
        candidates=len(prepared.candidates),
        record=prepared.record(n, drawn).encode(),
    )


def slate_items(prepared: Prepared, drawn: library.Slate) -> tuple[SlateItem, ...]:
    """The drawn indices as items with their reasons."""
    pool, chosen = prepared.pool, drawn.indices.tolist()
    item_ids = [prepared.candidates.item_ids[index] for index in chosen]
    sources = [pool.sources[index] for index in chosen]
    explored, pinned = drawn.explored.tolist(), np.isnan(drawn.adjusted_scores).tolist()
    reasons = reasons_for(prepared.context, list(map(Place, item_ids, sources, explored, pinned)))
    return tuple(
        SlateItem(
            item_id=item_id,
            position=position,
            score=round(pool.scores[index], 6),
            source=source,
            reason=reason,
            propensity=propensity,
            explore=is_explored,
            title=pool.items[item_id].title,
            because_of=because_of,
        )
        for position, (index, item_id, source, (reason, because_of), propensity, is_explored) in enumerate(
            zip(chosen, item_ids, sources, reasons, drawn.propensities.tolist(), explored, strict=True), start=1
        )
    )


def _explained(context: RequestContext, items: tuple[SlateItem, ...]) -> tuple[SlateItem, ...]:
    labels = context.item_cache.labels({item.because_of for item in items if item.because_of})
    titles = {item_id: label.title or item_id for item_id, label in labels.items()}
    return tuple(item._replace(explanation=sentence(item.reason, titles.get(item.because_of, ""))) for item in items)
