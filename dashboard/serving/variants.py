"""What the variants of a running experiment are served with: knobs as they are tested, rules as they are now."""

from dashboard.experiments.models import Experiment
from dashboard.experiments.selectors import CONTROL
from dashboard.policies.models import Policy
from dashboard.policies.selectors import PublishedPolicy, ServedPolicy, held_to, served_policy
from dashboard.serving.composing import Assigned

WITHHELD = "experiment"  # why a slate is empty
_MOST_KEPT = 1_000  # a few kB each
# {(policy of the variant, of A, published): what serves}; versions never change, so each is made once
_made: dict[tuple[int, int, int], ServedPolicy] = {}


def policy_of_variant(policy: Policy, control: Policy, published: ServedPolicy) -> ServedPolicy:
    """A variant's policy under the rules that are published now."""
    key = policy.pk, control.pk, published.id
    found = _made.get(key)
    if found is None:
        if len(_made) >= _MOST_KEPT:
            _made.clear()
        found = _made[key] = held_to(served_policy(policy), served_policy(control), published)
    return found


def assigned_variants(placement: PublishedPolicy) -> dict[str, Assigned]:
    """{key: what its visitors are served with} of the experiment that runs there, A first; empty where none does."""
    experiment = _running(placement.placement_id)
    if experiment is None:
        return {}
    variants = experiment.variants.all()
    control = next(variant.policy for variant in variants if variant.key == CONTROL)
    return {
        variant.key: Assigned(
            placement,
            policy_of_variant(variant.policy, control, placement.policy),
            experiment.pk,
            variant.key,
            withheld=WITHHELD if variant.shows_nothing else "",
        )
        for variant in variants
    }


def variants_under(placement: PublishedPolicy, proposed: ServedPolicy) -> dict[str, ServedPolicy]:
    """{key: what its visitors would be served with} if a policy were published that is none yet."""
    experiment = _running(placement.placement_id)
    own = {key: served_policy(policy) for key, policy in _policies(experiment).items()} if experiment else {}
    return {key: held_to(policy, own[CONTROL], proposed) for key, policy in own.items()}


def _running(placement_id: int) -> Experiment | None:
    running = Experiment.objects.filter(placement_id=placement_id, state=Experiment.State.RUNNING)
    return running.prefetch_related("variants__policy").first()


def _policies(experiment: Experiment) -> dict[str, Policy]:
    return {variant.key: variant.policy for variant in experiment.variants.all()}
