"""Every model of the family on one data set, alone: `python -m benchmarks.models --data DIR [--models "A; B"]`.

DIR holds `train`, `history` and `test` (.csv.gz, the columns of the command line; `history` is each visitor's
second-last interaction, `test` the last) and, where there is a catalog, `items.csv.gz`. Strict: models are fitted on
`train` alone; `history` serves only when they are asked. Full ranking of all items, seen items excluded, defaults of
each config, one seed, fixed epochs. Prints one JSON object a model (measures with 95% intervals, processor seconds of
the fit, visitors ranked a processor second) and ends with a table in Markdown. `--report F.html` draws the trade-off.
"""

import argparse
import json
import tempfile
import time
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from threadpoolctl import threadpool_limits

from recommender.cli.train import calm_threads
from recommender.data.dataset import build_dataset
from recommender.data.files import read_table
from recommender.data.interactions import read_interactions
from recommender.data.items import read_items
from recommender.errors import LibraryError
from recommender.evaluation.protocols import Split, hold_out_last, only_askable
from recommender.evaluation.ranks import Relevant, full_ranking
from recommender.evaluation.summary import figures, measured
from recommender.evaluation.traits import ItemTraits
from recommender.models.family import MODULE_OF, member

K = 10
CUTOFFS = [5, 10, 20]
PARTS = ("train", "history", "test")
SHOWN = ("ndcg", "hr", "coverage", "intra_list_distance", "novelty", "calibration_kl", "popularity_lift")
ENCODERS = {
    "gru": {"kind": "gru"},
    "cnn": {"kind": "cnn", "layers": 2},
    "transformer": {"kind": "transformer", "layers": 2, "hidden": 256, "dropout": 0.5, "epochs": 16},
    "transformer, 1,024 negatives": {
        "kind": "transformer", "layers": 2, "hidden": 256, "dropout": 0.5, "epochs": 16, "negatives": 1024
    },
}  # fmt: skip


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", required=True, type=Path, metavar="DIR")
    parser.add_argument("--models", default="", help="some of them (all)")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--report", type=Path, metavar="F.html", help="draw accuracy against diversity and coverage")
    options = parser.parse_args()
    calm_threads()
    with threadpool_limits(1):
        results = measure_all(options)
    print(table(results))
    if options.report:
        from recommender.reports.tradeoff import tradeoff_page

        options.report.write_text(tradeoff_page(as_evaluation(results), k=K), encoding="utf-8")


def measure_all(options):
    split = strict_split(options.data)
    traits = ItemTraits.of(split.train)
    makers = makers_of(options.seed)
    wanted = [name.strip() for name in options.models.split(";")] if options.models else list(makers)
    results = {}
    for name in wanted:
        results[name] = measure(name, makers[name], split, traits)
        print(json.dumps({"model": name, **results[name]}), flush=True)
    return results


def strict_split(folder):
    """What models learn from, the histories they are asked with, and the last item of each."""
    items = folder / "items.csv.gz"
    whole = build_dataset(joined(folder), read_items(items) if items.exists() else None)
    with_history, rows, targets = hold_out_last(whole)
    train, _, _ = hold_out_last(with_history)
    return only_askable(Split(train, with_history.histories.take(rows), Relevant.single(targets)))


def joined(folder):
    """The interactions of the three files, in this order."""
    tables = [read_table(folder / f"{name}.csv.gz") for name in PARTS]
    with tempfile.TemporaryDirectory() as scratch:
        part = Path(scratch, "joined.parquet")
        pq.write_table(pa.concat_tables(tables, promote_options="permissive"), part)
        return read_interactions(part)


def makers_of(seed):
    from recommender.models.encoders.config import EncoderConfig
    from recommender.models.encoders.encoder import Encoder
    from recommender.models.popularity import Popularity
    from recommender.models.transitions import Transitions
    from recommender.models.user_knn import UserKNN, UserKNNConfig

    makers = {
        "popularity": Popularity,
        "transitions": Transitions,
        "user_knn": lambda: UserKNN(UserKNNConfig(seed=seed)),
    }
    makers |= {name: lambda name=name: member(name, {}, seed=seed) for name in MODULE_OF}
    return makers | {
        name: lambda changes=changes: Encoder(replace(EncoderConfig(seed=seed), **changes))
        for name, changes in ENCODERS.items()
    }


def measure(name, make, split, traits):
    """The figures of one model, or why there are none."""
    from recommender.models.encoders.encoder import Encoder, FitOptions
    from recommender.models.transitions import Transitions

    model = make()
    started = time.process_time()
    try:
        if isinstance(model, Encoder):
            start = Transitions().fit(split.train).values_II_
            model.fit(split.train, options=FitOptions(start_II=start, device="cpu"))
        else:
            model.fit(split.train)
    except LibraryError as error:
        return {"refused": str(error)}
    fitted = time.process_time()
    relevant = split.relevant
    ranking = full_ranking(model.scores, split.histories, relevant, k=max(CUTOFFS), exclude_seen=True)
    ranked = time.process_time()
    found = figures(measured(ranking, split, traits, CUTOFFS), split.train.items, CUTOFFS, seed=0)
    return {
        "visitors": len(split.histories),
        "fit_cpu_s": round(fitted - started, 1),
        "ranked_per_cpu_s": round(len(split.histories) / max(ranked - fitted, 1e-9)),
        "config": asdict(model.config),
        "values": found.values,
        "intervals": found.intervals,
    }


def table(results):
    """Markdown, best NDCG first."""
    heads = ["model", *(f"{name}@{K}" for name in SHOWN), "fit, CPU s", "ranked per CPU s"]
    lines = ["| " + " | ".join(heads) + " |", "|" + "---|" * len(heads)]
    measured_ones = {name: result for name, result in results.items() if "values" in result}
    for name, result in sorted(measured_ones.items(), key=lambda pair: -pair[1]["values"][f"ndcg@{K}"]):
        cells = [f"{result['values'].get(f'{measure}@{K}', np.nan):.4f}" for measure in SHOWN]
        cells += [f"{result['fit_cpu_s']:.0f}", f"{result['ranked_per_cpu_s']:,}"]
        lines.append("| " + " | ".join([f"`{name}`", *cells]) + " |")
    lines += [f"| `{name}` | refused: {result['refused']} |" for name, result in results.items() if "refused" in result]
    return "\n".join(lines)


def as_evaluation(results):
    """What the trade-off page reads."""
    kept = {name: result for name, result in results.items() if "values" in result}
    return {
        "protocol": "leave-one-out (strict)",
        "visitors": max((result["visitors"] for result in kept.values()), default=0),
        "models": {name: result["values"] for name, result in kept.items()},
        "intervals": {name: result["intervals"] for name, result in kept.items()},
    }


if __name__ == "__main__":
    main()
