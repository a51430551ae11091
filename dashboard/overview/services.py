"""What takes several rooms: forgetting a visitor and merging two in each that knows one; putting off what needs you."""

from datetime import timedelta

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from dashboard.accounts.models import Shop, User
from dashboard.accounts.services import record_audit
from dashboard.audiences import services as audiences
from dashboard.core import clock, errors
from dashboard.events import services as events
from dashboard.events.selectors import earlier_ids
from dashboard.events.services import erase_visitor
from dashboard.experiments import services as experiments
from dashboard.exports.services import withdraw_exports
from dashboard.ledger.services import mark_days_of
from dashboard.overview.models import PutOff
from dashboard.overview.needs import inbox
from dashboard.segments import services as segments
from dashboard.serving.estimates import forget_prepared
from dashboard.updates.services import tell_rewritten
from dashboard.webhooks import services as webhooks

PUT_OFF_DAYS = (1, 7)


@transaction.atomic
def put_off(*, shop: Shop, key: str, days: int, actor: User) -> None:
    """Hide a line of the inbox for 1 or 7 days, for everybody of the shop. Safe to repeat.

    Raises `Invalid` for another number of days and `NotFound` for a line that is not there.
    """
    if days not in PUT_OFF_DAYS:
        raise errors.Invalid(_("Put it off for a day or for a week."), fields={"days": "1 or 7"})
    line = next((need for need in inbox(shop).open if need.key == key), None)
    if line is None:
        raise errors.NotFound(_("This is settled already."))
    until = clock.now() + timedelta(days=days)
    PutOff.objects.filter(shop=shop, until__lte=clock.now()).delete()
    PutOff.objects.update_or_create(shop=shop, key=key, defaults={"until": until, "by": actor})
    record_audit(shop=shop, actor=actor, action="need.put_off", subject=line.title, days=days)


@transaction.atomic
def bring_back(*, shop: Shop, actor: User) -> None:
    """Show what was put off again, all of it."""
    gone, _by_kind = PutOff.objects.filter(shop=shop).delete()
    if gone:
        record_audit(shop=shop, actor=actor, action="need.brought_back", rows=gone)


@transaction.atomic
def forget_visitor(*, shop: Shop, visitor_id: str, by: str) -> dict[str, int]:
    """Erase a visitor and say how many rows went, by kind. `by` goes into the audit trail, the visitor's id does not.

    Raises `NotFound` for a visitor of whom nothing is kept.
    """
    ids = [visitor_id, *earlier_ids(shop, visitor_id)]
    mark_days_of(shop=shop, visitor_ids=ids)
    gone = erase_visitor(shop=shop, visitor_id=visitor_id)
    gone["memberships"] = segments.forget_visitor(shop=shop, visitor_id=visitor_id)
    gone |= audiences.forget_visitor(shop=shop, visitor_ids=ids)
    gone["assignments"] = experiments.forget_visitor(shop=shop, visitor_id=visitor_id)
    webhooks.forget_visitor(shop=shop, visitor_ids=ids)
    if not any(gone.values()):
        raise errors.NotFound("There is no such visitor in this shop.")
    transaction.on_commit(lambda: forget_prepared(shop))
    tell_rewritten(shop=shop)
    record_audit(shop=shop, actor=None, label=by, action="visitor.erased", rows=gone)
    withdraw_exports(
        shop=shop, reason=gettext_noop("A visitor was erased since this file was written. Ask for another.")
    )
    return gone


@transaction.atomic
def merge_visitor(*, shop: Shop, visitor_id: str, into: str, by: str) -> dict[str, int]:
    """Join a visitor (anonymous until now) to another (signed in) and say how many rows were moved, by kind.

    The next slate of `into` rests on both histories; experiments keep the earlier assignment. Safe to repeat.
    `by` goes into the audit trail, the ids do not.
    """
    moved = events.merge_visitor(shop=shop, visitor_id=visitor_id, into=into)
    moved["assignments"] = experiments.merge_visitor(shop=shop, visitor_id=visitor_id, into=into)
    audiences.merge_visitor(shop=shop, visitor_id=visitor_id, into=into)
    tell_rewritten(shop=shop)
    record_audit(shop=shop, actor=None, label=by, action="visitor.merged", rows=moved)
    segments.forget_visitor(shop=shop, visitor_id=visitor_id)  # the next artifact knows one visitor
    return moved


def note_access(*, shop: Shop, by: str, actor: User | None = None) -> None:
    """Somebody takes all that is kept of a visitor; the trail does not name whose."""
    record_audit(shop=shop, actor=actor, label=by, action="visitor.exported")
