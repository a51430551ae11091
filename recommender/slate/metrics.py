"""What a knob costs and brings, each in the knob's own metric. The preview page and the tests measure with these."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from recommender.slate.candidates import SlateCandidates, group_codes
from recommender.slate.knobs import Knobs
from recommender.slate.relevance import self_information
from recommender.slate.rules import Rule
from recommender.slate.sampling import Slate, make_slate
from recommender.slate.terms import SMOOTHING, target_shares


@dataclass(frozen=True)
class SlateMetrics:
    """Means over draws of a policy; None where the candidates lack what the metric needs.

    relevance_lost: 1 − Σ score of the slate / Σ score of the most relevant slate, 0..1. share_explored: of the slots.
    intra_list_distance: mean 1 − cosine of two items. calibration_kl: nats. self_information: bits.
    exposure_gap: half of Σ |share − target| over the groups, 0..1. chance_tired: the share of its chance that an item
    of the slate has lost because the visitor was shown it and left it, 0..1.
    """

    relevance_lost: float
    share_explored: float
    intra_list_distance: float | None
    calibration_kl: float | None
    self_information: float | None
    exposure_gap: float | None
    chance_tired: float | None = None


def measure(
    candidates: SlateCandidates,
    knobs: Knobs,
    n: int,
    *,
    draws: int,
    rng: np.random.Generator,
    rules: Sequence[Rule] = (),
    profile: Mapping[str, float] | None = None,
    now: datetime | None = None,
) -> SlateMetrics:
    """The metrics of a policy for one visitor, over `draws` slates; the most relevant slate obeys the same rules, and
    what has lost its chance by fatigue is as relevant to it as to the policy."""
    best = make_slate(candidates, Knobs(fatigue=knobs.fatigue), n, rules, now=now)
    count = draws if knobs.exploration else 1
    slates = [make_slate(candidates, knobs, n, rules, profile, rng, now) for _ in range(count)]
    return SlateMetrics(
        relevance_lost=_mean([relevance_lost(candidates, slate, best, knobs.fatigue) for slate in slates]) or 0.0,
        share_explored=_mean([share_explored(slate) for slate in slates]) or 0.0,
        intra_list_distance=_mean([intra_list_distance(candidates, slate) for slate in slates]),
        calibration_kl=_mean([calibration_kl(candidates, slate, profile) for slate in slates]),
        self_information=_mean([mean_self_information(candidates, slate) for slate in slates]),
        exposure_gap=_mean([exposure_gap(candidates, slate, knobs) for slate in slates]),
        chance_tired=_mean([chance_tired(candidates, slate) for slate in slates]),
    )


def relevance_lost(candidates: SlateCandidates, slate: Slate, best: Slate, fatigue: float = 0.0) -> float:
    """Share of the best slate's summed score that this slate gives up. `fatigue`: the knob of both."""
    scores_C = candidates.expected(fatigue)
    most = float(scores_C[best.indices].sum())
    return max(1.0 - float(scores_C[slate.indices].sum()) / most, 0.0) if most > 0 else 0.0


def share_explored(slate: Slate) -> float:
    """Share of the slots that were spent on learning."""
    return float(slate.explored.mean()) if len(slate.explored) else 0.0


def intra_list_distance(candidates: SlateCandidates, slate: Slate) -> float | None:
    """Mean cosine distance between two items of the slate."""
    count = len(slate.indices)
    if candidates.vectors is None or count < 2:
        return None
    vectors_KV = np.asarray(candidates.vectors, dtype=float)[slate.indices]
    similarity_KK = vectors_KV @ vectors_KV.T
    return 1.0 - float(similarity_KK.sum() - np.trace(similarity_KK)) / (count * (count - 1))


def calibration_kl(candidates: SlateCandidates, slate: Slate, profile: Mapping[str, float] | None) -> float | None:
    """KL divergence of the slate's mix of categories from the visitor's own (Steck 2018, smoothed)."""
    if candidates.categories is None or not profile or not len(slate.indices):
        return None
    total = sum(profile.values())
    shown = [candidates.categories[index] or "" for index in slate.indices]
    divergence = 0.0
    for category, weight in profile.items():
        wanted = weight / total
        if wanted > 0:
            held = (1.0 - SMOOTHING) * shown.count(category) / len(shown) + SMOOTHING * wanted
            divergence += wanted * float(np.log(wanted / held))
    return divergence


def mean_self_information(candidates: SlateCandidates, slate: Slate) -> float | None:
    """Mean −log2 of the items' share of the interactions with the candidates: higher is further into the long tail."""
    known = candidates.popularity if candidates.popularity is not None else candidates.impressions
    return None if known is None or not len(slate.indices) else float(self_information(known)[slate.indices].mean())


def exposure_gap(candidates: SlateCandidates, slate: Slate, knobs: Knobs) -> float | None:
    """How far the groups' shares of the slots are from their target shares."""
    values = candidates.values(knobs.fairness_attribute)
    if values is None or not len(slate.indices):
        return None
    codes_C, names = group_codes(values)
    shares_G = np.bincount(codes_C[slate.indices], minlength=len(names)) / len(slate.indices)
    return float(np.abs(shares_G - target_shares(names, knobs)).sum()) / 2.0


def chance_tired(candidates: SlateCandidates, slate: Slate) -> float | None:
    """Mean share of its chance that an item of the slate has lost by fatigue; None where nobody asked for fatigue."""
    if candidates.fatigue is None or not len(slate.indices):
        return None
    return 1.0 - float(np.asarray(candidates.fatigue, dtype=float)[slate.indices].mean())


def _mean(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return float(np.mean(known)) if known else None
