"""What the ranker costs one visitor: `python -m benchmarks.ranker MODEL [--candidates 200] [--visitors 300]`.

Asks an artifact for visitors of its training data, one at a time, on one thread and without torch, and prints one JSON
object: medians in milliseconds of processor time, of the wall clock too for the whole. `models` is every model's
probability of every item, `choose` the best candidates of the blend, `describe` what the models say of them, `features`
and `network` the ranker itself; `ranker` is the sum of the last two, which should stay below 1 ms.
"""

import argparse
import json
import sys
import time
from pathlib import Path

import numpy as np
from threadpoolctl import threadpool_limits

from recommender.ranking.candidates import describe_of_one
from recommender.ranking.single import features_of_one
from recommender.serving import Recommender
from recommender.serving.batch import known_visitors
from recommender.serving.blending import best_of

PARTS = ("models", "choose", "describe", "features", "network")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", type=Path, help="folder of an artifact")
    parser.add_argument("--candidates", type=int, default=200)
    parser.add_argument("--visitors", type=int, default=300)
    options = parser.parse_args()
    model = model_with_ranker(options.model)
    with threadpool_limits(1):
        print(json.dumps(measure(model, known_visitors(options.model).histories, options)))


def model_with_ranker(folder):
    """The model of an artifact; ends the benchmark where it has no ranker to measure."""
    model = Recommender.load(folder)
    if model.ranker is None:
        raise SystemExit(f"{folder}: has no ranker")
    return model


def measure(model, histories, options):
    """Medians over visitors; the first ten only warm up."""
    rng = np.random.default_rng(0)
    asked = rng.choice(len(histories), min(options.visitors + 10, len(histories)), replace=False)
    spent, walls = [], []
    for row in asked:
        started = time.perf_counter()
        spent.append(steps(model, histories.take(np.array([row])), options.candidates))
        walls.append((time.perf_counter() - started) * 1e3)
    medians = np.median(np.diff(np.array(spent[10:]), axis=1), axis=0) * 1e3
    parts = dict(zip(PARTS, medians.round(3).tolist(), strict=True))
    return {
        "candidates": options.candidates,
        "items": len(model.item_ids),
        "visitors": len(asked) - 10,
        "torch_loaded": "torch" in sys.modules,
        **parts,
        "ranker": round(parts["features"] + parts["network"], 3),
        "whole": round(float(medians.sum()), 3),
        "whole_wall": round(float(np.median(walls[10:])), 3),
    }


def steps(model, history, count):
    """Processor seconds of the thread before and after each part."""
    ranker, clock = model.ranker, [time.thread_time()]
    weights_M = np.array([model.blend[name] for name in ranker.models], np.float32)
    shares_MI = model.blended.shares_of_one(history, len(model.item_ids))[: len(weights_M)]
    clock.append(time.thread_time())
    codes_C = best_of(weights_M @ shares_MI, count, np.zeros(0, np.int64), model.interactions_I)
    clock.append(time.thread_time())
    described = describe_of_one(codes_C, shares_MI, weights_M, history.items_N)
    clock.append(time.thread_time())
    made_BCF = features_of_one(ranker.facts, history, described).T[None]
    clock.append(time.thread_time())
    ranker.network.probabilities(ranker.network.logits(made_BCF), described.codes_BC >= 0)
    clock.append(time.thread_time())
    return clock


if __name__ == "__main__":
    main()
