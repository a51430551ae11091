"""Fits the family on a dataset: first without the validation items, to learn what only they can tell (when the encoder
should stop, how fast histories fade, how much each model is worth), then once more on everything."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from recommender.data.dataset import Dataset
from recommender.data.histories import Histories
from recommender.evaluation.metrics import accuracy_per_visitor
from recommender.evaluation.protocols import Split, hold_out_last, only_askable
from recommender.evaluation.ranks import Relevant, batches, full_ranking, top_items
from recommender.models.base import Model, Report, silent
from recommender.models.blend import blend_probabilities, settle_weights
from recommender.models.content import Content
from recommender.models.encoders.encoder import Encoder, FitOptions
from recommender.models.family import BLENDED, FURTHER, class_of
from recommender.models.transitions import Transitions
from recommender.parallel import rows_at_once, side_by_side
from recommender.ranking.candidates import rank_all
from recommender.ranking.ranker import Ranker
from recommender.training.effort import EffortConfig
from recommender.training.holding_out import whom_to_ask
from recommender.training.presets import TrainingConfig
from recommender.training.warm import Start

STOPPING_VISITORS = 2000  # judge each pass of the encoder: ± .006 NDCG@10, 0.3 s at 12,000 items
WEIGHING_VISITORS, CANDIDATES = 3000, 40  # for the blend's weights: 3 s
SOME = 0.125  # of the effort of scoring goes to each of these two, and to each pass
PLAIN = ("popularity", "user_knn", *FURTHER)  # fitted on interactions alone, with nothing to tune
CHECKPOINTS = ("encoder-validation", "encoder-final")


@dataclass(frozen=True)
class Fitted:
    """Models of one fit and the weights of their blend; `out_of_fold`: those that visitors in even and in odd rows of
    the validation are judged with, learned on the others."""

    models: dict[str, Model]
    weights: dict[str, float] = field(default_factory=dict)
    out_of_fold: tuple[dict[str, float], ...] = ()
    ranker: Ranker | None = None

    def probabilities(self, histories: Histories, *, exclude_seen: bool = False) -> np.ndarray:
        """float32 (B, I): the ranker's where there is one, else the blend's."""
        if self.ranker is not None:
            parts = {
                name: self.models[name].probabilities(histories, exclude_seen=exclude_seen)
                for name in self.ranker.models
            }
            return rank_all(self.ranker, histories, parts, self.weights, exclude_seen=exclude_seen)
        return self.blend(histories, exclude_seen=exclude_seen)

    def blend(self, histories: Histories, *, exclude_seen: bool = False) -> np.ndarray:
        """float32 (B, I): the weighted probabilities of the models."""
        return blend_probabilities(self.models, self.weights, histories, exclude_seen=exclude_seen)

    @property
    def encoder(self) -> Encoder | None:
        model = self.models.get("encoder")
        return model if isinstance(model, Encoder) else None


@dataclass(frozen=True)
class Surroundings:
    """Where a fit runs."""

    device: str = "auto"
    checkpoints: Path | None = None
    report: Report = silent
    start: Start | None = None  # of the encoder for validation

    def part(self, start: float, end: float) -> "Surroundings":
        """The same, reporting only a part of the whole."""
        report = self.report
        return replace(self, report=lambda share, message: report(start + (end - start) * share, message))

    def checkpoint(self, name: str) -> Path | None:
        return self.checkpoints and self.checkpoints / f"{name}.safetensors"

    def forget(self) -> None:
        """Remove the checkpoints, and their folder where it holds nothing else."""
        if self.checkpoints is None or not self.checkpoints.is_dir():
            return
        for name in CHECKPOINTS:
            for ending in (".safetensors", ".part"):
                (self.checkpoints / f"{name}{ending}").unlink(missing_ok=True)
        if not any(self.checkpoints.iterdir()):
            self.checkpoints.rmdir()


def validation_split(dataset: Dataset, seed: int, *, visitors: int = 40_000) -> Split:
    """The last interaction of (at most so many) visitors is held out; they are asked about unseen items only. May be
    empty. Whose it is: `whom_to_ask`."""
    return split_without(dataset, whom_to_ask(dataset, seed, visitors=visitors)[0])


def split_without(dataset: Dataset, chosen_B: np.ndarray) -> Split:
    """The last interaction of the visitors in these rows is held out."""
    train, rows, targets_B = hold_out_last(dataset, only=chosen_B)
    return only_askable(Split(train, train.histories.take(rows), Relevant.single(targets_B), rows))


def fit_for_validation(split: Split, config: TrainingConfig, where: Surroundings) -> Fitted:
    """Models that have not seen what came next, with the encoder stopped at its best pass and the blend's weights."""
    transitions = Transitions(config.transitions)

    def follow() -> dict[str, Model]:
        transitions.fit(split.train)
        if len(split.histories):
            transitions.tune(split.histories, split.relevant.items_N)
        return {"transitions": transitions}

    models = _together(lambda: _plain(split.train, config, PLAIN), lambda: _described(split.train, config), follow)
    encoder = _fit_encoder(split.train, config, transitions, where, split)
    if encoder is not None:
        models["encoder"] = encoder
    return Fitted(models)


def weigh(fitted: Fitted, split: Split, effort: EffortConfig) -> Fitted:
    """The same models with the weights of their blend."""
    names = [name for name in BLENDED if name in fitted.models]
    rows = np.arange(min(len(split.histories), effort.asked(WEIGHING_VISITORS, split.train.items, SOME)))
    shares_BCM = candidate_shares(fitted, split, rows, names)
    out_of_fold = tuple(settle_weights(shares_BCM[others::2], names) for others in (1, 0))
    return replace(fitted, weights=settle_weights(shares_BCM, names), out_of_fold=out_of_fold)


def candidate_shares(fitted: Fitted, split: Split, rows_B: np.ndarray, names: list[str]) -> np.ndarray:
    """float32 (B, C, M): what each model gives to what came next (candidate 0) and to the best of every model."""

    def shares_of(part: np.ndarray) -> np.ndarray:
        rows = rows_B[part]
        histories, targets = split.histories.take(rows), split.relevant.items_N[rows]
        models = [fitted.models[name].probabilities(histories, exclude_seen=True) for name in names]
        return _shares(models, targets)

    shares = [
        np.zeros((0, 1, len(names)), np.float32),
        *side_by_side(shares_of, batches(len(rows_B), rows_at_once(split.train.items))),
    ]
    width = max(part.shape[1] for part in shares)
    return np.concatenate([np.pad(part, ((0, 0), (0, width - part.shape[1]), (0, 0))) for part in shares])


def _shares(models: list[np.ndarray], targets_B: np.ndarray) -> np.ndarray:
    """A candidate that several models name, and the target itself, are counted once: their repeats get −1."""
    tops = [top_items(scores_BI, CANDIDATES) for scores_BI in models]
    codes_BC = np.concatenate([targets_B[:, None], *tops], axis=1)
    shares_BCM = np.stack([np.take_along_axis(scores_BI, codes_BC, axis=1) for scores_BI in models], axis=2)
    order_BC = np.argsort(codes_BC, axis=1, kind="stable")
    sorted_BC = np.take_along_axis(codes_BC, order_BC, axis=1)
    repeat_BC = np.zeros(codes_BC.shape, bool)
    np.put_along_axis(repeat_BC, order_BC[:, 1:], sorted_BC[:, 1:] == sorted_BC[:, :-1], axis=1)
    shares_BCM[repeat_BC] = -1.0
    return shares_BCM


def served(weighed: Fitted) -> Fitted:
    """Without the models that nothing reads: those to which the blend gives no weight, and serving has no other use."""
    weights = weighed.weights
    read = {name: model for name, model in weighed.models.items() if weights.get(name) or model.is_always_served}
    return replace(weighed, models=read)


def refit(dataset: Dataset, config: TrainingConfig, validated: Fitted, where: Surroundings) -> Fitted:
    """These models again on all interactions, with what validation taught: worth 15–20% of accuracy on Beauty. The
    encoder goes on from its best pass for a few more: better than from the start, in half the time."""
    transitions = Transitions(validated.models["transitions"].config)
    plain = [name for name in PLAIN if name in validated.models]
    models = _together(lambda: _plain(dataset, config, plain), lambda: {"transitions": transitions.fit(dataset)})
    if "content" in validated.models:
        models["content"] = validated.models["content"]  # it has read the catalog alone
    if (earlier := validated.encoder) is not None:
        options = FitOptions(earlier=earlier, checkpoint=where.checkpoint(CHECKPOINTS[1]), device=where.device)
        teachers = config.effort.taught_by(earlier.config, dataset)
        models["encoder"] = Encoder(earlier.config).fit(teachers, report=where.report, options=options)
    return replace(validated, models=models)


def _together(*fits: Callable[[], dict[str, Model]]) -> dict[str, Model]:
    """What they fit, side by side."""
    return {name: model for found in side_by_side(lambda fit: fit(), fits) for name, model in found.items()}


def _plain(dataset: Dataset, config: TrainingConfig, names: Sequence[str]) -> dict[str, Model]:
    return {name: class_of(name)(getattr(config, name)).fit(dataset) for name in names}


def _described(dataset: Dataset, config: TrainingConfig) -> dict[str, Model]:
    """The content model, where the catalog describes anything."""
    if dataset.catalog is None:
        return {}
    content = Content(config.content).fit(dataset)
    return {"content": content} if content.described_I.any() else {}


def _fit_encoder(
    dataset: Dataset, config: TrainingConfig, transitions: Transitions, where: Surroundings, split: Split
) -> Encoder | None:
    if len(dataset.visitor_ids) > config.effort.encoder_visitors:
        return None
    if config.encoder.epochs == 0 or (dataset.histories.lengths_B < 2).all() or not len(split.histories):
        return None
    rows = np.arange(min(len(split.histories), config.effort.asked(STOPPING_VISITORS, dataset.items, SOME)))
    histories, relevant = split.histories.take(rows), Relevant.single(split.relevant.items_N[rows])

    def ndcg(model: Encoder) -> float:
        ranking = full_ranking(model.scores, histories, relevant, k=10, exclude_seen=True, items=dataset.items)
        return float(accuracy_per_visitor(ranking, relevant, 10)["ndcg"].mean())

    wanted, start = config.encoder, where.start
    if start is not None:
        wanted = replace(wanted, epochs=config.effort.warm_passes, refit_epochs=config.effort.warm_passes)
    encoder = config.effort.passes(wanted, dataset)
    options = FitOptions(
        start_II=transitions.values_II_,
        earlier=None if start is None else start.encoder(encoder, dataset, transitions.values_II_),
        validate=ndcg,
        checkpoint=where.checkpoint(CHECKPOINTS[0]),
        device=where.device,
    )
    teachers = config.effort.taught_by(encoder, dataset)
    return Encoder(encoder).fit(teachers, report=where.report, options=options)
