"""The deciding metric of many experiments at once, for the list and the register."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import F, Sum

from dashboard.experiments.assignment import CONTROL
from dashboard.experiments.estimates import ALPHA, Estimate, estimate
from dashboard.experiments.metrics import Metric
from dashboard.experiments.models import DailyMoment, Experiment
from dashboard.experiments.selectors.own import metrics_of_shop
from recommender.statistics import SUMS, Moments


@dataclass(frozen=True)
class Summary:
    """How many visitors an experiment had, and what its deciding metric says of `variant`: the one that was published,
    else the leading one."""

    visitors: int
    variant: str
    primary: Estimate


def summaries_of(experiments: Iterable[Experiment], *, metric: str = "") -> dict[int, Summary]:
    """{key of the experiment: its summary}. Days are added up by the database; an estimate a variant, 1 ms. `metric`:
    in place of the one that decides each."""
    asked = list(experiments)
    sums = _sums_by_arm(asked, metric)
    known = {shop_id: metrics_of_shop(shop_id) for shop_id in {experiment.shop_id for experiment in asked}}
    return {
        experiment.pk: _summary(
            experiment, known[experiment.shop_id][metric or experiment.primary_metric], sums[experiment.pk]
        )
        for experiment in asked
    }


def _summary(experiment: Experiment, metric: Metric, arms: dict[str, Moments]) -> Summary:
    treatments = [variant.key for variant in experiment.variants.all() if variant.key != "A"] or ["B"]
    compared = {
        key: estimate(
            metric,
            arms.get(CONTROL, Moments()),
            arms.get(key, Moments()),
            planned_visitors=experiment.planned_visitors,
            with_bayes=False,
            alpha=ALPHA / len(treatments),
        )
        for key in treatments
    }
    leading = max(treatments, key=lambda key: compared[key].at_worst)
    told = experiment.shipped_variant if experiment.shipped_variant in compared else leading
    return Summary(sum(moments.n for moments in arms.values()), told, compared[told])


def _sums_by_arm(experiments: list[Experiment], metric: str) -> dict[int, dict[str, Moments]]:
    wanted = metric or F("experiment__primary_metric")
    rows = DailyMoment.objects.filter(experiment__in=experiments, metric=wanted)
    found: dict[int, dict[str, Moments]] = defaultdict(dict)
    for experiment_id, variant, *sums in rows.values_list("experiment_id", "variant").annotate(
        **{f"all_{name}": Sum(name) for name in SUMS}
    ):
        found[experiment_id][variant] = Moments(*sums)
    return found
