"""Publishing the variant that won, for everyone."""

from collections.abc import Collection

from django.db import transaction
from django.utils.translation import gettext as _

from dashboard.accounts.models import User
from dashboard.core import errors
from dashboard.experiments.assignment import CONTROL
from dashboard.experiments.models import Experiment, Variant
from dashboard.experiments.risks import unaccepted
from dashboard.experiments.selectors.results import results_of
from dashboard.experiments.services.lifecycle import audit_experiment, end_experiment, noted
from dashboard.experiments.services.moments import refresh_moments
from dashboard.policies.services import publish_tested


def ship_experiment(
    *,
    experiment: Experiment,
    by: User | None,
    variant: str = "",
    decision: str = "",
    accepted: Collection[str] = (),
    label: str = "",
) -> Experiment:
    """Stop, and publish a variant for everyone; rules that were changed while it ran stay as they are published.

    `variant`: its key; may be left out where there is one beside A. `accepted`: keys of the risks (`risks_of`) that
    whoever decides takes; the audit keeps them. Raises `Conflict` that names those which the data, as of this moment,
    does not rule out and nobody accepted, and where the variant is no policy of its own: nothing has changed then but
    the results, which tell of them. Raises `Invalid` where it is not said which variant.
    """
    refresh_moments(experiment)
    return _ship(experiment, by, variant, decision, accepted, label)


@transaction.atomic
def _ship(
    experiment: Experiment, by: User | None, variant: str, decision: str, accepted: Collection[str], label: str
) -> Experiment:
    chosen = _chosen(experiment, variant)
    experiment = end_experiment(experiment, Experiment.State.SHIPPED, decision)
    experiment.shipped_variant = chosen.key
    experiment.save(update_fields=["shipped_variant"])
    risks = results_of(experiment).risks_of(chosen.key)
    open_risks = unaccepted(risks, accepted)
    if open_risks:
        message = _("%(variant)s is not published: %(risks)s Accept this by name, or let the experiment run on.")
        raise errors.Conflict(
            message % {"variant": chosen.key, "risks": " ".join(risk.sentence for risk in open_risks)},
            fields={risk.key: risk.sentence for risk in open_risks},
        )
    control = experiment.variants.select_related("policy").get(key=CONTROL)
    publish_tested(policy=chosen.policy, against=control.policy, by=by)
    taken = [risk.key for risk in risks]
    audit_experiment(
        experiment, by, "experiment.shipped", label=label, variant=chosen.key, accepted=taken, **noted(experiment)
    )
    return experiment


def _chosen(experiment: Experiment, key: str) -> Variant:
    if experiment.is_aa:
        raise errors.Conflict(_("An A/A test has nothing to publish: all its visitors see what is published."))
    if experiment.is_interleaved:
        raise errors.Conflict(_("An interleaving says which policy is preferred, not what it earns: test B against A."))
    others = list(experiment.variants.exclude(key=CONTROL).select_related("policy__placement"))
    found = [variant for variant in others if variant.key == key] if key else others
    if len(found) != 1:
        message = _("Say which variant: %(keys)s.") % {"keys": ", ".join(variant.key for variant in others)}
        raise errors.Invalid(message, fields={"variant": message})
    if found[0].shows_nothing:
        raise errors.Conflict(_("No recommendations are no policy to publish: take the placement out of your shop."))
    return found[0]
