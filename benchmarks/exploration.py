"""Whether exploring pays: `python -m benchmarks.exploration [--learner counts|forage|both] [--visitors 200]
[--processes 2] [--minutes M]`.

Runs policies through the worlds of `simulate` and writes their sections of docs/exploration.md with its charts: with
the learner that counts every policy, world and ten seeds; with Forage itself, whose runs take minutes, fewer. Each run
is kept in `--results` as soon as it is done, so that a second start goes on where the first was stopped; a run whose
file is there is not repeated: empty the folder after a change of policies or worlds. After `--minutes` none is begun,
and the report tells the seeds of which all runs are there (with 0, what there is).
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
# Of each learner: worlds, policies, seeds.
ASKED = {
    "counts": (
        ("stable", "drift", "satiation", "launches", "seasonal"),
        ("default", "greedy", "fatigue", "epsilon", "thompson", "oracle"),
        10,
    ),
    "forage": (("launches", "satiation", "stable"), ("default", "greedy", "fatigue", "thompson"), 5),
}
ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--learner", choices=(*ASKED, "both"), default="both")
    parser.add_argument("--visitors", type=int, default=200)
    parser.add_argument("--days", type=int, default=60)
    parser.add_argument("--seeds", type=int, help="(counts 10, forage 5)")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--minutes", type=float, default=float("inf"))
    parser.add_argument("--results", type=Path, default=HERE / "var" / "exploration", help="folder of finished runs")
    parser.add_argument("--out", type=Path, default=HERE / "docs", help="folder of exploration.md and images/")
    options = parser.parse_args()
    options.results.mkdir(parents=True, exist_ok=True)
    os.environ.update(ONE_THREAD)
    learners = list(ASKED) if options.learner == "both" else [options.learner]
    run_all([job for learner in learners for job in jobs_of(learner, options.seeds)], options)
    for learner in learners:
        report(learner, options)


def jobs_of(learner, seeds):
    """(learner, world, policy, seed), one seed after the other."""
    worlds, policies, usual = ASKED[learner]
    return [(learner, world, policy, seed) for seed in range(seeds or usual) for world in worlds for policy in policies]


def run_all(jobs, options):
    """Those that are not there yet, as far as the minutes reach."""
    jobs = [job for job in jobs if not path_of(options.results, *job).exists()]
    started, done = time.monotonic(), 0
    with ProcessPoolExecutor(options.processes) as pool:
        run_one = partial(run, options.results, options.visitors, options.days, time.time() + 60 * options.minutes)
        for future in as_completed([pool.submit(run_one, *job) for job in jobs]):
            done += future.result()
            print(f"\r{done} of {len(jobs)} runs, {time.monotonic() - started:.0f} s", end="", flush=True)
    print()


def report(learner, options):
    """Write the section of a learner from the seeds that are whole."""
    worlds, policies, _ = ASKED[learner]
    seeds, results = [], {}
    for seed in range(options.seeds or ASKED[learner][2]):
        paths = {
            (world, policy): path_of(options.results, learner, world, policy, seed)
            for world in worlds
            for policy in policies
        }
        if all(path.exists() for path in paths.values()):
            seeds.append(seed)
            results |= {(*key, seed): json.loads(path.read_text()) for key, path in paths.items()}
    if len(seeds) < 2:
        print(f"{learner}: {len(seeds)} whole seeds, which make no interval; nothing is written")
        return
    write_report(learner, results, options.out, visitors=options.visitors, days=options.days, seeds=seeds)


def path_of(folder, learner, world, policy, seed):
    before = "" if learner == "counts" else f"{learner}-"
    return folder / f"{before}{world}-{policy}-{seed}.json"


def run(folder, visitors, days, until, learner, world, policy, seed):
    """Simulate once, unless it was done before, or it is too late; whether it is done."""
    from recommender.simulation import simulate

    path = path_of(folder, learner, world, policy, seed)
    if not path.exists():
        if time.time() > until:
            return False
        result = simulate(scenario=world, policy=policy, visitors=visitors, days=days, seed=seed, learner=learner)
        beside = path.with_suffix(".part")
        beside.write_text(json.dumps(result))
        beside.replace(path)
    return True


if __name__ == "__main__":
    main()
