"""`train`: from interactions to an artifact."""

import importlib.metadata
import json
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from threadpoolctl import threadpool_limits

from recommender.artifact import SCHEMA, ArtifactError, new_artifact
from recommender.artifact.lineage import cost_of, data_facts, parent_of, source_digest
from recommender.data.dataset import Dataset, build_dataset
from recommender.data.events import EVENT_WEIGHTS
from recommender.data.interactions import read_interactions
from recommender.data.items import read_catalog
from recommender.data.report import cleaning_report, length_notices, screening_notices
from recommender.data.screening import ScreeningConfig, screened
from recommender.errors import InputError
from recommender.models.encoders.encoder import device_facts
from recommender.models.encoders.onnx_export import export_onnx
from recommender.models.popularity import Popularity
from recommender.models.user_knn import UserKNN
from recommender.serving.known_items import write_items
from recommender.serving.nearest import write_index
from recommender.serving.recommender import Recommender
from recommender.tensors import save_tensors
from recommender.training.fitting import (
    Fitted,
    Surroundings,
    fit_for_validation,
    refit,
    served,
    split_without,
    weigh,
)
from recommender.training.holding_out import whom_to_ask
from recommender.training.judging import Judged, judge
from recommender.training.paired import FILE as JUDGED
from recommender.training.paired import Earlier, compared, kept_segments, milliseconds, size_of, write_judged
from recommender.training.presets import TrainingConfig
from recommender.training.progress import Progress
from recommender.training.ranking import facts_of, teach
from recommender.training.segmenting import (
    Segmented,
    emerging_table,
    read_previous,
    segment,
    visitors_table,
    with_earlier,
)
from recommender.training.warm import Cold, Start, how_it_starts, read_start, write_start

INDEX_VISITORS = 200  # whose nearest items tell how much of an index must be looked at
ENCODING = 0.75  # of the stage is the fit for validation, the rest the shorter one on everything
PACKAGES = ("numpy", "scipy", "torch", "scikit-learn", "onnxruntime", "pyarrow")


@dataclass(frozen=True)
class Order:
    """What to train, from what, and where to put it."""

    interactions: Path
    out: Path
    config: TrainingConfig
    preset: str
    items: Path | None = None
    seed: int = 0
    device: str = "auto"
    previous: Path | None = None
    earlier_segments: Path | None = None
    checkpoints: Path | None = None
    warm: bool = False  # go on from the encoder of `previous`, where that makes sense


def read_dataset(
    interactions: Path,
    items: Path | None,
    weights: Mapping[str, float] = EVENT_WEIGHTS,
    screening: ScreeningConfig | None = None,
) -> tuple[Dataset, tuple[str, ...]]:
    """The dataset of two files, and notices about what was left out. Raises InputError."""
    rows = screened(read_interactions(interactions), screening or ScreeningConfig())
    catalog, catalog_notices = read_catalog(items) if items else (None, ())
    dataset = build_dataset(rows, catalog, weights)
    if not dataset.interactions:
        reasons = ", ".join(f"{rows:,} {reason.replace('_', ' ')}" for reason, rows in dataset.left_out.items() if rows)
        raise InputError(f"nothing is left to learn from ({reasons})", file=interactions)
    return dataset, (*rows.notices, *catalog_notices, *screening_notices(rows), *length_notices(dataset))


def train(order: Order, progress: Progress) -> dict[str, Any]:
    """Write the artifact of `order` to its `out`. On any error nothing of it is left but checkpoints."""
    manifest: dict[str, Any] = {}
    begun = time.monotonic()
    previous = read_previous(order.previous) if order.previous else None
    if order.earlier_segments:
        previous = with_earlier(previous, order.earlier_segments)
    with new_artifact(order.out, manifest) as folder, threadpool_limits(1, "blas"):
        dataset, notices = read_dataset(
            order.interactions, order.items, order.config.events.weights, order.config.screening
        )
        progress.report(1.0, "; ".join(notices) or f"{dataset.interactions:,} interactions")
        config = order.config.seeded(order.seed)
        asked = config.effort.asked(config.ranker.visitors, dataset.items)
        start = _start(order, config, dataset) if order.warm else None
        going_on = start if isinstance(start, Start) else None
        before = going_on.held_out if going_on else None
        chosen_B, held_out = whom_to_ask(dataset, order.seed, visitors=asked, before=before)
        split = split_without(dataset, chosen_B)
        where = Surroundings(order.device, order.checkpoints, progress.part(0.0, ENCODING), going_on)
        progress.enter("encode", _encoding_words(start))
        validated = fit_for_validation(split, config, where)
        validated = weigh(validated, split, config.effort)
        final = refit(dataset, config, served(validated), replace(where, report=progress.part(ENCODING, 1.0)))
        progress.enter("rank", "learning to put candidates in order")
        with ThreadPoolExecutor(1) as aside:  # neither needs the other
            segmenting = aside.submit(
                segment,
                dataset,
                _user_knn(final).factors_,
                seed=order.seed,
                previous=previous,
                chosen_on=config.effort.segment_visitors,
                interests=config.interests,
            )
            facts = aside.submit(facts_of, dataset, final)
            taught = teach(validated, split, config.ranker)
            final = replace(final, ranker=taught.ranker(facts.result()) if taught else None)
            progress.enter("segments", "finding segments")
            segmented = segmenting.result()
        progress.enter("evaluate", "ranking everything for held-out interactions")
        asked = config.effort.asked(config.effort.judged_visitors, dataset.items)
        judged = judge(validated, split, seed=order.seed, taught=taught, visitors=asked)
        progress.metrics(judged.evaluation["models"]["blend"])
        earlier, paired = _earlier(order, progress), {}
        if earlier is not None:
            paired = compared(earlier, judged, dataset, seed=order.seed)
        progress.enter("write")
        manifest.update(_write(folder, dataset, final, segmented, order.seed))
        write_judged(judged, dataset, folder / JUDGED)
        write_start(folder, validated.encoder, dataset, held_out)
        manifest.update({**_manifest(order, dataset, final), **how_it_starts(start)})
        if earlier is not None and previous is not None:
            paired |= _beside(earlier, folder, manifest, judged, dataset)
            paired["segments"] = kept_segments(previous.segment_of(dataset.visitor_ids), segmented.numbers_V)
        evaluation = {**judged.evaluation, "segments": segmented.evaluation}
        _write_json(folder / "evaluation.json", {**evaluation, "paired": paired} if paired else evaluation)
        manifest["cost"] = {**cost_of(begun), **device_facts(order.device)}
    where.forget()
    progress.report(1.0, f"wrote {order.out}")
    return manifest


def _start(order: Order, config: TrainingConfig, dataset: Dataset) -> Start | Cold:
    """What the encoder goes on from, or why it starts anew."""
    try:
        return read_start(order.previous, config.encoder, dataset, order.seed)
    except Cold as cold:
        return cold


def _encoding_words(start: Start | Cold | None) -> str:
    if isinstance(start, Cold):
        return f"learning what follows what, anew: {start}"
    return "learning what follows what" + (", going on from the version before" if start else "")


def _earlier(order: Order, progress: Progress) -> Earlier | None:
    """The version that serves; None where it cannot be asked: what cannot be read guards nothing."""
    if order.previous is None:
        return None
    progress.report(0.7, "asking the version before about the same visitors")
    try:
        return Earlier.read(order.previous)
    except ArtifactError as error:
        progress.report(0.7, f"the version before cannot be asked: {error}")
        return None


def _beside(
    earlier: Earlier, folder: Path, manifest: Mapping[str, Any], judged: Judged, dataset: Dataset
) -> dict[str, Any]:
    """What each costs those who serve it."""
    spent = milliseconds(earlier.model, Recommender.read(folder, manifest), judged, dataset)
    return {"milliseconds": spent, "bytes": {"before": earlier.size_bytes, "after": size_of(folder)}}


def _user_knn(fitted: Fitted) -> UserKNN:
    model = fitted.models["user_knn"]
    if not isinstance(model, UserKNN):
        raise TypeError("the model named user_knn is another one")
    return model


def _write(folder: Path, dataset: Dataset, fitted: Fitted, segmented: Segmented, seed: int) -> dict[str, Any]:
    """Every file but the manifest and the evaluation; what the manifest says of them."""
    said = {}
    for name, model in fitted.models.items():
        if name != "encoder":
            model.save(folder / f"{name}.safetensors")
    if fitted.ranker is not None:
        fitted.ranker.save(folder / "ranker.safetensors")
    vectors = {"item_interest_IP": segmented.item_interest_IP.astype(np.float32)}
    if (encoder := fitted.encoder) is not None:
        export_onnx(encoder.network_, folder / "encoder.onnx")
        vectors["item_embedding_ID"] = encoder.network_.item_embedding_ID.detach().numpy()
        vectors["item_bias_I"] = encoder.network_.bias_I.detach().numpy()
        asked = np.random.default_rng([seed, 3]).permutation(len(dataset.visitor_ids))[:INDEX_VISITORS]
        states_QD = encoder.states_BD(dataset.histories.take(asked))
        report = write_index(folder, vectors["item_embedding_ID"], vectors["item_bias_I"], states_QD, seed=seed)
        said = {"nearest": report} if report else {}
    save_tensors(vectors, folder / "vectors.safetensors")
    space, segments = segmented.space, segmented.segments
    save_tensors(
        {
            "mean_D": space.mean_D,
            "components_PD": space.components_PD,
            "explained_P": space.explained_P,
            "weights_K": segments.weights_K,
            "means_KP": segments.means_KP,
            "precisions_cholesky_KPP": segments.precisions_cholesky_KPP,
            "numbers_K": segments.numbers_K,
            "map_P2": segments.map_P2,
            "anchors_K2": segments.anchors_K2,
        },
        folder / "interests.safetensors",
    )
    save_tensors(dataset.histories.arrays(), folder / "histories.safetensors")
    interactions_I = np.bincount(dataset.histories.items_N, minlength=dataset.items)
    pq.write_table(_items_table(dataset, fitted, interactions_I), folder / "items.parquet", compression="zstd")
    write_items(folder, dataset.item_ids, interactions_I)
    pq.write_table(visitors_table(dataset, segmented), folder / "visitors.parquet", compression="zstd")
    _write_json(folder / "segments.json", segmented.described)
    _write_json(folder / "emerging.json", emerging_table(dataset, segmented))
    return said


def _items_table(dataset: Dataset, fitted: Fitted, interactions_I: np.ndarray) -> pa.Table:
    popularity = fitted.models["popularity"]
    if not isinstance(popularity, Popularity):
        raise TypeError("the model named popularity is another one")
    return pa.table(
        {
            "item_id": pa.array(dataset.item_ids, pa.string()),
            "title": dataset.column("title"),
            "categories": dataset.column("categories"),
            "popularity": popularity.popularity_I_ - popularity.config.smoothing,
            "interactions": interactions_I,
        }
    )


def _manifest(order: Order, dataset: Dataset, fitted: Fitted) -> dict[str, Any]:
    return {
        "schema": SCHEMA,
        "created_at": datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z"),
        "preset": order.preset,
        "seed": order.seed,
        "config": {
            "events": order.config.events.weights,
            "screening": asdict(order.config.screening),
            "interests": asdict(order.config.interests),
            **{name: asdict(model.config) for name, model in fitted.models.items()},
            "ranker": asdict(order.config.ranker),
            "effort": asdict(order.config.effort),
        },
        "counts": {
            "interactions": dataset.interactions,
            "visitors": len(dataset.visitor_ids),
            "items": dataset.items,
        },
        "cleaning": cleaning_report(dataset),
        "data": data_facts(order.interactions, order.items, dataset.histories.seconds_N),
        "source": source_digest(),
        "parent": parent_of(order.previous),
        "blend": fitted.weights,
        "history_length": order.config.encoder.history_length,
        "versions": {name: importlib.metadata.version(name) for name in PACKAGES},
    }


def _write_json(path: Path, document: Any) -> None:
    path.write_text(json.dumps(document, ensure_ascii=False, allow_nan=False), encoding="utf-8")
