"""The deciding metric among new and returning visitors, by device, and by audience."""

from collections import defaultdict
from dataclasses import dataclass, replace

from dashboard.audiences.selectors import audiences_by_id
from dashboard.events.selectors import privacy_of
from dashboard.experiments.assignment import CONTROL
from dashboard.experiments.estimates import ALPHA, Estimate, estimate, moments_of
from dashboard.experiments.metrics import Metric
from dashboard.experiments.models import Experiment, PartMoment
from recommender.statistics import Moments, benjamini_hochberg, shrink

_AUDIENCE, _DEVICE = "audience:", "device:"


@dataclass(frozen=True)
class Part:
    """Visitors who were of one kind at their first slate, in A and in one variant.

    `kind`: new, returning, device or audience; `name`: of the device or audience. `shrunk`: the lift, drawn to that of
    its sisters by as much as chance drives such parts apart; None where there is not enough data.
    """

    kind: str
    name: str
    variant: str
    estimate: Estimate
    shrunk: float | None = None

    @property
    def visitors(self) -> int:
        return self.estimate.control.n + self.estimate.treatment.n


def parts_of(experiment: Experiment, metric: Metric) -> list[Part]:
    """Of each variant but A, one family: Benjamini–Hochberg over all of them, shrinkage within kind and variant.

    Groups of fewer visitors than the shop lets be told are left out.
    """
    found, least = [], privacy_of(experiment.shop_id).smallest_group
    for key, arms in _sums(experiment, metric).items():
        kind, name = _named(experiment, key)
        if not kind or sum(arm.n for arm in arms.values()) < least:
            continue
        for variant in sorted(arms.keys() - {"A"}):
            compared = estimate(
                metric,
                arms.get(CONTROL, Moments()),
                arms[variant],
                planned_visitors=experiment.planned_visitors,
                with_bayes=False,
            )
            found.append(Part(kind, name, variant, compared))
    return _shrunk(_adjusted(found))


def _sums(experiment: Experiment, metric: Metric) -> dict[str, dict[str, Moments]]:
    rows: dict[str, dict[str, list[PartMoment]]] = defaultdict(lambda: defaultdict(list))
    for row in PartMoment.objects.filter(experiment=experiment, metric=metric.key).order_by("part"):
        rows[row.part][row.variant].append(row)
    return {part: {key: moments_of(days) for key, days in arms.items()} for part, arms in rows.items()}


def _named(experiment: Experiment, key: str) -> tuple[str, str]:
    """(kind, name) of a part; no kind for an audience that is offered no more."""
    if key.startswith(_DEVICE):
        return "device", key.removeprefix(_DEVICE)
    if not key.startswith(_AUDIENCE):
        return key, ""
    number = int(key.removeprefix(_AUDIENCE))
    audience = audiences_by_id(experiment.shop, [number]).get(number)
    return ("audience", audience.name) if audience and audience.archived_at is None else ("", "")


def _adjusted(parts: list[Part]) -> list[Part]:
    known = [place for place, part in enumerate(parts) if part.estimate.p_value is not None]
    adjusted = benjamini_hochberg([parts[place].estimate.p_value or 0.0 for place in known])
    by_place = dict(zip(known, adjusted, strict=True))
    return [
        replace(part, estimate=replace(part.estimate, adjusted_p=by_place.get(place)))
        for place, part in enumerate(parts)
    ]


def _shrunk(parts: list[Part]) -> list[Part]:
    families: dict[tuple[str, str], list[int]] = defaultdict(list)
    for place, part in enumerate(parts):
        if part.estimate.interval is not None:
            families[part.variant, _family(part.kind)].append(place)
    shown = list(parts)
    for places in families.values():
        compared = [parts[place].estimate.comparison for place in places]
        drawn = shrink([entry.lift or 0.0 for entry in compared], [entry.stderr or ALPHA for entry in compared])
        for place, estimate_of_part in zip(places, drawn, strict=True):
            shown[place] = replace(parts[place], shrunk=estimate_of_part.value)
    return shown


def _family(kind: str) -> str:
    return "visit" if kind in ("new", "returning") else kind
