"""What `benchmarks.exploration` found, as sections of docs/exploration.md: tables, with intervals over seeds."""

import numpy as np

from benchmarks.exploration_charts import draw_gain, draw_rewards
from benchmarks.intervals import interval, percent, plain
from benchmarks.sections import put_section

WORDS = {
    "default": "default",
    "greedy": "greedy",
    "fatigue": "greedy + fatigue",
    "epsilon": "ε-greedy",
    "thompson": "Thompson",
    "oracle": "oracle",
}
FORAGE_WORDS = {**WORDS, "thompson": "item sampling"}  # of Forage only the worth of items is uncertain
WORLDS = ("stable", "drift", "satiation", "launches", "seasonal")
DRAWN = ("satiation", "launches")  # of which there is a chart of each day
HEADS = {
    "counts": """Written by `python -m benchmarks.exploration --learner counts` ({visitors} visitors, {days} days, {seeds} seeds); a run of one world and policy is
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
""",  # noqa: E501
    "forage": """Written by `python -m benchmarks.exploration --learner forage` ({visitors} visitors, {days} days, {seeds} seeds); a run of one world and policy is
`python -m recommender simulate --learner forage --scenario launches --policy default --visitors {visitors} --days {days} --seed 0`. Same worlds, days, luck and measures as above; in place of the learner that counts stands what serves a shop:
the preset `fast`, trained before the first day and every five days on all clicks that the policy's own slates brought (blend, encoder and ranker, segments), 200 candidates a visitor and up to 20 young items that no model knows yet,
worths and doubts of items and the law of tiring learned from what was rendered in 30 days as workers do (`recommender/beliefs/rendered.py`), and `make_slate`. `greedy` and `greedy + fatigue` (which is told the world's law) show the best of the
model's score times what is believed of the item; `item sampling` draws that belief once a slate; the `default` has the knobs of a new placement, and learns how visitors tire.
""",  # noqa: E501
}


def write_report(learner, results, folder, *, visitors, days, seeds):
    """`results`: {(world, policy, seed): what `simulate` printed}."""
    (folder / "images").mkdir(exist_ok=True)
    words = WORDS if learner == "counts" else FORAGE_WORDS
    found, gain = Found(results, seeds), f"exploration-gain{'' if learner == 'counts' else '-forage'}.png"
    parts = [HEADS[learner].format(visitors=visitors, days=days, seeds=len(seeds)), short(found)]
    parts += [f"\n![Gain over greedy that knows how visitors tire](images/{gain})\n"]
    for world in found.worlds:
        parts += [f"\n### `{world}`\n", table(found, world, words), repaid(found, world)]
        if world in DRAWN and learner == "counts":
            parts.append(f"\n![Reward by day in {world}](images/exploration-{world}.png)\n")
            draw_rewards(found, world, folder / "images" / f"exploration-{world}.png")
    draw_gain(found, found.worlds, folder / "images" / gain)
    put_section(folder / "exploration.md", learner, "\n".join(parts))


class Found:
    """The results by world and policy, rows in the order of the seeds."""

    def __init__(self, results, seeds):
        self._results, self._seeds = results, seeds
        self.worlds = [world for world in WORLDS if any(key[0] == world for key in results)]
        self.policies = [policy for policy in WORDS if any(key[1] == policy for key in results)]

    def values(self, world, policy, name):
        rows = [self._results[world, policy, seed][name] for seed in self._seeds]
        return np.array([np.nan if value is None else value for value in rows], float)

    def daily(self, world, policy, name="reward"):
        """(seeds, days)"""
        return np.array([[day[name] for day in self._results[world, policy, seed]["daily"]] for seed in self._seeds])

    def gain(self, world, policy, against):
        """Of the whole reward, a share by seed."""
        return self.values(world, policy, "reward") / self.values(world, against, "reward") - 1.0


def short(found):
    heads = ("world", "against greedy", "against greedy + fatigue", "audience: greedy, greedy + fatigue, default")
    rows = ["In short, the default:\n", f"| {' | '.join(heads)} |", "|---|---|---|---|"]
    for world in found.worlds:
        waits = [
            interval(found.values(world, policy, "days_to_audience"))[0] for policy in ("greedy", "fatigue", "default")
        ]
        gains = [percent(found.gain(world, "default", against)) for against in ("greedy", "fatigue")]
        rows.append(f"| `{world}` | {gains[0]} | {gains[1]} | {', '.join(f'{days:.1f}' for days in waits)} days |")
    return "\n".join(rows) + "\n"


def table(found, world, words):
    rows = [
        "| policy | reward | against greedy | last 10 days | regret | interests | catalog | audience, days |",
        "|" + "---|" * 8,
    ]
    for policy in found.policies:
        cells = [plain(found.values(world, policy, "reward"), 3), percent(found.gain(world, policy, "greedy"))]
        cells += [
            plain(found.daily(world, policy)[:, -10:].mean(axis=1), 3),
            plain(found.values(world, policy, "regret"), 3),
        ]
        cells += [plain(found.values(world, policy, name)) for name in ("interests_discovered", "coverage")]
        cells.append(plain(found.values(world, policy, "days_to_audience"), 1))
        rows.append(f"| {words[policy]} | {' | '.join(cells)} |")
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
