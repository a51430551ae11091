"""Candidates from the best source that can answer: model → content → popular in the segment → popular → newest.

A slate is never empty while the shop has an item that may be shown and passes the filters; each step fills what the
steps before it left open.
"""

import re
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from math import inf
from statistics import median

import numpy as np

from dashboard.catalog.servable import ServableItem, alike_items, newest_items
from dashboard.policies.selectors import ServedPolicy
from dashboard.segments.selectors import segment, visitor_memberships
from dashboard.serving import shop_stats
from dashboard.serving.narrowing import Narrowing, named_items
from dashboard.serving.pool import Pool, Proposals
from dashboard.serving.request_context import RequestContext
from recommender.serving import Candidates

CANDIDATES = 200  # a re-ranking of 200 to 20 costs 0.1 ms
CANDIDATES_AT_MOST = 5_000  # where filters or rules leave too few of the first 200
CONTENT_SEEDS = 10
FRESH_ITEMS = 20
NEWEST_PAGE = 500
SECONDS_A_DAY = 86_400
_unlearned_of: dict[int, tuple[object, object, list[tuple[str, float]]]] = {}  # {shop: (rows, model, answer)}
MODEL = ""  # the name of the first step: an answer of the model is no fallback


def gather(context: RequestContext, policy: ServedPolicy, n: int) -> tuple[Pool, str]:
    """(candidates, the step that answers: "" for the model, or content, segment_popular, popular, newest)."""
    pool, narrowing = Pool(policy.rules, context.now), Narrowing(context, policy)
    answered_by: str | None = None
    for step, proposals in _steps(context, narrowing):
        added = pool.add(proposals, _servable(context, proposals.item_ids))
        if added and answered_by is None:
            answered_by = step
        if len(pool) >= n:
            break
    if len(pool) < n and _fill_with_newest(pool, context, narrowing, n) and answered_by is None:
        answered_by = "newest"
    _add_lifted(pool, context, narrowing, n)
    if policy.knobs.exploration > 0 or answered_by == MODEL:  # no model proposes what came after its training
        _add_fresh(pool, context, policy.knobs.explore_max_age_days)
    return pool, answered_by or MODEL


def _steps(context: RequestContext, narrowing: Narrowing) -> Iterator[tuple[str, Proposals]]:
    """Lazily: a step costs nothing where those before it were enough, and none can add to nothing."""
    if narrowing.known_few == ():
        return
    yield from ((MODEL, proposals) for proposals in _from_model(context, narrowing))
    yield from (("content", proposals) for proposals in _from_content(context, narrowing))
    yield from (("segment_popular", proposals) for proposals in _from_segment(context))
    yield from (("popular", proposals) for proposals in _from_crowd(context, narrowing))


def _servable(context: RequestContext, item_ids: Sequence[str]) -> dict[str, ServableItem]:
    return context.item_cache.servable(item_ids, filters=context.request.filters, unwanted=context.unwanted)


def _rounds(narrowing: Narrowing) -> Iterator[tuple[int, tuple[str, ...] | None]]:
    """(how many candidates, among which items or all): what a model is asked for until there are enough."""
    if narrowing.known_few is not None:
        yield CANDIDATES, narrowing.known_few
        return
    yield CANDIDATES, None
    yield (CANDIDATES_AT_MOST, None) if narrowing.few is None else (CANDIDATES, narrowing.few)


def _from_model(context: RequestContext, narrowing: Narrowing) -> Iterator[Proposals]:
    if context.model is None or not context.is_known_to_model:
        return
    model, looked_at = context.model.recommender, context.request.context_items
    for k, among in _rounds(narrowing):
        found = context.proposed if (k, among) == (CANDIDATES, None) else None
        if found is None:
            found = model.candidates(context.history, k, looked_at, context.hidden, among)
        yield _proposals(found)
        if len(found.item_ids) < k:
            return


def _from_content(context: RequestContext, narrowing: Narrowing) -> Iterator[Proposals]:
    """By shared category, brand and words of the title with what is on the page, or was looked at last."""
    looked_at = list(dict.fromkeys(event.item_id for event in reversed(context.history)))
    seed_ids = context.request.context_items or looked_at[:CONTENT_SEEDS]
    if not seed_ids:
        return
    seeds, alike = alike_items(context.shop_id, seed_ids, unwanted=context.unwanted, within=narrowing.condition)
    if not alike:
        return
    scores = likeness(alike, seeds)
    best = np.argsort(-scores, kind="stable")[:CANDIDATES]
    yield Proposals([alike[index].item_id for index in best], scores[best], ["content"] * len(best))


def likeness(items: Sequence[ServableItem], seeds: Sequence[ServableItem]) -> np.ndarray:
    """0..1 for each item: how many of the seeds share its categories, its brand and the words of its title.

    Counted over the seeds first, so that 500 items and 10 seeds cost 2 ms and not 60.
    """
    total = len(seeds)
    categories = Counter(category for seed in seeds for category in set(seed.categories))
    brands = Counter(seed.brand for seed in seeds if seed.brand)
    words = Counter(word for seed in seeds for word in _words(seed.title))
    return np.array(
        [
            0.5 * _mean_count(categories, set(item.categories)) / total
            + 0.2 * brands[item.brand] / total
            + 0.3 * _mean_count(words, _words(item.title)) / total
            for item in items
        ]
    )


def _mean_count(counts: Counter[str], features: set[str]) -> float:
    return sum(counts[feature] for feature in features) / len(features) if features else 0.0


def _words(title: str) -> set[str]:
    return set(re.findall(r"\w{3,}", title.lower()))


def _from_segment(context: RequestContext) -> Iterator[Proposals]:
    """What is popular in the segment that the published artifact put the visitor into."""
    visitor_id = context.request.visitor_id
    membership = visitor_memberships(context.request.shop, visitor_id) if visitor_id else None
    if membership is None:
        return
    if context.model is not None:
        yield _proposals(context.model.recommender.popular(CANDIDATES, segment=membership.number))
        return
    stored = segment(context.request.shop, membership.number)
    if stored and stored.top_items:
        shares = np.array([float(entry["share"]) for entry in stored.top_items])
        item_ids = [str(entry["item_id"]) for entry in stored.top_items]
        yield Proposals(item_ids, shares, ["segment_popular"] * len(item_ids))


def _from_crowd(context: RequestContext, narrowing: Narrowing) -> Iterator[Proposals]:
    if context.model is not None:
        for k, among in _rounds(narrowing):
            yield _proposals(context.model.recommender.popular(k, among=among))
        return
    rows = shop_stats.popular_items(context.shop_id)
    weights = np.array([weight for _, weight, _ in rows])
    scores = weights / weights.sum() if len(rows) else weights
    yield Proposals(
        [item_id for item_id, _, _ in rows],
        scores,
        ["popular"] * len(rows),
        interactions=np.array([count for _, _, count in rows]),
    )


def _fill_with_newest(pool: Pool, context: RequestContext, narrowing: Narrowing, n: int) -> int:
    """What rules and filters leave, a page at a time, until the slate can be full: variants and what the visitor has
    already may take up whole pages."""
    added = offset = 0
    while len(pool) < n:
        items = _newest(context, narrowing, offset)
        added += pool.add(_in_order(list(items), "newest"), items)
        if len(items) < NEWEST_PAGE or narrowing.known_few is not None:
            break
        offset += NEWEST_PAGE
    return added


def _newest(context: RequestContext, narrowing: Narrowing, offset: int) -> dict[str, ServableItem]:
    if narrowing.known_few is not None:
        return _servable(context, narrowing.known_few)
    items = newest_items(
        context.shop_id,
        limit=NEWEST_PAGE,
        offset=offset,
        unwanted=context.unwanted,
        within=narrowing.condition,
    )
    return {item.item_id: item for item in items}


def _in_order(item_ids: list[str], source: str) -> Proposals:
    return Proposals(item_ids, 1.0 / np.arange(2, len(item_ids) + 2), [source] * len(item_ids))


def _add_lifted(pool: Pool, context: RequestContext, narrowing: Narrowing, n: int) -> None:
    """What a merchant pins or lifts stands among the candidates, whoever proposes it or not: as many as a slate could
    hold, those first that suit the visitor."""
    lifting = [rule for rule in pool.rules if rule.kind in ("pin", "boost") and rule.is_active(context.now)]
    pins = Counter(rule.match for rule in lifting if rule.kind == "pin")
    missing: dict[str, None] = {}
    for rule in lifting:
        named, wanted = named_items(rule.match), n if rule.kind == "boost" else pins[rule.match]
        if named is not None or pool.lacks(rule, wanted):
            missing |= dict.fromkeys(narrowing.newest_of(rule.match) if named is None else named)
    _add_wanted(pool, context, [item_id for item_id in missing if item_id not in pool.items])


def _add_wanted(pool: Pool, context: RequestContext, wanted: list[str]) -> None:
    if context.model is not None and len(wanted) > 1:
        model, looked_at = context.model.recommender, context.request.context_items
        found = model.candidates(context.history, k=len(wanted), context_items=looked_at, among=wanted)
        wanted = list(dict.fromkeys([*found.item_ids, *wanted]))
    if wanted:
        pool.add(_in_order(wanted, "rule"), _servable(context, wanted))


def _add_fresh(pool: Pool, context: RequestContext, max_age_days: float | None) -> None:
    """Young items that no model has seen: least shown first, expected to be as good as the middle of their category."""
    unknown = [item_id for item_id in _young(context, max_age_days) if item_id not in pool.items]
    if not unknown:
        return
    shown = shop_stats.impression_counts(context.shop_id)
    least_shown = sorted(unknown, key=lambda item_id: shown.get(item_id, 0))[:FRESH_ITEMS]
    servable = _servable(context, least_shown)
    expected = _expected_scores(pool, servable.values())
    pool.add(Proposals(list(servable), expected, ["new"] * len(servable)), servable, ranked_below=False)


def count_of_young(context: RequestContext, policy: ServedPolicy) -> int:
    """How many of the newest items, in their order, `_add_fresh` would look at."""
    return len(_young(context, policy.knobs.explore_max_age_days))


def _young(context: RequestContext, max_age_days: float | None) -> list[str]:
    oldest = -inf if max_age_days is None else context.now.timestamp() - max_age_days * SECONDS_A_DAY
    return [item_id for item_id, since in _unlearned(context) if since > oldest]


def _unlearned(context: RequestContext) -> list[tuple[str, float]]:
    """The newest items that the model does not know: asked once for a list and a model, not 300 times a slate."""
    rows, model = shop_stats.newest_item_rows(context.shop_id), context.model
    kept = _unlearned_of.get(context.shop_id)
    if kept is None or kept[0] is not rows or kept[1] is not model:
        unlearned = [row for row in rows if model is None or not model.recommender.knows(row[0])]
        kept = _unlearned_of[context.shop_id] = (rows, model, unlearned)
    return kept[2]


def _expected_scores(pool: Pool, items: Collection[ServableItem]) -> np.ndarray:
    """The middle of the scores of each item's category; where it has none, the lower quarter of all."""
    asked = {item.category for item in items} - {""}
    by_category: dict[str, list[float]] = {category: [] for category in asked}
    for item, score in zip(pool.items.values(), pool.scores, strict=True):
        if item.category in asked:
            by_category[item.category].append(score)
    scores = sorted(pool.scores)
    elsewhere = scores[len(scores) // 4] if scores else 0.5
    usual = {category: median(found) for category, found in by_category.items() if found}
    return np.array([usual.get(item.category, elsewhere) for item in items])


def _proposals(found: Candidates) -> Proposals:
    return Proposals(found.item_ids, found.scores, found.sources, found.vectors, found.interactions)
