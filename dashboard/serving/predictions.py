"""What the estimate of a policy said when its experiment began, kept to be held against what came."""

from dashboard.experiments.models import Experiment
from dashboard.experiments.services import keep_prediction
from dashboard.policies.selectors import published_policy
from dashboard.serving.estimates import estimate_of
from dashboard.serving.variants import policy_of_variant

CLICKS = "clicks"


def predict_experiment(experiment: Experiment) -> bool:
    """Keep the estimated change of clicks per slate of an experiment's first treatment; whether there is one to keep:
    of nothing new, and of no slates, there is none.

    Some seconds of reading the log: for a task.
    """
    placement = published_policy(shop_id=experiment.shop_id, slug=experiment.placement.slug)
    policies = {variant.key: variant.policy for variant in experiment.variants.all()}
    empty = {variant.key for variant in experiment.variants.all() if variant.shows_nothing}
    treatment = next((key for key in sorted(policies) if key != "A" and key not in empty), None)
    if treatment is None or experiment.is_aa:
        return False
    judged = policy_of_variant(policies[treatment], policies["A"], placement.policy)
    found = estimate_of(experiment.shop, placement, judged)
    clicks = next((entry for entry in found.metrics if entry.metric == CLICKS), None)
    if not found.is_told or clicks is None or clicks.dr_change is None or not clicks.today or clicks.today.value <= 0:
        return False
    base = clicks.today.value
    low, high = clicks.dr_change.interval
    keep_prediction(experiment=experiment, change=clicks.dr_change.value / base, low=low / base, high=high / base)
    return True
