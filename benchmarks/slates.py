"""What the library's part of a slate costs: `python -m benchmarks.slates MODEL [--visitors 300] [--before CHECKOUT]
[--before-model MODEL]`.

Asks an artifact for its most active visitors and for random ones, each with the newest 50 interactions, on one thread:
200 candidates (encoder, user_knn, ranker …), the draw of 20 places with exploration, diversity and calibration, and
their reasons. Prints processor milliseconds a slate: medians of the parts, and of the whole also mean and p99. With
`--before` the library of another checkout answers the same visitors by turns, visitor by visitor, so that what else the
machine does weighs on both alike; then the ratios are what to read.
"""

import argparse
import json
import os
import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent.parent
PARTS = ("candidates", "draw", "reasons")
NEWEST, PLACES, POOL = 50, 20, 200
WARM_UP = 30
ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")  # as a web process


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", type=Path, help="folder of an artifact")
    parser.add_argument("--visitors", type=int, default=300, help="of each kind")
    parser.add_argument("--before", type=Path, help="a checkout whose library is measured beside this one")
    parser.add_argument("--before-model", type=Path, help="its artifact, where it cannot read this one")
    parser.add_argument("--answer", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.answer:
        answer(options.model, options.visitors)
        return
    asked = {"now": start(HERE, options.model, options.visitors)}
    if options.before:
        asked = {"before": start(options.before, options.before_model or options.model, options.visitors), **asked}
    for kind in ("busiest", "random"):
        print(json.dumps({"visitors": kind, **measure(asked, kind, options.visitors)}, indent=1))


def start(checkout, model, visitors):
    """A process that answers with the library of a checkout, once it has loaded and warmed up."""
    order = [sys.executable, __file__, str(model.resolve()), "--visitors", str(visitors), "--answer"]
    environment = {**os.environ, **ONE_THREAD, "PYTHONPATH": str(checkout.resolve())}
    process = subprocess.Popen(order, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment)
    process.stdout.readline()
    return process


def measure(asked, kind, visitors):
    """Milliseconds of each library, and how many times the first is the last."""
    spent = {name: [] for name in asked}
    for number in range(visitors):
        for name, process in asked.items():
            process.stdin.write(f"{kind} {number}\n")
            process.stdin.flush()
            spent[name].append(json.loads(process.stdout.readline()))
    told = {name: summary(rows) for name, rows in spent.items()}
    if len(told) == 2:
        before, now = told.values()
        told["ratio"] = {part: round(before[part] / now[part], 2) for part in (*PARTS, "whole")}
    return told


def summary(rows):
    import numpy as np

    parts_NP = np.array(rows) * 1e3
    whole_N = parts_NP.sum(axis=1)
    told = dict(zip(PARTS, np.median(parts_NP, axis=0), strict=True))
    told |= {"whole": np.median(whole_N), "mean": whole_N.mean(), "p99": np.percentile(whole_N, 99)}
    return {name: round(float(value), 2) for name, value in told.items()}


def answer(folder, visitors):
    """Processor seconds of the parts for each visitor that standard input names."""
    import numpy as np

    from recommender.serving import Recommender
    from recommender.serving.batch import known_visitors

    model, histories = Recommender.load(folder), known_visitors(folder).histories
    rows = {
        "busiest": np.argsort(-histories.lengths_B, kind="stable")[:visitors],
        "random": np.random.default_rng(0).permutation(len(histories))[:visitors],
    }
    category_of = categories(folder)
    for row in rows["random"][:WARM_UP]:
        slate(model, category_of, events(model, histories, row), seed=0)
    print("ready", flush=True)
    for line in sys.stdin:
        kind, number = line.split()
        row = rows[kind][int(number) % len(rows[kind])]
        print(json.dumps(slate(model, category_of, events(model, histories, row), seed=int(number))), flush=True)


def categories(folder):
    import pyarrow.parquet as pq

    items = pq.ParquetFile(folder / "items.parquet").read(columns=["item_id", "categories"]).to_pydict()
    first = [(text or "").split("|")[0] or None for text in items["categories"]]
    return dict(zip(items["item_id"], first, strict=True))


def events(model, histories, row):
    from recommender.serving import HistoryEvent

    own = slice(max(histories.starts_B1[row + 1] - NEWEST, histories.starts_B1[row]), histories.starts_B1[row + 1])
    items, seconds = model.item_ids[histories.items_N[own]], histories.seconds_N[own]
    return [HistoryEvent(item, "view_item", moment) for item, moment in zip(items, seconds.tolist(), strict=True)]


def slate(model, category_of, history, seed):
    """Processor seconds of each part; what a shop would know beside the model is made up outside of them."""
    import numpy as np

    from recommender.slate import DEFAULT_KNOBS, SlateCandidates, make_slate

    clock = [time.thread_time()]
    found = model.candidates(history, k=POOL)
    clock.append(time.thread_time())
    mix = {}
    for event in history:
        if category := category_of[event.item_id]:
            mix[category] = mix.get(category, 0.0) + 1.0
    columns = {
        "scores": found.scores.astype(float),
        "vectors": found.vectors,
        "categories": [category_of[item_id] for item_id in found.item_ids],
        "impressions": found.interactions % 97.0,
        "age_days": np.full(len(found.item_ids), 3.0),
        "groups": [f"product-{place // 4}" if place % 4 < 2 else None for place in range(len(found.item_ids))],
        "popularity": found.interactions.astype(float),
    }
    rng = np.random.default_rng(seed)
    clock.append(time.thread_time())
    candidates = SlateCandidates(item_ids=found.item_ids, **columns)
    drawn = make_slate(candidates, DEFAULT_KNOBS, PLACES, profile=mix, rng=rng)
    clock.append(time.thread_time())
    model.reasons([found.item_ids[index] for index in drawn.indices.tolist()], history)
    clock.append(time.thread_time())
    return [clock[1] - clock[0], clock[3] - clock[2], clock[4] - clock[3]]


if __name__ == "__main__":
    main()
