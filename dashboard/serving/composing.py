"""One slate: candidates, the sampling step, and the words for it. Nothing is written here."""

import secrets
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property

import numpy as np

from dashboard.beliefs.selectors import beliefs_of, fatigue_of, tired_factors
from dashboard.core import ids
from dashboard.policies.selectors import PublishedPolicy, ServedPolicy
from dashboard.serving import shop_stats
from dashboard.serving.fallbacks import MODEL, SECONDS_A_DAY, gather
from dashboard.serving.pool import Believed, Pool, ages_days
from dashboard.serving.reasons import Place, reasons_for, sentence
from dashboard.serving.request_context import RequestContext
from dashboard.serving.types import Slate, SlateItem, SlateRequest
from recommender import slate as library
from recommender.slate.alike import encoded_records, make_slates
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
    withheld: str = ""  # why the slate is empty: experiment, holdout
    rival: ServedPolicy | None = None  # which makes the slate together with `policy`


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

    def draw_many(self, n: int, seeds: Sequence[int]) -> list[library.Slate]:
        """`draw` with each seed, of what is known of nobody."""
        policy = self.policy
        return make_slates(self.candidates, policy.knobs, n, seeds, rules=policy.rules, now=self.context.now)

    def records(self, n: int, drawn: Sequence[library.Slate]) -> list[bytes]:
        """`record` of each draw, encoded."""
        numbers = [item.number for item in self.pool.items.values()]
        return encoded_records(self.candidates, numbers, self.policy.knobs, n, drawn)

    def moment_of(self, now: datetime) -> object:
        """At two moments with an equal answer every draw is the same: all that it reads of the time is how many items
        are older than the policy's bound, unless ages stand in for impressions, or a rule asks for them."""
        knobs = self.policy.knobs
        reads_ages = any(name == "age_days" for rule in self.policy.rules for name, _ in rule.match)
        if reads_ages or (knobs.exploration and self.candidates.impressions is None):
            return now
        if not knobs.exploration or knobs.explore_max_age_days is None:
            return 0
        return bisect_left(self._since, now.timestamp() - knobs.explore_max_age_days * SECONDS_A_DAY)

    @cached_property
    def _since(self) -> list[float]:
        return sorted(item.since_seconds for item in self.pool.items.values())

    def asked_by(self, request: SlateRequest) -> "Prepared":
        """The same for another of whom as little is known."""
        return replace(self, context=replace(self.context, request=request))

    def for_another(self, context: RequestContext) -> "Prepared":
        """The same candidates for somebody of whom the same is known, at another moment: items are older by then."""
        candidates = replace(self.candidates, age_days=ages_days([*self.pool.items.values()], context.now))
        return replace(self, context=context, candidates=candidates)


def _fields_asked(policy: ServedPolicy) -> set[str]:
    """By the rules and by fairness."""
    fields = {name for rule in policy.rules for name, _ in rule.match}
    return fields | {policy.knobs.fairness_attribute} if policy.knobs.fairness > 0 else fields


def prepare(context: RequestContext, policy: ServedPolicy, n: int) -> Prepared:
    """Gather the candidates. Costs the queries of the fallbacks; a draw afterwards costs none."""
    pool, fallback = gather(context, policy, n)
    believed = beliefs_of(context.shop_id, context.request.placement)
    explores = policy.knobs.exploration > 0
    impressions = shop_stats.impression_counts(context.shop_id) if explores and not believed else {}
    profile = category_mix(context)
    worths, doubts = believed.of(list(pool.items)) if believed else (None, None)
    candidates = pool.as_slate_candidates(
        impressions,
        fields=_fields_asked(policy),
        believed=Believed(worths, doubts if explores else None, _tired(context, pool)),
    )
    return Prepared(context, policy, pool, fallback, candidates, profile)


def nothing_prepared(context: RequestContext, policy: ServedPolicy) -> Prepared:
    """No candidate at all."""
    pool = Pool(policy.rules, context.now)
    return Prepared(context, policy, pool, MODEL, pool.as_slate_candidates({}), None)


def _tired(context: RequestContext, pool: Pool) -> np.ndarray | None:
    """(C,): what is left of each candidate's chance after the times that the visitor was shown it and left it."""
    if not context.left:
        return None
    fatigue = fatigue_of(context.shop_id, context.request.placement)
    return tired_factors(fatigue, context.left, list(pool.items), context.now.timestamp())


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
    """Draw the slate of a context under its policy; one that is withheld is drawn from nothing."""
    n = context.request.n or assigned.placement.slate_size
    prepared = nothing_prepared(context, assigned.policy) if assigned.withheld else prepare(context, assigned.policy, n)
    return compose_of(prepared, assigned, n)


def compose_of(prepared: Prepared, assigned: Assigned, n: int) -> Slate:
    """Draw the slate of what is prepared."""
    seed = seed_of(prepared.context.request)
    drawn = prepared.draw(n, seed)
    return _slate(prepared, assigned, seed, drawn, prepared.record(n, drawn).encode())


def compose_alike(
    prepared: Prepared, requests: Sequence[SlateRequest], assigned: Sequence[Assigned], n: int
) -> list[Slate]:
    """The slates of visitors of whom nothing is known, all under the policy of what is prepared, drawn at once."""
    seeds = [seed_of(request) for request in requests]
    drawn = prepared.draw_many(n, seeds)
    rows = zip(requests, assigned, seeds, drawn, prepared.records(n, drawn), strict=True)
    return [
        _slate(prepared.asked_by(request), assignment, seed, slate, record)
        for request, assignment, seed, slate, record in rows
    ]


def seed_of(request: SlateRequest) -> int:
    return secrets.randbits(SEED_BITS) if request.seed is None else request.seed


def _slate(prepared: Prepared, assigned: Assigned, seed: int, drawn: library.Slate, record: bytes) -> Slate:
    context = prepared.context
    answered_by_model = prepared.fallback == MODEL and context.model is not None and len(prepared.pool) > 0
    items = slate_items(prepared, drawn)
    return Slate(
        recommendation_id=ids.time_ordered_uuid(),
        placement=assigned.placement.slug,
        policy=assigned.policy,
        artifact_id=context.model.artifact_id if answered_by_model and context.model else None,
        experiment_id=assigned.experiment_id,
        variant=assigned.variant,
        audience_id=assigned.audience_id,
        fallback=prepared.fallback,
        items=explained(context, items) if context.request.explain else items,
        temperature=drawn.temperature,
        seed=seed,
        candidates=len(prepared.candidates),
        record=record,
        withheld=assigned.withheld,
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
            left=len(prepared.context.left.get(item_id, ())),
        )
        for position, (index, item_id, source, (reason, because_of), propensity, is_explored) in enumerate(
            zip(chosen, item_ids, sources, reasons, drawn.propensities.tolist(), explored, strict=True), start=1
        )
    )


def explained(context: RequestContext, items: tuple[SlateItem, ...]) -> tuple[SlateItem, ...]:
    labels = context.item_cache.labels({item.because_of for item in items if item.because_of})
    titles = {item_id: label.title or item_id for item_id, label in labels.items()}
    return tuple(
        item._replace(explanation=sentence(item.reason, titles.get(item.because_of, ""), item.left)) for item in items
    )
