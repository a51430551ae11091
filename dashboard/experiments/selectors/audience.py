"""Who sees what at a placement now: the truth behind the sentences of its pages and `served_share` of the API."""

from dataclasses import dataclass
from datetime import date, timedelta

from dashboard.core import clock
from dashboard.experiments.assignment import CONTROL
from dashboard.experiments.models import Experiment
from dashboard.experiments.selectors.pace import days_left_of, visitor_days
from dashboard.experiments.selectors.variants import Difference, knob_differences
from dashboard.policies.models import Placement, Policy
from dashboard.policies.selectors import policy_published_now


@dataclass(frozen=True)
class Trial:
    """A running experiment as the visitors of its placement meet it.

    `shares`: {variant: share of all visitors that are served with it}, visitors without an id left out: they are in no
    experiment. `ends_on`: when its planned visitors will have come, at the pace of the last days; None: nobody can say.
    `is_complete`: they have come.
    """

    experiment: Experiment
    policies: dict[str, Policy]
    shares: dict[str, float]
    published: Policy
    ends_on: date | None
    is_complete: bool

    @property
    def share(self) -> float:
        """The share of visitors in it."""
        return sum(self.shares.values())

    @property
    def outside(self) -> float:
        """The share that is served with what is published."""
        return max(0.0, 1.0 - self.share)

    @property
    def is_everyone(self) -> bool:
        return self.outside < 1e-9

    @property
    def waiting(self) -> list[Difference]:
        """The knobs that were published since it began, and wait for its end."""
        return knob_differences(self.policies[CONTROL], self.published)

    def served_share(self, policy: Policy) -> float:
        """The share of visitors that are served with the knobs of a version."""
        own = sum(share for key, share in self.shares.items() if self.policies[key].pk == policy.pk)
        return own + (self.outside if policy.pk == self.published.pk else 0.0)


def trial_on(placement: Placement) -> Trial | None:
    """None where no experiment runs."""
    experiment = (
        Experiment.objects.filter(placement=placement, state=Experiment.State.RUNNING)
        .select_related("shop")
        .prefetch_related("variants__policy")
        .first()
    )
    if experiment is None:
        return None
    variants = list(experiment.variants.all())
    total = sum(variant.weight for variant in variants)
    taken = experiment.traffic_share * (experiment.group_end - experiment.group_start)
    rows = visitor_days(experiment)
    days = days_left_of(experiment, rows)
    return Trial(
        experiment=experiment,
        policies={variant.key: variant.policy for variant in variants},
        shares={variant.key: taken * variant.weight / total for variant in variants},
        published=policy_published_now(placement),
        ends_on=None if days is None else clock.today_in(experiment.shop.timezone) + timedelta(days=days),
        is_complete=sum(row.n for row in rows) >= experiment.planned_visitors,
    )


def served_share(policy: Policy, trial: Trial | None) -> float:
    """The share of the placement's visitors that are served with a version now."""
    return trial.served_share(policy) if trial else float(policy.is_published)
