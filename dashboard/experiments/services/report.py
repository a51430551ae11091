"""A report to share: links that are signed, expire, and can all be taken back at once."""

import secrets
from datetime import timedelta

from django.core import signing
from django.db import transaction
from django.utils.translation import gettext as _

from dashboard.accounts.models import User
from dashboard.core import clock, errors
from dashboard.experiments.models import Experiment
from dashboard.experiments.report_links import LIFETIMES_DAYS, ReportLink
from dashboard.experiments.services.lifecycle import audit_experiment


@transaction.atomic
def share_report(*, experiment: Experiment, days: int, by: User | None) -> str:
    """The token of a link that shows the results of this experiment, and nothing else, to whoever holds it. Raises
    `Conflict` where there are none to show, and `Invalid` for another number of days than those offered."""
    if experiment.started_at is None or experiment.is_interleaved:
        raise errors.Conflict(_("There are no results to share."))
    if days not in LIFETIMES_DAYS:
        message = _("Choose one of: %(days)s days.") % {"days": ", ".join(map(str, LIFETIMES_DAYS))}
        raise errors.Invalid(message, fields={"days": message})
    locked = Experiment.objects.select_for_update(of=("self",)).select_related("shop").get(pk=experiment.pk)
    if not locked.report_key:
        locked.report_key = secrets.token_hex(16)
        locked.save(update_fields=["report_key"])
    expires_at = clock.now() + timedelta(days=days)
    audit_experiment(locked, by, "experiment.report_shared", days=days)
    return signing.dumps(ReportLink.of(locked, expires_at).said, salt=ReportLink.SALT, compress=True)


@transaction.atomic
def revoke_reports(*, experiment: Experiment, by: User | None) -> None:
    """Every link that was ever made stops working; a new one can be made."""
    Experiment.objects.filter(pk=experiment.pk).update(report_key="")
    audit_experiment(experiment, by, "experiment.report_revoked")
