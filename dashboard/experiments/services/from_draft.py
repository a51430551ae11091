"""What a placement's draft proposes, tried on half of the visitors instead of published for all."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from django.db import transaction

from dashboard.accounts.models import User
from dashboard.experiments.models import Experiment
from dashboard.experiments.services.arms import Arm
from dashboard.policies.models import Placement
from dashboard.policies.selectors import proposal_of
from dashboard.policies.services import discard_draft
from recommender.slate import KNOB_NAMES


@transaction.atomic
def try_draft(
    *,
    make: Callable[..., Experiment],
    placement: Placement,
    knobs: Mapping[str, Any],
    with_rules: bool,
    revision: int | None,
    by: User | None,
    share: float | None = None,
    others: Sequence[Arm] = (),
    **terms: Any,
) -> Experiment:
    """`make` an experiment whose B has these knobs, what the draft says of how they act, and its rules and overrides
    where they are tested too. `share`: B's; `others`: C to H.

    The draft of `revision` goes into B and is empty afterwards; what somebody added to it since stays there.
    """
    proposal = proposal_of(placement)
    rules, overrides = (proposal.rules, proposal.overrides) if with_rules else (None, None)
    options = {name: value for name, value in proposal.moved.items() if name not in KNOB_NAMES}
    drafted = Arm(knobs={**options, **knobs}, rules=rules, overrides=overrides, share=share)
    experiment = make(placement=placement, arms=[drafted, *others], by=by, **terms)
    is_taken = with_rules or not proposal.changes_more
    if is_taken and not proposal.is_empty and proposal.revision == revision:
        discard_draft(placement=placement, revision=proposal.revision, by=by)
    return experiment
