"""Teaches the ranker on the interactions that validation holds out, and judges it on visitors that it did not learn
from. Where it does not order better than the blend, there is none."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from recommender.data.dataset import Dataset
from recommender.evaluation.protocols import Split
from recommender.evaluation.ranks import batches
from recommender.models.factors import unit_rows
from recommender.models.transitions import Transitions
from recommender.models.user_knn import UserKNN
from recommender.parallel import rows_at_once, side_by_side
from recommender.ranking.calibration import fit_calibration
from recommender.ranking.candidates import best_of_blend, describe_candidates, mixed
from recommender.ranking.config import RankerConfig
from recommender.ranking.features import Candidates, features
from recommender.ranking.items import ItemFacts
from recommender.ranking.learning import learn_network
from recommender.ranking.network import RankerNetwork
from recommender.ranking.ranker import Ranker
from recommender.training.fitting import Fitted

LEAST_EXAMPLES = 100  # visitors whose next item is among the candidates; fewer teach nothing
CUTOFF = 10


@dataclass(frozen=True)
class Examples:
    """Visitors with the candidates of the blend; `target_B` is the column of what came next, −1 where it is missing."""

    candidates: Candidates
    features_BCF: np.ndarray
    target_B: np.ndarray
    ranks_BM: np.ndarray  # where each model alone puts what came next among all items, from 1

    @property
    def hits(self) -> np.ndarray:
        return np.flatnonzero(self.target_B >= 0)


@dataclass(frozen=True)
class Taught:
    """The ranker's network, and the logits of every visitor from a network that learned on the others."""

    network: RankerNetwork
    models: tuple[str, ...]
    examples: Examples
    out_of_fold_BC: np.ndarray  # float32 logits, −inf where there is no candidate
    calibration_error: float

    def ranker(self, facts: ItemFacts) -> Ranker:
        """With the facts of a (later) dataset."""
        return Ranker(facts, self.network, self.models, self.examples.candidates.codes_BC.shape[1])


def teach(fitted: Fitted, split: Split, config: RankerConfig) -> Taught | None:
    """None where there is too little to learn from, or where the order would not be better than that of the blend
    and of each of its models alone."""
    names = tuple(name for name in fitted.models if fitted.weights.get(name, 0.0) > 0)
    if not config.candidates or len(split.histories) < LEAST_EXAMPLES:
        return None
    rows = np.arange(min(len(split.histories), config.visitors))
    examples = _examples(fitted, split, rows, names, min(config.candidates, split.train.items))
    if len(examples.hits) < LEAST_EXAMPLES:
        return None
    hits = examples.hits
    lessons = (hits, hits[hits % 2 == 1], hits[hits % 2 == 0])
    network, *halves = side_by_side(lambda rows: _learn(examples, rows, config), lessons)
    out_of_fold_BC = _out_of_fold(examples, halves)
    if _ndcg(ranks_of_targets(out_of_fold_BC, examples.target_B)) <= _ndcg_without(examples):
        return None
    temperature, coverage, error = fit_calibration(out_of_fold_BC, examples.target_B)
    return Taught(network.calibrated(temperature, coverage), names, examples, out_of_fold_BC, error)


def facts_of(dataset: Dataset, fitted: Fitted) -> ItemFacts:
    """What the ranker knows of the items of a dataset that these models were fitted on."""
    user_knn, transitions = fitted.models["user_knn"], fitted.models["transitions"]
    if not isinstance(user_knn, UserKNN) or not isinstance(transitions, Transitions):
        raise TypeError("the models named user_knn and transitions are others")
    return ItemFacts.fit(dataset, transitions.config, unit_rows(user_knn.factors_.factors_ID_))


def _examples(fitted: Fitted, split: Split, rows_B: np.ndarray, names: Sequence[str], count: int) -> Examples:
    """Features only of visitors whose next item is a candidate: the others cannot teach, and keep their order."""
    facts = facts_of(split.train, fitted)
    weights_M = np.array([fitted.weights[name] for name in names], np.float32)

    def examples(part: np.ndarray) -> Examples:
        histories, wanted_B = split.histories.take(rows_B[part]), split.relevant.items_N[rows_B[part]]
        shares_MBI = [fitted.models[name].probabilities(histories, exclude_seen=True) for name in names]
        codes_BC = best_of_blend(mixed(shares_MBI, weights_M), count)
        hit_BC = codes_BC == wanted_B[:, None]
        target_B = np.where(hit_BC.any(axis=1), hit_BC.argmax(axis=1), -1)
        candidates = describe_candidates(codes_BC, shares_MBI, weights_M, histories)
        rows = np.arange(len(part))
        ranks_BM = np.stack([(s_BI >= s_BI[rows, wanted_B][:, None]).sum(axis=1) for s_BI in shares_MBI], axis=1)
        hits = np.flatnonzero(target_B >= 0)
        made = features(facts, histories.take(hits), candidates.take(hits))
        return Examples(candidates, made, target_B, ranks_BM)

    found = list(side_by_side(examples, batches(len(rows_B), rows_at_once(split.train.items))))
    candidates = (vars(part.candidates).values() for part in found)
    return Examples(
        Candidates(*(np.concatenate(parts) for parts in zip(*candidates, strict=True))),
        np.concatenate([part.features_BCF for part in found]),
        np.concatenate([part.target_B for part in found]),
        np.concatenate([part.ranks_BM for part in found]),
    )


def _learn(examples: Examples, rows: np.ndarray, config: RankerConfig) -> RankerNetwork:
    place_B = np.full(len(examples.target_B), -1)
    place_B[examples.hits] = np.arange(len(examples.hits))
    present_BC = examples.candidates.codes_BC[rows] >= 0
    return learn_network(examples.features_BCF[place_B[rows]], present_BC, examples.target_B[rows], config)


def _out_of_fold(examples: Examples, networks: Sequence[RankerNetwork]) -> np.ndarray:
    """Logits of even and odd visitors from two networks that learned on the others; of a visitor whose next item is no
    candidate the blend's order."""
    present_BC = examples.candidates.codes_BC >= 0
    logits_BC = np.log(np.maximum(examples.candidates.blend_BC, 1e-30))
    hits = examples.hits
    for half, network in enumerate(networks):
        mine = hits % 2 == half
        logits_BC[hits[mine]] = network.logits(examples.features_BCF[mine])
    return np.where(present_BC, logits_BC, -np.inf)


def ranks_of_targets(scores_BC: np.ndarray, target_B: np.ndarray) -> np.ndarray:
    """From 1, ties against the target; 0 where it is no candidate."""
    own_B1 = np.take_along_axis(scores_BC, np.maximum(target_B, 0)[:, None], axis=1)
    return np.where(target_B >= 0, (scores_BC >= own_B1).sum(axis=1), 0)


def _ndcg_without(examples: Examples) -> float:
    """Of the blend or of its best model alone, whichever is better."""
    blend_BC = np.where(examples.candidates.codes_BC >= 0, examples.candidates.blend_BC, -np.inf)
    alone = [_ndcg(ranks_B) for ranks_B in examples.ranks_BM.T]
    return max(_ndcg(ranks_of_targets(blend_BC, examples.target_B)), *alone)


def _ndcg(ranks_B: np.ndarray) -> float:
    """Ranks count from 1; 0 is a miss."""
    hits_B = ranks_B[(ranks_B > 0) & (ranks_B <= CUTOFF)]
    return float((1 / np.log2(hits_B + 1.0)).sum() / max(len(ranks_B), 1))
