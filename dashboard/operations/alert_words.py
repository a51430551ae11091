"""Alerts in words: what is wrong, and what to do about it."""

from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from dashboard.core import formats
from dashboard.operations.models import Alert
from dashboard.training import reasons

Kind = Alert.Kind


def alert_sentence(kind: str, subject: str, facts: dict[str, Any]) -> str:
    """Names the shop, and what is known of the cause."""
    words = {
        Kind.RUNS_FAIL: _("The last %(times)s trainings of %(subject)s failed: %(reason)s"),
        Kind.NO_EVENTS: _("Nothing has arrived from %(subject)s since %(since)s."),
        Kind.FEED_FAILS: _("The feed %(address)s of %(subject)s cannot be read: %(reason)s"),
        Kind.DISK_FULL: _("%(share)s of the disk is free, %(gib)s GiB."),
        Kind.QUEUE_WAITS: _("A task of the queue %(subject)s has waited for %(minutes)s minutes."),
        Kind.NO_WORKER: _("No worker of the queue %(subject)s has given a sign of life."),
        Kind.CLOCK_STANDS: _("Periodic work has not been done for more than a minute."),
    }[Kind(kind)]
    return words % {"subject": subject, **_told(kind, facts)}


def alert_remedy(kind: str) -> str:
    """What whoever runs the installation does about it."""
    return str(
        {
            Kind.RUNS_FAIL: _("Look at its log on the models page; what serves is not touched."),
            Kind.NO_EVENTS: _("Ask the shop whether its pages changed; look at refused events on its events page."),
            Kind.FEED_FAILS: _("Open its address, and look at its certificate; pause it if it is gone."),
            Kind.DISK_FULL: _("Make room, or set ARTIFACTS_MIB and EVENTS_RETENTION_MONTHS."),
            Kind.QUEUE_WAITS: _("Look whether a worker of this queue lives; start one more."),
            Kind.NO_WORKER: _("Start it: celery -A workers.app worker --queues …"),
            Kind.CLOCK_STANDS: _("Start it: celery -A workers.app beat, and a worker of the queue default."),
        }[Kind(kind)]
    )


def _told(kind: str, facts: dict[str, Any]) -> dict[str, str]:
    told = {name: str(value) for name, value in facts.items()}
    if kind == Kind.DISK_FULL:
        told |= {"share": formats.percent(facts["share"]), "gib": formats.number(facts["gib"], 1)}
    if kind == Kind.NO_EVENTS:
        told["since"] = formats.date_and_time(datetime.fromisoformat(facts["since"]))
    if kind == Kind.RUNS_FAIL:
        told["reason"] = reasons.sentence(facts.get("code", ""), facts.get("facts", {})) or facts.get("reason", "")
    return told
