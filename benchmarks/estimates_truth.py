"""Whether estimates from the log are true: `python -m benchmarks.estimates_truth [--replications 500]
[--experiments 50] [--processes 2] [--minutes M]` writes their section of docs/exploration.md.

A replication: a made-up shop serves new visitors who tire (`benchmarks.served_world`), the log of it is judged under
other knobs as the product judges it, and the 95 % intervals are held against what a slate of those knobs really brings
there. An experiment: what such a log predicts of other knobs, against what two halves of further visitors did, each
served by one of the two, with what tires them on the way. Each job is kept in `--results` as soon as it is done; after
`--minutes` none is begun, and the report tells what is there.
"""

import argparse
import json
import os
import time
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path

import numpy as np
from scipy.stats import beta

from benchmarks.sections import put_section

HERE = Path(__file__).resolve().parent.parent
ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
SHOP_SEED = 7
SERVED = {"exploration": 0.3, "diversity": 0.2, "calibration": 0.2, "fatigue": 1.0, "explore_floor": 0.02}
JUDGED = {
    "exploration 0.2": {"exploration": 0.2},
    "exploration 0.45": {"exploration": 0.45},
    "diversity 0.25": {"diversity": 0.25},
    "calibration 0.4": {"calibration": 0.4},
}
SIZE = {"visitors": 400, "days": 8}  # of the log of a replication
ARM = {"visitors": 800, "days": 8}  # of the log before an experiment, and of each of its halves
TOGETHER = 10  # replications a job
ESTIMATES = ("snips", "dr", "snips change", "dr change")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--replications", type=int, default=500)
    parser.add_argument("--experiments", type=int, default=50)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--minutes", type=float, default=float("inf"))
    parser.add_argument(
        "--results", type=Path, default=HERE / "var" / "estimates-truth", help="folder of finished jobs"
    )
    parser.add_argument("--page", type=Path, default=HERE / "docs" / "exploration.md")
    options = parser.parse_args()
    options.results.mkdir(parents=True, exist_ok=True)
    os.environ.update(ONE_THREAD)
    jobs = [("replications", number) for number in range(options.replications // TOGETHER)]
    jobs += [("experiment", number) for number in range(options.experiments)]
    run_all(sorted(jobs, key=lambda job: job[1]), options)  # some of both, wherever it is stopped
    told = {kind: rows_of(options.results, kind) for kind in ("replications", "experiment")}
    put_section(options.page, "estimates", text_of(told))


def run_all(jobs, options):
    jobs = [job for job in jobs if not path_of(options.results, *job).exists()]
    started, done = time.monotonic(), 0
    with ProcessPoolExecutor(options.processes) as pool:
        run_one = partial(run, options.results, time.time() + 60 * options.minutes)
        for future in as_completed([pool.submit(run_one, *job) for job in jobs]):
            done += future.result()
            print(f"\r{done} of {len(jobs)} jobs, {time.monotonic() - started:.0f} s", end="", flush=True)
    print()


def path_of(folder, kind, number):
    return folder / f"{kind}-{number}.json"


def rows_of(folder, kind):
    return [row for path in sorted(folder.glob(f"{kind}-*.json")) for row in json.loads(path.read_text())]


def run(folder, until, kind, number):
    """Do a job, unless it was done before, or it is too late; whether it is done."""
    path = path_of(folder, kind, number)
    if not path.exists():
        if time.time() > until:
            return False
        shop, knobs = shop_and_knobs()
        if kind == "experiment":
            rows = [experiment(shop, knobs, number)]
        else:
            rows = [replication(shop, knobs, 1 + TOGETHER * number + place) for place in range(TOGETHER)]
        beside = path.with_suffix(".part")
        beside.write_text(json.dumps(rows))
        beside.replace(path)
    return True


_opened = {}


def shop_and_knobs():
    """The same shop in every process."""
    from benchmarks.served_world import opened_shop
    from recommender.slate import Knobs

    if not _opened:
        knobs = Knobs.from_dict(SERVED)
        _opened["it"] = opened_shop(SHOP_SEED, knobs), knobs
    return _opened["it"]


def judged_knobs(knobs):
    return {name: replace(knobs, **moved) for name, moved in JUDGED.items()}


def replication(shop, knobs, seed):
    """Of each judged policy what its log says, and what is true of the same moments."""
    from benchmarks.served_world import serve

    served = serve(shop, knobs, judged_knobs(knobs), **SIZE, seed=1000 + seed)
    return {name: {**estimated(served, name), "truth": served.truth} for name in JUDGED}


def estimated(served, name):
    """As a draft is judged: nothing where the log cannot tell."""
    from recommender.off_policy import change_by_doubly_robust, change_by_snips, judge_slates

    log, today = served.log(name), served.today(name)
    verdict = judge_slates(log)
    told = {"reason": verdict.reason, "effective": verdict.effective, "logged": verdict.logged}
    if verdict.reason == "enough":
        found = verdict.snips, verdict.dr, change_by_snips(log, today), change_by_doubly_robust(log, today)
        told["estimates"] = dict(zip(ESTIMATES, map(asdict, found), strict=True))
    return told


def experiment(shop, knobs, number):
    """What is predicted of one judged policy, and what came of it."""
    from benchmarks.served_world import serve
    from recommender.off_policy.slates import around_mean

    name = list(JUDGED)[number % len(JUDGED)]
    moved = judged_knobs(knobs)[name]
    seed = 1_000_000 + 10 * number
    predicted = estimated(serve(shop, knobs, {name: moved}, **ARM, seed=seed), name)
    arms = [serve(shop, each, {}, **ARM, seed=seed + 1 + arm) for arm, each in enumerate((knobs, moved))]
    means = [around_mean(arm.clicked_NK.sum(axis=1).astype(float), arm.unit_N, 0.05) for arm in arms]
    half = np.hypot(*((mean.interval[1] - mean.interval[0]) / 2 for mean in means))
    change = means[1].value - means[0].value
    return {"judged": name, **predicted, "realised": [change, change - half, change + half], "today": means[0].value}


def text_of(told):
    """The section."""
    served = ", ".join(f"{name} {value:g}" for name, value in SERVED.items())
    slates, arm = SIZE["visitors"] * SIZE["days"], ARM["visitors"] * ARM["days"]
    parts = [
        "Written by `python -m benchmarks.estimates_truth`. A made-up shop whose visitors tire (the law of "
        "`satiation`; tastes stay, nothing arrives) has served others for 19 days, and has learned of them. "
        f"It then serves new visitors ({served}), with later places rendered less often, all that it holds of each "
        f"visitor and of tiring in the scores, and exact propensities.\nA log of {slates:,} slates of 8 places is "
        "judged under other knobs as the page of a placement does it; what a slate is truly worth is the mean of its "
        "true chances of clicks, with what had tired the visitor by then, over all replications.\n",
        coverage(told["replications"]),
        agreement(told["experiment"], arm),
    ]
    return "\n".join(parts)


def coverage(rows):
    lines = [
        f"{len(rows)} replications. Share of the 95 % intervals that hold the truth, with its own 95 % interval:\n",
        "| judged | worth, of logged | told | " + " | ".join(ESTIMATES) + " | true change |",
        "|" + "---|" * (4 + len(ESTIMATES)),
    ]
    sums = {name: [0, 0] for name in ESTIMATES}
    for judged in JUDGED:
        own = [row[judged] for row in rows]
        told = [entry for entry in own if entry["reason"] == "enough"]
        truth, today = (float(np.mean([entry["truth"][name] for entry in own])) for name in (judged, "today"))
        worth = np.mean([entry["effective"] / entry["logged"] for entry in own])
        cells = [judged, f"{worth:.0%}", f"{len(told)} of {len(own)}"]
        for name in ESTIMATES:
            true = truth - today if "change" in name else truth
            held = sum(low <= true <= high for low, high in (entry["estimates"][name]["interval"] for entry in told))
            sums[name] = [sums[name][0] + held, sums[name][1] + len(told)]
            cells.append(share(held, len(told)))
        lines.append(f"| {' | '.join(cells)} | {truth - today:+.3f} of {today:.3f} |")
    lines.append(f"| all | | | {' | '.join(share(*sums[name]) for name in ESTIMATES)} | |")
    return "\n".join(lines) + "\n"


def share(held, count):
    """With the interval of Clopper and Pearson."""
    if not count:
        return "–"
    low = beta.ppf(0.025, held, count - held + 1) if held else 0.0
    high = beta.ppf(0.975, held + 1, count - held) if held < count else 1.0
    return f"{held / count:.1%} ({low:.1%} to {high:.1%})"


def agreement(rows, slates):
    told = [row for row in rows if row["reason"] == "enough"]
    agree = {name: sum(agrees(row, name) for row in told) for name in ("snips change", "dr change")}
    clear = [row for row in told if row["realised"][1] > 0 or row["realised"][2] < 0]
    same = sum(np.sign(row["estimates"]["dr change"]["value"]) == np.sign(row["realised"][0]) for row in clear)
    return (
        f"{len(rows)} experiments, {slates:,} slates before and in each half; {len(told)} predictions were told. The "
        "predicted change agrees with the realised one, within the 95 % interval of their difference, in "
        f"{share(agree['snips change'], len(told))} by SNIPS and {share(agree['dr change'], len(told))} doubly "
        f"robust;\nof the {len(clear)} experiments that were clear the prediction had the sign of {same}.\n"
    )


def agrees(row, name):
    """Whether prediction and experiment differ by no more than both their intervals allow."""
    predicted = row["estimates"][name]
    halves = [(high - low) / 2 for low, high in (predicted["interval"], row["realised"][1:])]
    return abs(predicted["value"] - row["realised"][0]) <= np.hypot(*halves)


if __name__ == "__main__":
    main()
