"""docs/exploration.md: what `benchmarks.exploration` found, in tables, with intervals over seeds."""

import numpy as np
from scipy.stats import t

from benchmarks.exploration_charts import draw_gain, draw_rewards

WORDS = {
    "default": "default",
    "greedy": "greedy",
    "fatigue": "greedy + fatigue",
    "epsilon": "ε-greedy",
    "thompson": "Thompson",
    "oracle": "oracle",
}
WORLDS = ("stable", "drift", "satiation", "launches", "seasonal")
HEAD = """# Exploration: what it costs and when it pays

Written by `python -m benchmarks.exploration` ({visitors} visitors, {days} days, seeds 0 to {last}); a run of one world and policy is
`python -m recommender simulate --scenario launches --policy default --visitors {visitors} --days {days} --seed 0`. Intervals are 95 %, of Student's t over the seeds;
comparisons are of the same seed, whose days and luck are the same for every policy.

**The worlds** (`recommender/simulation/scenarios.py`, each figure with its source; they were fixed before policies were compared). Every visitor comes once a day and likes two or three of eight
interests. A rendered item is clicked with probability 0.01 + 0.4 · liking · quality · effect of its price; later positions are rendered less often. Of each visitor the shop knows one interest at first.
`stable`: tastes stay, a new item every other day. `drift`: 2 % of the visitors a day swap an interest, and three items arrive a day. `satiation`: drift, and a click's probability is multiplied by exp(−0.15 · S), where S is the
number of impressions of this item to this visitor, each halved every three days. `launches`: satiation with five new items a day beside 160 at first. `seasonal`: satiation, and demand for each interest follows the months of a real shop.

**The policies.** All but the oracle learn by counting, from their own slates alone: Gamma beliefs of each visitor's rate in each category and of each item's worth. `greedy` shows what it expects most of.
`greedy + fatigue` is greedy that knows the world's law of tiring. `ε-greedy` gives each slot to a random item with probability 0.1. `Thompson` shows the best of one draw of all beliefs. The `default` is `make_slate` with the knobs that a new placement starts
with (exploration 0.1, diversity 0.3, calibration 0.2; docs/adr/0013-directed-exploration.md); it **learns** whether and how visitors tire (`recommender/beliefs/fatigue.py`). The oracle knows the truth of today.

**What is measured.** Reward: expected clicks a slate, by the true probabilities. Regret: how much more the oracle earns on the same days with its own slates behind it. Interests: share of the liked interests unknown at first, or new since, that got two clicks while
they were liked. Catalog: share of all items that were ever shown. Audience: days until a good new item (quality in the best third, arrived at least 20 days before the end) was clicked by 5 % of those who like its interest; never counts as 60.
"""  # noqa: E501
TAIL = """
## What this does not say

These visitors come every day and see one slate, their fatigue is of items alone, and the learner knows the category that each item serves. The gain of knowing items grows with the visitors who share them and with the days that
remain: in a shop of 100 such visitors exploring had not come back after a month (−5 % in `stable`, one seed). Exploring of visitors' interests was tried and left out: it finds twice as many and costs more than it brings within 60 days.
`simulate` counts; the same loop around the library's own models, trained on what its slates were clicked, is not measured yet.
"""  # noqa: E501


def write_report(results, folder, *, visitors, days, seeds):
    """`results`: {(world, policy, seed): what `simulate` printed}."""
    (folder / "images").mkdir(exist_ok=True)
    found = Found(results, seeds)
    parts = [HEAD.format(visitors=visitors, days=days, last=seeds - 1), "\n## In short: the default\n", short(found)]
    parts += ["\n![Gain of the default over greedy that knows how visitors tire](images/exploration-gain.png)\n"]
    for world in WORLDS:
        parts += [f"\n## `{world}`\n", table(found, world), repaid(found, world)]
        if world in ("satiation", "launches"):
            parts.append(f"\n![Reward by day in {world}](images/exploration-{world}.png)\n")
            draw_rewards(found, world, folder / "images" / f"exploration-{world}.png")
    draw_gain(found, WORLDS, folder / "images" / "exploration-gain.png")
    (folder / "exploration.md").write_text("\n".join(parts) + TAIL, encoding="utf-8")


class Found:
    """The results by world and policy, rows in the order of the seeds."""

    def __init__(self, results, seeds):
        self._results, self._seeds = results, range(seeds)

    def values(self, world, policy, name):
        rows = [self._results[world, policy, seed][name] for seed in self._seeds]
        return np.array([np.nan if value is None else value for value in rows], float)

    def daily(self, world, policy, name="reward"):
        """(seeds, days)"""
        return np.array([[day[name] for day in self._results[world, policy, seed]["daily"]] for seed in self._seeds])

    def gain(self, world, policy, against):
        """Of the whole reward, a share by seed."""
        return self.values(world, policy, "reward") / self.values(world, against, "reward") - 1.0


def interval(values):
    """Mean and half-width of its 95 % interval."""
    known = values[~np.isnan(values)]
    half = t.ppf(0.975, len(known) - 1) * known.std(ddof=1) / np.sqrt(len(known)) if len(known) > 1 else np.nan
    return (float(known.mean()), float(half)) if len(known) else (np.nan, np.nan)


def plain(values, digits=2):
    mean, half = interval(values)
    return f"{mean:.{digits}f} ± {half:.{digits}f}"


def percent(values):
    mean, half = interval(values)
    return f"{100 * mean:+.1f} ± {100 * half:.1f} %".replace("-", "−")


def short(found):
    heads = ("world", "against greedy", "against greedy + fatigue", "audience: greedy, greedy + fatigue, default")
    rows = [f"| {' | '.join(heads)} |", "|---|---|---|---|"]
    for world in WORLDS:
        waits = [
            interval(found.values(world, policy, "days_to_audience"))[0] for policy in ("greedy", "fatigue", "default")
        ]
        gains = [percent(found.gain(world, "default", against)) for against in ("greedy", "fatigue")]
        rows.append(f"| `{world}` | {gains[0]} | {gains[1]} | {', '.join(f'{days:.1f}' for days in waits)} days |")
    return "\n".join(rows) + "\n"


def table(found, world):
    rows = [
        "| policy | reward | against greedy | last 10 days | regret | interests | catalog | audience, days |",
        "|" + "---|" * 8,
    ]
    for policy, word in WORDS.items():
        cells = [plain(found.values(world, policy, "reward"), 3), percent(found.gain(world, policy, "greedy"))]
        cells += [
            plain(found.daily(world, policy)[:, -10:].mean(axis=1), 3),
            plain(found.values(world, policy, "regret"), 3),
        ]
        cells += [plain(found.values(world, policy, name)) for name in ("interests_discovered", "coverage")]
        cells.append(plain(found.values(world, policy, "days_to_audience"), 1))
        rows.append(f"| {word} | {' | '.join(cells)} |")
    return "\n".join(rows) + "\n"


def repaid(found, world):
    """What exploring has cost and from when on it is paid back, against greedy that knows how visitors tire."""
    summed = (found.daily(world, "default") - found.daily(world, "fatigue")).mean(axis=0).cumsum()
    lowest, behind = int(summed.argmin()), np.flatnonzero(summed < 0)
    if summed[-1] < 0:
        return f"Against greedy + fatigue the default is {-summed[-1]:.2f} clicks a visitor behind at the end.\n"
    cost = f"at most {-summed[lowest]:.2f} clicks a visitor (day {lowest + 1})" if len(behind) else "nothing"
    since = f"; from day {behind[-1] + 2} on it is ahead" if len(behind) else ""
    return f"Exploring costs {cost} against greedy + fatigue{since}, at the end by {summed[-1]:.2f} clicks a visitor.\n"
