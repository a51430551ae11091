"""The offline gate: may a new version replace the one that serves, without anybody looking?

Both are judged on the same visitors, each with itself (recommender/training/paired.py): what another day, or other
visitors, would change is no part of the difference. The fewer there are, the less is known, and that favours neither.
Beside accuracy stands what a better figure must not be bought with. Experiments judge improvements; this guards.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from dashboard.training.models import Run
from dashboard.training.reasons import Reason

METRIC = "ndcg@10"
# Differences below 3 % are ties: half of what another seed changes on a few thousand visitors.
TIE_SHARE = 0.03
# Below this many tested visitors a figure says nothing; a small shop is not kept from its first model by chance.
MIN_TESTED_VISITORS = 50
# A less thorough preset is cheaper and nothing else: it takes over only where it is as good, and surely not worse than
# by this share.
SURELY_NOT_WORSE_SHARE = 0.10
LEAST_COVERAGE, LEAST_DIVERSITY = 0.5, 0.75  # of what the version that serves has
LEAST_KEPT_SEGMENTS = 1 / 3  # of the visitors; with fewer, audiences and names of segments mean other people
MOST_MILLISECONDS, FAST_MILLISECONDS = 3.0, 20.0  # times as slow, where that is slow at all
MOST_BYTES, SMALL_BYTES = 3.0, 200 * 1024 * 1024  # times as large, where that is large
THOROUGHNESS: dict[str, int] = {preset: place for place, preset in enumerate(Run.Preset.values)}  # as they are listed
Facts = Mapping[str, Any]


@dataclass(frozen=True)
class Contest:
    """A new version, and what serves: `version` is its name, "" where nothing does. `is_compared`: whether the new one
    was compared with that very version, and not with another that served when the run began. `repeats`: the version
    that it repeats, "" where it is a run of its own."""

    metrics: Facts
    preset: str
    lineage: Facts
    version: str = ""
    active_preset: str = ""
    is_compared: bool = True
    repeats: str = ""

    @property
    def paired(self) -> Facts:
        found: Facts = self.metrics.get("paired", {})
        return found

    @property
    def visitors(self) -> int:
        """On how many both were judged."""
        return int(self.paired.get("visitors", 0))

    @property
    def is_less_thorough(self) -> bool:
        return THOROUGHNESS.get(self.preset, 0) < THOROUGHNESS.get(self.active_preset, 0)

    def measure(self, name: str) -> Facts | None:
        """`{before, after, …}` of the same visitors."""
        found: Facts | None = self.paired.get("measures", {}).get(name)
        return found

    def named(self, code: str, **facts: Any) -> Reason:
        return Reason(code, {"version": self.version, **facts})


def interval(evaluation: Facts, model: str, metric: str) -> tuple[float, float] | None:
    """The 95 % interval of a model's metric, where the evaluation has one."""
    found = evaluation.get("intervals", {}).get(model, {}).get(metric)
    return (float(found[0]), float(found[1])) if found else None


def objection(contest: Contest) -> Reason | None:
    """Why the new version must not be published by itself; None where nothing speaks against it."""
    if contest.repeats:
        return Reason("a_repetition", {"version": contest.repeats})
    if (found := _alone(contest)) is not None or not contest.version:
        return found
    if not contest.is_compared:
        return contest.named("another_serves")
    if not contest.paired:  # what serves could not even be asked
        return None
    return next((reason for look in _BESIDE if (reason := look(contest)) is not None), None)


def _alone(contest: Contest) -> Reason | None:
    """What is wrong with it whatever serves."""
    models = contest.metrics.get("models", {})
    blend, popularity = (models.get(name, {}).get(METRIC) for name in ("blend", "popularity"))
    if blend is None or popularity is None:
        return _not_evaluated(contest)
    if int(contest.metrics.get("visitors", 0)) < MIN_TESTED_VISITORS or blend > popularity:
        return None
    return Reason("worse_than_popularity", {"found": of_100(blend), "popularity": of_100(popularity)})


def _not_evaluated(contest: Contest) -> Reason:
    """With what became of the data, where the version knows it."""
    cleaning, counts = contest.lineage.get("cleaning"), contest.lineage.get("counts", {})
    if not cleaning:
        return Reason("not_evaluated")
    facts = {name: int(counts.get(name, 0)) for name in ("interactions", "visitors")}
    return Reason("nobody_to_ask", {**facts, "left_out": dict(cleaning.get("left_out", {}))})


def _accuracy(contest: Contest) -> Reason | None:
    measure = contest.measure(METRIC)
    if measure is None or contest.visitors < MIN_TESTED_VISITORS:
        return None
    if measure["difference"] >= -TIE_SHARE * measure["before"]:
        return None
    return contest.named("worse_on_same_visitors", **_figures(contest, measure))


def _thoroughness(contest: Contest) -> Reason | None:
    if not contest.is_less_thorough:
        return None
    presets = {"preset": contest.preset, "active_preset": contest.active_preset}
    measure = contest.measure(METRIC)
    if measure is None or contest.visitors < MIN_TESTED_VISITORS:
        return contest.named("less_thorough_untested", **presets, visitors=contest.visitors)
    low = measure["interval"][0]
    if measure["difference"] >= 0 and low >= -SURELY_NOT_WORSE_SHARE * measure["before"]:
        return None
    return contest.named("less_thorough", **presets, **_figures(contest, measure))


def _figures(contest: Contest, measure: Facts) -> dict[str, Any]:
    low, high = measure["interval"]
    return {
        "visitors": contest.visitors,
        "found": of_100(measure["after"]),
        "active": of_100(measure["before"]),
        "low": signed_of_100(low),
        "high": signed_of_100(high),
        "tolerance": of_100(TIE_SHARE * measure["before"]),
    }


def _coverage(contest: Contest) -> Reason | None:
    measure = contest.measure("coverage@10")
    if measure is None or contest.visitors < MIN_TESTED_VISITORS:
        return None
    if measure["after"] >= LEAST_COVERAGE * measure["before"]:
        return None
    return contest.named("narrower", found=of_100(measure["after"]), active=of_100(measure["before"]))


def _diversity(contest: Contest) -> Reason | None:
    measure = contest.measure("intra_list_distance@10")
    if measure is None or contest.visitors < MIN_TESTED_VISITORS:
        return None
    if measure["after"] >= LEAST_DIVERSITY * measure["before"]:
        return None
    return contest.named("more_alike", found=of_100(measure["after"]), active=of_100(measure["before"]))


def _segments(contest: Contest) -> Reason | None:
    segments = contest.paired.get("segments", {})
    kept = segments.get("kept")
    if kept is None or segments.get("visitors", 0) < MIN_TESTED_VISITORS or kept >= LEAST_KEPT_SEGMENTS:
        return None
    return contest.named("segments_moved", kept=of_100(kept), visitors=int(segments["visitors"]))


def _speed(contest: Contest) -> Reason | None:
    spent = contest.paired.get("milliseconds")
    if not spent or spent["after"] <= max(MOST_MILLISECONDS * spent["before"], FAST_MILLISECONDS):
        return None
    return contest.named("slower", found=f"{spent['after']:.1f}", active=f"{spent['before']:.1f}")


def _size(contest: Contest) -> Reason | None:
    size = contest.paired.get("bytes")
    if not size or size["after"] <= max(MOST_BYTES * size["before"], SMALL_BYTES):
        return None
    return contest.named("larger", found=mebibytes(size["after"]), active=mebibytes(size["before"]))


_BESIDE: tuple[Callable[[Contest], Reason | None], ...] = (
    _accuracy,
    _thoroughness,
    _coverage,
    _diversity,
    _segments,
    _speed,
    _size,
)


def of_100(value: float) -> str:
    return f"{100 * value:.1f}"


def signed_of_100(value: float) -> str:
    """With its sign, a true minus, and two digits: a difference."""
    return f"{100 * value:+.2f}".replace("-", "\u2212")


def mebibytes(size_bytes: float) -> str:
    return f"{size_bytes / 1024 / 1024:,.0f}"
