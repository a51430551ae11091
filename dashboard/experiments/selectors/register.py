"""All experiments of a shop that have ended, what they add up to, and how good the estimates before were."""

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from dashboard.accounts.models import Shop
from dashboard.experiments.estimates import Interval
from dashboard.experiments.metrics import Metric
from dashboard.experiments.models import Experiment
from dashboard.experiments.selectors.lists import experiments_of
from dashboard.experiments.selectors.own import metrics_of_shop
from dashboard.experiments.selectors.summaries import Summary, summaries_of
from recommender.statistics import Shrunk, shrink

Z = 1.96  # of 95%
PREDICTED = "click_through"  # what is estimated before a start, and measured after it, by the slate


@dataclass(frozen=True)
class Prediction:
    """The change of clicks per slate as it was estimated when the experiment began, and as it came."""

    change: float
    interval: Interval
    realised: float | None
    realised_interval: Interval | None

    @property
    def held(self) -> bool | None:
        """Whether both ranges have something in common; None where nothing was measured."""
        if self.realised_interval is None:
            return None
        return self.interval[0] <= self.realised_interval[1] and self.realised_interval[0] <= self.interval[1]


@dataclass(frozen=True)
class Entry:
    """An experiment. `shrunk`: its change as it is best believed among all that one metric decided; none of an A/A
    test, which changes nothing."""

    experiment: Experiment
    summary: Summary
    shrunk: Shrunk | None
    prediction: Prediction | None

    @property
    def shrunk_interval(self) -> Interval | None:
        if self.shrunk is None:
            return None
        return self.shrunk.value - Z * self.shrunk.stderr, self.shrunk.value + Z * self.shrunk.stderr


@dataclass(frozen=True)
class Total:
    """What the shipped experiments of a metric changed together, one upon the other; winners' luck is taken out."""

    metric: Metric
    shipped: int
    change: float
    interval: Interval
    unshrunk: float


@dataclass(frozen=True)
class Register:
    """`entries`: those of the tag that is asked for, newest first; all else is of all. `totals`: by metric, that of
    most experiments first; `tags`: all that the shop has used; `predicted`: estimates that can be held against what
    came."""

    entries: list[Entry]
    totals: list[Total]
    tags: list[str]
    ended: int
    published: int
    predicted: list[Prediction]

    @property
    def held(self) -> int:
        """How many predictions came true."""
        return sum(bool(prediction.held) for prediction in self.predicted)


def register_of(shop: Shop, *, tag: str = "") -> Register:
    """Shrinkage and totals are over all of them, whatever `tag` chooses to show. What was only screened, by slates that
    two policies made together, has no effect to tell."""
    ended = list(experiments_of(shop).filter(state__in=Experiment.ENDED, is_interleaved=False))
    summaries = summaries_of(ended)
    clicks = summaries_of([entry for entry in ended if entry.predicted], metric=PREDICTED)
    shrunk = _shrunk(ended, summaries)
    entries = [
        Entry(
            experiment,
            summaries[experiment.pk],
            shrunk.get(experiment.pk),
            _prediction(experiment, clicks.get(experiment.pk)),
        )
        for experiment in ended
    ]
    return Register(
        [entry for entry in entries if not tag or tag.casefold() in entry.experiment.tags],
        _totals(entries, metrics_of_shop(shop.pk)),
        tags=sorted({name for experiment in ended for name in experiment.tags}),
        ended=len(ended),
        published=sum(experiment.state == Experiment.State.SHIPPED for experiment in ended),
        predicted=[entry.prediction for entry in entries if entry.prediction and entry.prediction.held is not None],
    )


def better_guesses(shop: Shop) -> dict[int, Entry]:
    """{key: entry} of what was published as better: its first estimate is too high as a rule, its shrunk one is not."""
    return {
        entry.experiment.pk: entry
        for entry in register_of(shop).entries
        if entry.experiment.state == Experiment.State.SHIPPED and entry.shrunk and (entry.summary.primary.lift or 0) > 0
    }


def _shrunk(experiments: Iterable[Experiment], summaries: dict[int, Summary]) -> dict[int, Shrunk]:
    """Toward no effect, within the experiments that the same metric decided."""
    families: dict[str, list[int]] = defaultdict(list)
    for experiment in experiments:
        if not experiment.is_aa and summaries[experiment.pk].primary.interval is not None:
            families[experiment.primary_metric].append(experiment.pk)
    found: dict[int, Shrunk] = {}
    for keys in families.values():
        compared = [summaries[key].primary.comparison for key in keys]
        drawn = shrink([entry.lift or 0.0 for entry in compared], [entry.stderr or 1.0 for entry in compared], toward=0)
        found |= dict(zip(keys, drawn, strict=True))
    return found


def _totals(entries: Iterable[Entry], metrics: Mapping[str, Metric]) -> list[Total]:
    shipped: dict[str, list[Entry]] = defaultdict(list)
    for entry in entries:
        if entry.experiment.state == Experiment.State.SHIPPED and entry.shrunk is not None:
            shipped[entry.experiment.primary_metric].append(entry)
    totals = [_total(metrics[key], found) for key, found in shipped.items() if key in metrics]
    return sorted(totals, key=lambda total: -total.shipped)


def _total(metric: Metric, entries: list[Entry]) -> Total:
    """Changes multiply: their logarithms and the variances of these add up."""
    drawn = [entry.shrunk for entry in entries if entry.shrunk is not None]
    middle = sum(math.log1p(one.value) for one in drawn)
    width = Z * math.sqrt(sum((one.stderr / (1.0 + one.value)) ** 2 for one in drawn))
    seen = sum(math.log1p(entry.summary.primary.lift or 0.0) for entry in entries)
    ends = math.expm1(middle - width), math.expm1(middle + width)
    return Total(metric, len(drawn), math.expm1(middle), ends, math.expm1(seen))


def _prediction(experiment: Experiment, measured: Summary | None) -> Prediction | None:
    if not experiment.predicted:
        return None
    said = experiment.predicted
    return Prediction(
        said["change"],
        (said["low"], said["high"]),
        measured.primary.lift if measured else None,
        measured.primary.interval if measured else None,
    )
