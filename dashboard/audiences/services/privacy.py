"""What a shop decides of the privacy of its visitors as groups."""

from collections.abc import Sequence

from django.db import transaction

from dashboard.accounts.audit_words import differences
from dashboard.accounts.models import Shop, User
from dashboard.accounts.services import record_audit
from dashboard.audiences.selectors import compiled_audiences
from dashboard.events.models import Privacy
from dashboard.events.selectors import privacy_of


@transaction.atomic
def change_privacy(
    *, shop: Shop, smallest_group: int, barred_attributes: Sequence[str], barred_names: Sequence[str] = (), actor: User
) -> None:
    """Of fewer visitors than `smallest_group` nothing is told; no audience asks for a barred attribute, no
    segment is named by one of `barred_names`.

    Audiences that ask for one meet nobody from now on.
    """
    before = privacy_of(shop.pk)
    after: dict[str, int | list[str]] = {"smallest_group": smallest_group, "barred_attributes": list(barred_attributes)}
    after["barred_names"] = list(barred_names)
    changes = differences({name: getattr(before, name) for name in after}, after)
    Privacy.objects.update_or_create(shop=shop, defaults=after)
    compiled_audiences.invalidate(shop.pk)
    if changes:
        record_audit(shop=shop, actor=actor, action="privacy.changed", changes=changes)
