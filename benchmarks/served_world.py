"""A made-up shop that has served for a while, and slates that it serves to visitors who tire, with their truth.

Items and what is believed of them stay; each replication has visitors of its own. Everything is drawn by the sampling
step of serving (`recommender.slate.many`, number by number `make_slate`), and read back as the log is read: a slate
whose propensities the log's walk does not give again to 1e-9 stops everything.
"""

from dataclasses import dataclass, replace

import numpy as np

from recommender.beliefs import ItemBeliefs
from recommender.off_policy import SlateLog, fit_rewards
from recommender.simulation.learner import Learner
from recommender.simulation.makers import earlier_impressions
from recommender.simulation.scenarios import INTERESTS, RENDERED_K, SLATE_SIZE, Scenario
from recommender.simulation.tiring import Learned
from recommender.simulation.world import Shown, World
from recommender.slate import SlateCandidates
from recommender.slate.batch import SlateBatch
from recommender.slate.batch_walk import walk
from recommender.slate.many import make_slates
from recommender.slate.record import BELIEF_STEPS
from recommender.slate.terms import NEARNESS_STEPS

STILL = Scenario(arrivals=0.0, moves=0.0, tiring=True)  # tastes stay, nothing arrives, visitors tire
EARLIER_VISITORS, EARLIER_DAYS = 300, 19  # the law of tiring is learned on its day 18
SAME_CHANCE = 1e-9


@dataclass(frozen=True)
class Shop:
    """What serving knows: the items, beliefs about them, an interest's mean rate, how visitors tire."""

    items: object
    beliefs: ItemBeliefs
    prior_T: np.ndarray
    fatigue: object

    def candidates(self):
        """Of every visitor the same; the scores are given apart."""
        items = self.items
        return SlateCandidates(
            item_ids=[str(code) for code in range(len(items))],
            scores=np.ones(len(items)),
            vectors=items.vectors_IF,
            categories=[str(interest) for interest in items.interest_I],
            age_days=-items.arrival_I.astype(float),
            doubts=np.rint(self.beliefs.doubts_I * BELIEF_STEPS) / BELIEF_STEPS,
        )


@dataclass(frozen=True, eq=False)
class Served:
    """N slates of one policy (N, K), one visitor's after the other's: what was clicked, its propensities, scores, which
    visitor; the chances and the expected score of each judged policy; truth: clicks that a slate of the served policy
    and of each judged one really brings on average, to the same visitors at the same moments."""

    clicked_NK: np.ndarray
    logged_NK: np.ndarray
    score_NK: np.ndarray
    unit_N: np.ndarray
    judged: dict
    expected: dict
    truth: dict

    def log(self, name):
        """As an estimate reads it."""
        reward_NK = self.clicked_NK.astype(float)
        model = fit_rewards(reward_NK, self.score_NK, self.unit_N)
        shown_NK, expected_NK = model.of(self.score_NK), model.of(self.expected[name])
        return SlateLog(
            reward_NK, self.logged_NK, np.minimum(self.judged[name], 1.0), shown_NK, expected_NK, self.unit_N
        )

    def today(self, name):
        return replace(self.log(name), judged_NK=np.minimum(self.logged_NK, 1.0))


def opened_shop(seed, knobs):
    """A shop that has served others for EARLIER_DAYS."""
    world = World(STILL, EARLIER_VISITORS, EARLIER_DAYS, seed)
    learner, tiring = (
        Learner(world.visitors, world.items.interest_I, INTERESTS),
        Learned(world.visitors, len(world.items)),
    )
    shown, rng = Shown(world.visitors, len(world.items)), np.random.default_rng([seed, 3])
    before = Shop(world.items, learner.items, learner.prior_T, tiring.fatigue)
    learn_earlier(world, learner, np.random.default_rng([seed, 4]))
    for day in world.walk():
        tired_VI = tiring.factor(day.on_sale)
        shop = replace(before, beliefs=learner.items)
        codes_VK, _ = drawn(shop, knobs, learner.expected(day.on_sale) * tired_VI, learner.clicks_VT, rng)
        clicked_VK, rows_N, codes_N, slots_N = clicks(world, day, shown, codes_VK)
        clicked_N = clicked_VK[rows_N, slots_N]
        expected_N = learner.observe(rows_N, codes_N, clicked_N, tired_VI[rows_N, codes_N])
        tiring.end_day(day.number, rows_N, codes_N, clicked_N, expected_N)
        learner.end_day()
        shown.end_day(rows_N, codes_N)
    return Shop(world.items, learner.items, learner.prior_T, tiring.fatigue)


def serve(shop, knobs, judged, *, visitors, days, seed):
    """Slates of `knobs` for new visitors; judged: {name: knobs}."""
    world = World(STILL, visitors, days, seed)
    world.items = shop.items
    learner = Learner(visitors, shop.items.interest_I, INTERESTS)
    left = Shown(visitors, len(shop.items), shop.fatigue.half_life_days)
    shown, rng = Shown(visitors, len(shop.items)), np.random.default_rng([seed, 3])
    learner.prior_T = shop.prior_T
    learn_earlier(world, learner, np.random.default_rng([seed, 4]))
    parts = []
    for day in world.walk():
        learner.items = ItemBeliefs(shop.beliefs.clicks_I.copy(), shop.beliefs.expected_I.copy())
        tired_VI = shop.fatigue.factor(left.times_VI)
        scores_VI = (learner.expected(day.on_sale) * tired_VI).astype(np.float32).astype(float)
        profiles_VT = learner.clicks_VT.copy()
        codes_VK, logged_VK = drawn(shop, knobs, scores_VI, profiles_VT, rng)
        clicked_VK, rows_N, codes_N, slots_N = clicks(world, day, shown, codes_VK)
        batch = batch_of(shop, scores_VI, profiles_VT, codes_VK)
        told = {name: walk(batch, other) for name, other in judged.items()}
        if np.abs(walk(batch, knobs).chances_NK - logged_VK).max() > SAME_CHANCE:
            raise SystemExit("the log does not give the propensities that it was drawn with")
        others = {name: drawn(shop, other, scores_VI, profiles_VT, rng)[0] for name, other in judged.items()}
        truth = {name: brought(world, day, shown, codes) for name, codes in {"today": codes_VK, **others}.items()}
        parts.append((clicked_VK, logged_VK, np.take_along_axis(scores_VI, codes_VK, axis=1), told, truth))
        clicked_N = clicked_VK[rows_N, slots_N]
        learner.observe(rows_N, codes_N, clicked_N, tired_VI[rows_N, codes_N])
        left.end_day(rows_N[~clicked_N], codes_N[~clicked_N])
        shown.end_day(rows_N, codes_N)
    return joined(parts, judged, np.tile(np.arange(visitors), days))


def joined(parts, judged, unit_N):
    clicked, logged, scores, told, truth = zip(*parts, strict=True)
    return Served(
        np.concatenate(clicked),
        np.concatenate(logged),
        np.concatenate(scores),
        unit_N,
        {name: np.concatenate([each[name].chances_NK for each in told]) for name in judged},
        {name: np.concatenate([each[name].expected_NK for each in told]) for name in judged},
        {name: float(np.mean([each[name] for each in truth])) for name in ("today", *judged)},
    )


def learn_earlier(world, learner, rng):
    """What a shop knows of a visitor beforehand."""
    earlier = earlier_impressions(world, rng)
    learner.observe(earlier.visitors_N, earlier.codes_N, earlier.clicked_N)


def drawn(shop, knobs, scores_VI, profiles_VT, rng):
    """Codes and propensities (V, K)."""
    order = [int(interest) for interest in dict.fromkeys(shop.items.interest_I.tolist())]
    uniforms_VK = rng.random((len(scores_VI), SLATE_SIZE))
    return make_slates(
        shop.candidates(), knobs, scores_BC=scores_VI, profiles_BG=profiles_VT[:, order], uniforms_BK=uniforms_VK
    )


def clicks(world, day, shown, codes_VK):
    """What is clicked (V, K), and of each rendered slot whose, which item, in which place."""
    clicked_VK = day.rendered_VK & (day.luck_VK < chances(world, day, shown, codes_VK))
    rows_N, slots_N = np.nonzero(day.rendered_VK)
    return clicked_VK, rows_N, codes_VK[rows_N, slots_N], slots_N


def chances(world, day, shown, codes_VK):
    return world.click_probability(day.taste_VT * day.demand_T, codes_VK, shown.of(codes_VK))


def brought(world, day, shown, codes_VK):
    """Clicks of a slate, on average."""
    return float((chances(world, day, shown, codes_VK) @ RENDERED_K).mean())


def batch_of(shop, scores_VI, profiles_VT, codes_VK):
    """The slates as the log holds them: candidates in the canonical order, what the draw read of them."""
    visitors, size = scores_VI.shape
    order_VI = np.argsort(-scores_VI, axis=1, kind="stable")
    place_VI = np.empty_like(order_VI)
    np.put_along_axis(place_VI, order_VI, np.broadcast_to(np.arange(size), order_VI.shape), axis=1)
    vectors, candidates = shop.items.vectors_IF, shop.candidates()
    steps_II = np.rint(vectors @ vectors.T * NEARNESS_STEPS).astype(np.int8)
    total_V1 = profiles_VT.sum(axis=1, keepdims=True)
    shares_VT = profiles_VT / np.where(total_V1 > 0, total_V1, 1.0)
    unknown_VI, nothing_VI = np.full(scores_VI.shape, np.nan), np.zeros(scores_VI.shape, int)
    return SlateBatch(
        rows_N=np.arange(visitors),
        n_N=np.full(visitors, SLATE_SIZE),
        codes_NC=order_VI,
        shown_NK=np.take_along_axis(place_VI, codes_VK, axis=1),
        scores_NC=np.take_along_axis(scores_VI, order_VI, axis=1),
        doubts_NC=candidates.doubts[order_VI],
        impressions_NC=unknown_VI,
        ages_NC=candidates.age_days[order_VI],
        popularity_NC=unknown_VI,
        shares_NG=np.concatenate([np.zeros((visitors, 1)), shares_VT], axis=1),
        categories_NC=1 + shop.items.interest_I[order_VI],
        groups_NC=nothing_VI,
        likeness_NKC=steps_II[codes_VK[:, :, None], order_VI[:, None, :]],
        matched_NC={},
        active_N={},
    )
