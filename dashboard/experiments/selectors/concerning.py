"""What is done with a segment: audiences that ask for it, overrides that are served for these, experiments on them."""

from dataclasses import dataclass, field

from dashboard.accounts.models import Shop
from dashboard.audiences.conditions import segment_numbers
from dashboard.audiences.models import Audience
from dashboard.audiences.selectors import audiences_by_id, ready_audiences
from dashboard.experiments.models import Experiment
from dashboard.experiments.selectors.lists import experiments_of
from dashboard.policies.models import Placement, Policy
from dashboard.policies.overrides import StoredOverride
from dashboard.policies.selectors import published_policies_of


@dataclass(frozen=True)
class ServedOverride:
    """What a published policy changes for an audience."""

    placement: Placement
    policy: Policy
    audience: Audience
    stored: StoredOverride


@dataclass(frozen=True)
class Concerning:
    """`audiences`: those that are offered or served; `running`: experiments of all visitors, and so of these too."""

    audiences: list[Audience] = field(default_factory=list)
    overrides: list[ServedOverride] = field(default_factory=list)
    experiments: list[Experiment] = field(default_factory=list)
    running: list[Experiment] = field(default_factory=list)


def concerning_segment(shop: Shop, number: int) -> Concerning:
    ready = ready_audiences(shop.pk)
    ids = [key for key, audience in ready.items() if number in segment_numbers(audience.condition.expression)]
    named = audiences_by_id(shop, ids)
    overrides = [
        ServedOverride(policy.placement, policy, named[stored["audience"]], stored)
        for policy in published_policies_of(shop).select_related("placement").order_by("placement_id")
        for stored in policy.overrides
        if stored["audience"] in named
    ]
    listed = [experiment for experiment in experiments_of(shop) if experiment.archived_at is None]
    served = {override.audience.pk for override in overrides}
    return Concerning(
        audiences=sorted(
            (row for row in named.values() if row.archived_at is None or row.pk in served), key=lambda row: row.name
        ),
        overrides=overrides,
        experiments=[experiment for experiment in listed if experiment.audience_id in named],
        running=[
            experiment
            for experiment in listed
            if experiment.audience_id is None and experiment.state == Experiment.State.RUNNING
        ],
    )
