"""Placements that go: only those whose experiments would not go with them."""

from django.db import transaction
from django.utils.translation import gettext as _

from dashboard.accounts.models import User
from dashboard.core import errors
from dashboard.experiments.models import Experiment
from dashboard.policies.models import Placement
from dashboard.policies.services import delete_placement


@transaction.atomic
def remove_placement(*, placement: Placement, by: User | None, label: str = "") -> None:
    """Take a placement away with its versions; slates that were served there stay. Raises `Conflict` where it has
    experiments, whose results would be lost, and where it is the shop's last."""
    if Experiment.objects.filter(placement=placement).exists():
        raise errors.Conflict(_("This placement has experiments; their results would be lost with it."))
    delete_placement(placement=placement, by=by, label=label)
