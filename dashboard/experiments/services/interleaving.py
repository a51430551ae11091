"""Two policies that make slates together: what they must have in common, and the sums of what visitors chose."""

from collections.abc import Sequence
from typing import Any

from django.db import connection
from django.utils.translation import gettext as _

from dashboard.core import errors
from dashboard.experiments.interleaving_sql import INSERT_INTERLEAVED
from dashboard.experiments.models import Experiment, InterleavedDay, Variant
from dashboard.policies.models import Policy


def check_interleaved(variants: Sequence[Variant]) -> None:
    """Raises `Invalid` where they cannot make a slate together: two, each of which shows something else, and pins the
    same items."""
    if len(variants) != 2 or any(variant.shows_nothing for variant in variants):
        _refuse(_("Two policies that show something can make slates together: A, and one variant beside it."))
    of_a, of_b = (_pins(variant.policy) for variant in variants)
    if of_a != of_b:
        _refuse(_("Both must pin the same items to the same positions to make slates together."))


def refresh_interleaved(experiment: Experiment, parameters: dict[str, Any]) -> int:
    """Recompute the open days; returns how many rows were written. `parameters`: as of the moments."""
    InterleavedDay.objects.filter(experiment=experiment, day__gte=parameters["first_day"]).delete()
    with connection.cursor() as cursor:
        cursor.execute(INSERT_INTERLEAVED, parameters)
        return cursor.rowcount


def _pins(policy: Policy) -> list[Any]:
    return [rule for rule in policy.rules if rule["kind"] == "pin"]


def _refuse(message: str) -> None:
    raise errors.Invalid(message, fields={"is_interleaved": message})
