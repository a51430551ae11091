"""What a shop decides of the privacy of its visitors as groups."""

from collections.abc import Collection, Sequence
from typing import Any

from django.db import transaction
from django.utils.translation import ngettext

from dashboard.accounts.audit_words import differences
from dashboard.accounts.models import Shop, User
from dashboard.accounts.services import record_audit
from dashboard.audiences.selectors import audiences_asking_for, compiled_audiences
from dashboard.core import errors
from dashboard.events.models import Privacy
from dashboard.events.selectors import privacy_of


@transaction.atomic
def change_privacy(
    *,
    shop: Shop,
    smallest_group: int | None = None,
    barred_attributes: Sequence[str] | None = None,
    barred_names: Sequence[str] | None = None,
    accepted: bool = False,
    actor: User | None = None,
    label: str = "",
) -> None:
    """Of fewer visitors than `smallest_group` nothing is told; no audience asks for a barred attribute, no segment is
    named by one of `barred_names`. What is None stays.

    Raises `Conflict` that names the audiences which ask for what shall be barred, unless that is `accepted`: they meet
    nobody from now on, and wherever they stand it is told.
    """
    sent = {"smallest_group": smallest_group, "barred_attributes": barred_attributes, "barred_names": barred_names}
    after: dict[str, Any] = {name: value for name, value in sent.items() if value is not None}
    kept = privacy_of(shop.pk)
    if not accepted:
        _refuse_where_used(shop, set(barred_attributes or ()) - set(kept.barred_attributes))
    changes = differences({name: getattr(kept, name) for name in after}, after)
    Privacy.objects.update_or_create(shop=shop, defaults=after)
    compiled_audiences.invalidate(shop.pk)
    if changes:
        record_audit(shop=shop, actor=actor, label=label, action="privacy.changed", changes=changes)


def _refuse_where_used(shop: Shop, names: Collection[str]) -> None:
    asking = audiences_asking_for(shop, names)
    if not asking:
        return
    message = ngettext(
        "The audience %(audiences)s asks for what you bar. It would meet nobody then, wherever it is used.",
        "The audiences %(audiences)s ask for what you bar. They would meet nobody then, wherever they are used.",
        len(asking),
    ) % {"audiences": ", ".join(f"“{audience.name}”" for audience in asking)}
    raise errors.Conflict(message, fields={"barred_attributes": message})
