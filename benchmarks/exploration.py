"""Whether exploring pays: `python -m benchmarks.exploration [--visitors 200] [--seeds 10] [--processes 2]`.

Runs every policy through every world of `simulate` and writes docs/exploration.md with its charts. Each run is kept in
`--results` as soon as it is done, so that a second start goes on where the first was stopped; a run whose file is there
is not repeated: empty the folder after a change of policies or worlds.
"""

import argparse
import json
import os
import time
from concurrent.futures import ProcessPoolExecutor, as_completed
from functools import partial
from pathlib import Path

from benchmarks.exploration_report import write_report

HERE = Path(__file__).resolve().parent.parent
SCENARIOS = ("stable", "drift", "satiation", "launches", "seasonal")
POLICIES = ("default", "greedy", "fatigue", "epsilon", "thompson", "oracle")
ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--visitors", type=int, default=200)
    parser.add_argument("--days", type=int, default=60)
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--results", type=Path, default=HERE / "var" / "exploration", help="folder of finished runs")
    parser.add_argument("--out", type=Path, default=HERE / "docs", help="folder of exploration.md and images/")
    options = parser.parse_args()
    options.results.mkdir(parents=True, exist_ok=True)
    os.environ.update(ONE_THREAD)
    jobs = [(world, policy, seed) for seed in range(options.seeds) for world in SCENARIOS for policy in POLICIES]
    started = time.monotonic()
    with ProcessPoolExecutor(options.processes) as pool:
        run_one = partial(run, options.results, options.visitors, options.days)
        for done, _ in enumerate(as_completed([pool.submit(run_one, *job) for job in jobs]), start=1):
            print(f"\r{done} of {len(jobs)} runs, {time.monotonic() - started:.0f} s", end="", flush=True)
    print()
    results = {job: json.loads(path_of(options.results, *job).read_text()) for job in jobs}
    write_report(results, options.out, visitors=options.visitors, days=options.days, seeds=options.seeds)


def path_of(folder, world, policy, seed):
    return folder / f"{world}-{policy}-{seed}.json"


def run(folder, visitors, days, world, policy, seed):
    """Simulate once, unless it was done before."""
    from recommender.simulation import simulate

    path = path_of(folder, world, policy, seed)
    if not path.exists():
        result = simulate(scenario=world, policy=policy, visitors=visitors, days=days, seed=seed)
        beside = path.with_suffix(".part")
        beside.write_text(json.dumps(result))
        beside.replace(path)


if __name__ == "__main__":
    main()
