"""Whether interleaving and an A/B test name the same winner: `python -m benchmarks.interleaving [--cases 200]
[--visitors 1600] [--processes 2]` prints the table of docs/experiments.md, and `--json` the figures.

Each case is a pair of policies that know made-up visitors' tastes more or less well; which of them earns more clicks is
known, since every visitor's chances are. Slates are made by the functions that serve (`recommender.slate`), results are
read by those that the product reads them with (`recommender.statistics`). The A/B test shows one of both to each half
of the visitors; the interleaving is shown to as many visitors, all of them others.
"""

import argparse
import json
import os
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from functools import partial

import numpy as np

from recommender.slate import Knobs, SlateCandidates, make_slate
from recommender.slate.interleaving import Side, interleave
from recommender.statistics import Moments, compare, preference

ITEMS, KINDS, PLACES = 30, 5, 6
NOISES = (0.0, 0.3, 0.6, 1.0, 1.6)  # standard deviations of the logarithm of what a policy takes an item to be worth
CLICKS = 0.12  # chance of a click on a middling item that is looked at
KNOBS = Knobs.from_dict({"exploration": 0.0})
NAMES = [f"item-{number}" for number in range(ITEMS)]


@dataclass(frozen=True)
class Case:
    """`better`: B by expected clicks, relative, if every visitor saw it; `ab` and `interleaved`: what each says, −1 for
    A, 1 for B, 0 where it is not clear; `leans`: on which side of a half the interleaving is; `needs`: how many of the
    A/B test's visitors the interleaving would have needed for as sure an answer."""

    better: float
    ab: int
    interleaved: int
    leans: int
    needs: float | None


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cases", type=int, default=200)
    parser.add_argument("--visitors", type=int, default=1_600)
    parser.add_argument("--processes", type=int, default=os.cpu_count())
    parser.add_argument("--seed", type=int, default=14)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    seeds = np.random.SeedSequence(options.seed).spawn(options.cases)
    with ProcessPoolExecutor(options.processes) as pool:
        cases = list(pool.map(partial(one_case, visitors=options.visitors), seeds, chunksize=4))
    told = summed(cases)
    print(json.dumps({**told, "each": [asdict(case) for case in cases]}, indent=1) if options.json else table(told))


def one_case(seed, visitors):
    rng = np.random.default_rng(seed)
    of_a, of_b = rng.choice(NOISES, size=2, replace=False)
    expected = {"A": [], "B": []}
    clicks = {"A": [], "B": []}
    for number in range(visitors):
        chances = visitor(rng)
        slates = {team: slate(chances, noise, rng) for team, noise in (("A", of_a), ("B", of_b))}
        for team, shown in slates.items():
            expected[team].append(looked_at(chances[shown]).sum())
        team = "AB"[number % 2]
        clicks[team].append((rng.random(PLACES) < looked_at(chances[slates[team]])).sum())
    compared = compare(*(moments(clicks[team]) for team in "AB"), kind="mean", sequential_n=visitors, with_bayes=False)
    chosen = preference(*interleaved(of_a, of_b, rng, visitors), planned=visitors / 4)
    return Case(
        better=float(np.mean(expected["B"]) / np.mean(expected["A"]) - 1.0),
        ab=side(*compared.sequential.ci, 0.0),
        interleaved=side(*chosen.ci, 0.5),
        leans=int(np.sign((chosen.share or 0.5) - 0.5)),
        needs=needed(compared, chosen),
    )


def visitor(rng):
    """Chance of a click on each item, if it is looked at: by kind, item, and how much the visitor clicks at all."""
    taste_K, worth_C = rng.dirichlet(np.full(KINDS, 0.6)), rng.lognormal(0.0, 0.5, ITEMS)
    return np.minimum(CLICKS * rng.gamma(0.8) * KINDS * taste_K[np.arange(ITEMS) % KINDS] * worth_C, 0.9)


def candidates(chances, noise, rng):
    return SlateCandidates(item_ids=NAMES, scores=(chances + 1e-6) * rng.lognormal(0.0, noise, ITEMS))


def slate(chances, noise, rng):
    return make_slate(candidates(chances, noise, rng), KNOBS, PLACES).indices


def looked_at(chances_K):
    """The lower, the less it is looked at."""
    return chances_K / (1.0 + 0.25 * np.arange(len(chances_K)))


def interleaved(of_a, of_b, rng, visitors):
    """(visitors who click more items of A, those who click more of B)."""
    won = {-1: 0, 0: 0, 1: 0}
    for _ in range(visitors):
        chances = visitor(rng)
        picks = interleave(*(Side(candidates(chances, noise, rng), KNOBS) for noise in (of_a, of_b)), PLACES, rng=rng)
        is_clicked = rng.random(PLACES) < looked_at(chances[[pick.index for pick in picks]])
        teams = np.array([1 if pick.team == "B" else -1 for pick in picks])
        won[int(np.sign(teams[is_clicked].sum()))] += 1
    return won[-1], won[1]


def moments(values):
    y = np.array(values, dtype=float)
    return Moments(len(y), float(y.sum()), float(y @ y))


def side(low, high, middle):
    return 1 if low > middle else -1 if high < middle else 0


def needed(compared, chosen):
    """By the squares of how many standard errors each result is away from none."""
    if not compared.stderr or not chosen.count or chosen.share == 0.5:
        return None
    of_ab = compared.lift / compared.stderr
    of_both = (chosen.share - 0.5) / (0.25 / chosen.count) ** 0.5
    return float((of_ab / of_both) ** 2)


def summed(cases):
    clear = [case for case in cases if case.ab]
    both = [case for case in clear if case.interleaved]
    true = [case for case in cases if case.interleaved]
    return {
        "cases": len(cases),
        "ab_is_clear": len(clear),
        "leans_the_same_way": share(case.leans == case.ab for case in clear),
        "both_are_clear": len(both),
        "name_the_same": share(case.interleaved == case.ab for case in both),
        "interleaving_is_clear": len(true),
        "names_the_true_winner": share(case.interleaved == np.sign(case.better) for case in true),
        "median_share_of_visitors": float(np.median([case.needs for case in clear if case.needs is not None])),
    }


def share(held):
    found = list(held)
    return sum(found) / len(found) if found else None


def table(told):
    rows = [
        ("pairs of policies", told["cases"]),
        ("the A/B test is clear", told["ab_is_clear"]),
        ("of these, the interleaving leans the same way", percent(told["leans_the_same_way"])),
        ("both are clear", told["both_are_clear"]),
        ("of these, both name the same winner", percent(told["name_the_same"])),
        ("the interleaving is clear", told["interleaving_is_clear"]),
        ("of these, it names the true winner", percent(told["names_the_true_winner"])),
        ("visitors needed, of those of the A/B test (median)", percent(told["median_share_of_visitors"])),
    ]
    return "\n".join(["| | |", "|---|---|", *(f"| {name} | {value} |" for name, value in rows)])


def percent(value):
    return "–" if value is None else f"{100 * value:.1f}%"


if __name__ == "__main__":
    main()
