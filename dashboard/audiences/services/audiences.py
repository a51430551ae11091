"""Making, changing and archiving audiences."""

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from dashboard.accounts.audit_words import differences
from dashboard.accounts.models import Shop, User
from dashboard.accounts.services import record_audit
from dashboard.audiences.conditions import compiled, refuse_barred
from dashboard.audiences.models import NAME_MAX_LENGTH, Audience
from dashboard.audiences.selectors import audience_of, compiled_audiences
from dashboard.core import clock, errors
from dashboard.core.external import name as checked_name
from dashboard.core.verdicts import Rejection
from dashboard.events.selectors import privacy_of

MAX_AUDIENCES = 100


@transaction.atomic
def create_audience(*, shop: Shop, name: str, expression: str, by: User | None, label: str = "") -> Audience:
    """Save a condition over visitors under a name. Raises `Invalid` by field, and `Conflict` where the name is taken or
    the shop has as many as it may have."""
    Shop.objects.select_for_update(no_key=True).get(pk=shop.pk)
    if Audience.objects.filter(shop=shop, archived_at=None).count() >= MAX_AUDIENCES:
        raise errors.Conflict(_("A shop has at most %(most)s audiences; archive one.") % {"most": MAX_AUDIENCES})
    audience = Audience(shop=shop, name=_name(name), expression=_expression(shop, expression), created_by=by)
    _store(audience)
    record_audit(
        shop=shop,
        actor=by,
        label=label,
        action="audience.created",
        subject=audience.name,
        expression=audience.expression,
    )
    return audience


@transaction.atomic
def change_audience(
    *,
    shop: Shop,
    audience_id: int,
    name: str | None = None,
    expression: str | None = None,
    by: User | None,
    label: str = "",
) -> Audience:
    """Change the name or the condition; what is left out stays. Whatever names the audience follows at once.

    Raises as `create_audience`, and `NotFound`.
    """
    audience = audience_of(shop, audience_id, locked=True)
    before = {"name": audience.name, "expression": audience.expression}
    audience.name = audience.name if name is None else _name(name)
    audience.expression = audience.expression if expression is None else _expression(shop, expression)
    changes = differences(before, {"name": audience.name, "expression": audience.expression})
    if not changes:
        return audience
    audience.revision += "expression" in changes
    _store(audience)
    record_audit(shop=shop, actor=by, label=label, action="audience.changed", subject=audience.name, changes=changes)
    return audience


@transaction.atomic
def archive_audience(*, shop: Shop, audience_id: int, by: User | None, label: str = "") -> None:
    """Offer it nowhere any more. Policies that name it keep it: an earlier version can be served again as it was."""
    audience = audience_of(shop, audience_id, locked=True)
    audience.archived_at = clock.now()
    audience.save(update_fields=["archived_at"])
    compiled_audiences.invalidate(shop.pk)
    record_audit(shop=shop, actor=by, label=label, action="audience.archived", subject=audience.name)


def _store(audience: Audience) -> None:
    audience.changed_at = clock.now()
    try:
        with transaction.atomic():
            audience.save()
    except IntegrityError:
        message = _("There is an audience “%(name)s” already.") % {"name": audience.name}
        raise errors.Conflict(message, fields={"name": message}) from None
    compiled_audiences.invalidate(audience.shop_id)


def _name(text: str) -> str:
    try:
        return checked_name("name", " ".join(text.split()), NAME_MAX_LENGTH)
    except Rejection as reason:
        raise errors.Invalid(
            _(reason.words) % reason.values, fields={"name": _(reason.words) % reason.values}
        ) from None


def _expression(shop: Shop, source: str) -> str:
    """As it is kept: written the one way that says the same."""
    condition = compiled(source, barred=privacy_of(shop.pk).barred_attributes)
    refuse_barred(condition)
    return str(condition.expression)
