"""How far the statistics of experiments can be trusted: `python -m benchmarks.experiments [--tests 2000]
[--processes 2]` prints the tables of docs/experiments.md, and `--json` the figures.

Simulated tests of 28 days with visitors that differ in taste, spend by a heavy-tailed law, and have a past. Each day is
looked at by the functions that the product itself calls (`recommender.statistics`); nothing of them is written again
here. Counted are: A/A tests in which any look leaves zero out; tests with a true change of +15% in which every look's
interval holds it; what CUPED adds; and alarms over a split that is as planned.
"""

import argparse
import json
import os
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial

import numpy as np

from benchmarks.experiment_worlds import WORLDS, daily_moments
from recommender.statistics import (
    LEAST_EFFECTIVE,
    SRM_THRESHOLD,
    Moments,
    compare,
    effective_visitors,
    srm_p,
)

DAYS = 28
LIFT = 0.15
LEAST_VISITORS = 100  # of an arm: before, the product says nothing
SPLIT_TESTS, SPLIT_VISITORS = 20, 150  # as many times more tests: they cost little; visitors of an arm and day


@dataclass(frozen=True)
class Looks:
    """What 28 looks at one test said. `fixed`: the interval that is meant for one look, for comparison."""

    held: bool
    fixed_held: bool


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tests", type=int, default=2_000)
    parser.add_argument("--processes", type=int, default=os.cpu_count())
    parser.add_argument("--seed", type=int, default=14)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    began = time.process_time()
    with ProcessPoolExecutor(options.processes) as pool:
        told = {
            "tests": options.tests,
            "looks": {name: looked_at(pool, name, options) for name in WORLDS},
            "cuped": {name: gain_of_cuped(pool, name, options) for name, world in WORLDS.items() if world.without},
            "split": alarms_of_split(options),
        }
    told["processor_seconds_here"] = round(time.process_time() - began)
    print(json.dumps(told, indent=1) if options.json else tables(told))


def looked_at(pool, name, options):
    """Shares of the A/A tests with a false finding at any look, and of tests whose true change every look held."""
    seeds = range(options.seed * 1_000_000, options.seed * 1_000_000 + options.tests)
    null = list(pool.map(partial(looks, name, 0.0), seeds, chunksize=20))
    lifted = list(pool.map(partial(looks, name, LIFT), seeds, chunksize=20))
    return {
        "kind": WORLDS[name].kind,
        "false_positives": 1.0 - np.mean([test.held for test in null]),
        "false_positives_of_one_look_intervals": 1.0 - np.mean([test.fixed_held for test in null]),
        "covered": np.mean([test.held for test in lifted]),
    }


def looks(name, lift, seed):
    """28 looks at one test whose true change is `lift`."""
    world, rng = WORLDS[name], np.random.default_rng(seed)
    control, treatment, held, fixed_held = Moments(), Moments(), True, True
    for today in zip(*(daily_moments(world, rng, DAYS, change) for change in (0.0, lift)), strict=True):
        control, treatment = control + today[0], treatment + today[1]
        if says_nothing(control, treatment, world):
            continue
        found = compared(control, treatment, world)
        if found.error is None:
            held &= found.sequential.ci[0] <= lift <= found.sequential.ci[1]
            fixed_held &= found.ci[0] <= lift <= found.ci[1]
    return Looks(bool(held), bool(fixed_held))


def says_nothing(control, treatment, world):
    """Where the product tells no interval: of few visitors, and of money that rests on few dear orders."""
    arms = control, treatment
    few = min(arm.n for arm in arms) < LEAST_VISITORS
    return few or (world.is_money and min(map(effective_visitors, arms)) < LEAST_EFFECTIVE)


def gain_of_cuped(pool, name, options):
    """Of tests at their planned end: how often the change is found with and without, in how many it is found at least
    as surely, and what share of the visitors gives the same answer with it."""
    seeds = range(options.seed * 2_000_000, options.seed * 2_000_000 + options.tests)
    pairs = list(pool.map(partial(with_and_without, name), seeds, chunksize=20))
    found, found_without, error, error_without = map(np.array, zip(*pairs, strict=True))
    return {
        "power": found.mean(),
        "power_without": found_without.mean(),
        "seeds_with_at_least_the_power": (error <= error_without).mean(),
        "visitors_needed": ((error / error_without) ** 2).mean(),
    }


def with_and_without(name, seed):
    """(found with CUPED, without, standard errors likewise) at the end of one test whose change about half find."""
    world, rng = WORLDS[name], np.random.default_rng(seed)
    arms = [sum(daily_moments(world, rng, DAYS, change), Moments()) for change in (0.0, world.halfway_lift)]
    both = [compared(*arms, world, kind) for kind in (world.kind, world.without)]
    return *(entry.sequential.ci[0] > 0 for entry in both), *(entry.stderr for entry in both)


def compared(control, treatment, world, kind=""):
    planned = 2 * DAYS * world.visitors_a_day
    return compare(control, treatment, kind=kind or world.kind, sequential_n=planned, with_bayes=False)


def alarms_of_split(options):
    """Alarms over a split that is as planned: at the planned end, and at any of 28 looks."""
    rng = np.random.default_rng(options.seed)
    last = at_any = 0
    tests = options.tests * SPLIT_TESTS
    for _test in range(tests):
        looks_at = rng.poisson(SPLIT_VISITORS, (DAYS, 2)).cumsum(axis=0).tolist()
        alarms = [srm_p(came, [0.5, 0.5]) < SRM_THRESHOLD for came in looks_at]
        last, at_any = last + alarms[-1], at_any + any(alarms)
    return {"tests": tests, "at_the_end": last / tests, "at_any_look": at_any / tests}


def tables(told):
    """The figures as docs/experiments.md shows them."""
    lines = [
        f"{told['tests']:,} tests a row, {DAYS} daily looks.",
        "",
        "| metric | kind | A/A: any look finds something | by intervals for one look | true change held at all |",
        "|---|---|---|---|---|",
    ]
    for name, row in told["looks"].items():
        figures = (row["false_positives"], row["false_positives_of_one_look_intervals"], row["covered"])
        lines.append(f"| {name} | `{row['kind']}` | " + " | ".join(f"{figure:.1%}" for figure in figures) + " |")
    lines += [
        "",
        "| metric | found without CUPED | found with it | as sure or surer with it | visitors needed with it |",
        "|---|---|---|---|---|",
    ]
    for name, row in told["cuped"].items():
        figures = (
            row["power_without"],
            row["power"],
            row["seeds_with_at_least_the_power"],
            row["visitors_needed"],
        )
        lines.append(f"| {name} | " + " | ".join(f"{figure:.1%}" for figure in figures) + " |")
    split = told["split"]
    lines += [
        "",
        f"False alarms over the split, of {split['tests']:,} tests: {split['at_the_end']:.3%} at the end, "
        f"{split['at_any_look']:.3%} at any of {DAYS} looks.",
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    main()
