"""What takes several rooms: forgetting a visitor, and merging two, in each that knows one."""

from django.db import transaction

from dashboard.accounts.models import Shop
from dashboard.accounts.services import record_audit
from dashboard.core import errors
from dashboard.events import services as events
from dashboard.events.services import erase_visitor
from dashboard.experiments import services as experiments
from dashboard.segments import services as segments


@transaction.atomic
def forget_visitor(*, shop: Shop, visitor_id: str, by: str) -> dict[str, int]:
    """Erase a visitor and say how many rows went, by kind. `by` goes into the audit trail, the visitor's id does not.

    Raises `NotFound` for a visitor of whom nothing is kept.
    """
    gone = erase_visitor(shop=shop, visitor_id=visitor_id)
    gone["memberships"] = segments.forget_visitor(shop=shop, visitor_id=visitor_id)
    gone["assignments"] = experiments.forget_visitor(shop=shop, visitor_id=visitor_id)
    if not any(gone.values()):
        raise errors.NotFound("There is no such visitor in this shop.")
    record_audit(shop=shop, actor=None, label=by, action="visitor.erased", rows=gone)
    return gone


@transaction.atomic
def merge_visitor(*, shop: Shop, visitor_id: str, into: str, by: str) -> dict[str, int]:
    """Join a visitor (anonymous until now) to another (signed in) and say how many rows were moved, by kind.

    The next slate of `into` rests on both histories; experiments keep the earlier assignment. Safe to repeat.
    `by` goes into the audit trail, the ids do not.
    """
    moved = events.merge_visitor(shop=shop, visitor_id=visitor_id, into=into)
    moved["assignments"] = experiments.merge_visitor(shop=shop, visitor_id=visitor_id, into=into)
    record_audit(shop=shop, actor=None, label=by, action="visitor.merged", rows=moved)
    segments.forget_visitor(shop=shop, visitor_id=visitor_id)  # the next artifact knows one visitor
    return moved
