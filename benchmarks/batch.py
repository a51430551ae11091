"""How many visitors a second get lists: `python -m benchmarks.batch MODEL [--history F] [-k 20] [--runs 3]`.

Runs `recommend` on an artifact for all its visitors, from the command to the written file, and prints one JSON object:
the median visitors per second of the wall clock, and the least processor time of a run, which tells more where others
use the machine too: `visitors_per_second_of_two_cores` is what two cores would do if nobody waited for anybody. Then
the processor microseconds of a visitor by part, on one thread: `models` is every model's probability of every item,
`choose` the best candidates of the blend, `describe` what the models say of them, `features` and `network` the ranker.
"""

import argparse
import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from threadpoolctl import threadpool_limits

from benchmarks.ranker import PARTS, model_with_ranker, steps
from recommender.evaluation.ranks import batches
from recommender.memory import keep_freed_memory
from recommender.serving.batch import BATCH, known_visitors

CORES, ROUNDS = 2, 3
MOST_VISITORS = 3000  # whose parts are measured


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", type=Path, help="folder of an artifact")
    parser.add_argument("--history", type=Path, help="newer interactions, as `recommend` reads them")
    parser.add_argument("-k", type=int, default=20)
    parser.add_argument("--runs", type=int, default=3)
    options = parser.parse_args()
    model = model_with_ranker(options.model)
    keep_freed_memory()
    with threadpool_limits(1):
        print(json.dumps({**whole(options), "cpu_us_per_visitor": parts(model, known_visitors(options.model))}))


def whole(options):
    """Of the command, in processes of its own."""
    walls, spent = [], []
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "recommender", "recommend", "--model", str(options.model), "--json"]
        command += ["-k", str(options.k), "--out", f"{folder}/lists.csv", "--progress", "none"]
        command += ["--history", str(options.history)] if options.history else []
        for _ in range(options.runs):
            before, started = children_seconds(), time.perf_counter()
            told = subprocess.run(command, capture_output=True, text=True, check=True)
            walls.append(time.perf_counter() - started)
            spent.append(children_seconds() - before)
    visitors = json.loads(told.stdout)["visitors"]
    return {
        "visitors": visitors,
        "visitors_per_second": round(visitors / statistics.median(walls)),
        "cpu_seconds": round(min(spent), 2),
        "visitors_per_second_of_two_cores": round(CORES * visitors / min(spent)),
    }


def children_seconds():
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def parts(model, visitors):
    """The least of several rounds."""
    rng = np.random.default_rng(0)
    asked = rng.permutation(len(visitors.histories))[:MOST_VISITORS]
    rounds = [of_a_round(model, visitors.histories.take(asked)) for _ in range(ROUNDS)]
    least = np.min(rounds, axis=0) / len(asked) * 1e6
    return dict(zip(PARTS, least.round(1).tolist(), strict=True)) | {"all": round(float(least.sum()), 1)}


def of_a_round(model, histories):
    clocks = [steps(model, histories.take(rows), model.ranker.candidates) for rows in batches(len(histories), BATCH)]
    return np.diff(np.array(clocks), axis=1).sum(axis=0)


if __name__ == "__main__":
    main()
