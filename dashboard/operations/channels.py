"""How alerts reach people: by e-mail and by a signed message to an address, each where the environment names one."""

import logging
import smtplib
from collections.abc import Callable
from dataclasses import dataclass

import orjson
from django.conf import settings
from django.core.mail import send_mail
from django.utils import translation
from django.utils.translation import gettext as _

from dashboard.core import clock, errors
from dashboard.core.fetching import Limits
from dashboard.core.posting import post
from dashboard.operations.alert_words import alert_remedy, alert_sentence
from dashboard.operations.models import Alert
from dashboard.webhooks.signing import secret_of, signed_headers

logger = logging.getLogger(__name__)
ANSWER_SECONDS = 10.0
_SALT = "alerts"


@dataclass(frozen=True)
class Channel:
    """`tell` returns whether it was taken; a failure is a line in the log."""

    name: str
    is_open: Callable[[], bool]
    tell: Callable[[Alert], bool]


def webhook_secret() -> str:
    """By which the receiver verifies alerts, as Standard Webhooks says."""
    return secret_of(_SALT)


def _mail(alert: Alert) -> bool:
    with translation.override(settings.LANGUAGE_CODE):
        subject, text = _subject(alert), f"{_sentence(alert)}\n\n{alert_remedy(alert.kind)}\n"
    try:
        send_mail(subject, text, None, settings.ALERT_EMAILS)
    except (OSError, smtplib.SMTPException) as error:
        logger.warning("An alert could not be mailed: %s", type(error).__name__)
        return False
    return True


def _post(alert: Alert) -> bool:
    with translation.override(settings.LANGUAGE_CODE):
        body = orjson.dumps(_message(alert))
    name = f"alert-{alert.pk}-{'began' if alert.ended_at is None else 'ended'}"
    headers = signed_headers([_SALT], name, int(clock.now().timestamp()), body)
    try:
        # the operator's own address, which no shop can set: it may well be in the operator's network
        posted = post(settings.ALERT_WEBHOOK_URL, body, headers, limits=Limits(0, ANSWER_SECONDS, allow_private=True))
    except errors.Invalid as problem:
        logger.warning("An alert could not be posted: %s", problem.message)
        return False
    if not posted.is_taken:
        logger.warning("An alert was not taken: status %s", posted.status)
    return posted.is_taken


def _message(alert: Alert) -> dict[str, object]:
    told = {"kind": alert.kind, "subject": alert.subject, "message": _sentence(alert), "began_at": alert.began_at}
    kind = "alert.began" if alert.ended_at is None else "alert.ended"
    return {"type": kind, "created_at": alert.ended_at or alert.began_at, "alert": {**told, "ended_at": alert.ended_at}}


def _subject(alert: Alert) -> str:
    of = {"kind": alert.get_kind_display(), "subject": f" ({alert.subject})" if alert.subject else ""}
    return _("Forage: %(kind)s%(subject)s") % of if alert.ended_at is None else _("Over: %(kind)s%(subject)s") % of


def _sentence(alert: Alert) -> str:
    return alert_sentence(alert.kind, alert.subject, alert.facts)


CHANNELS = (
    Channel("email", lambda: bool(settings.ALERT_EMAILS), _mail),
    Channel("webhook", lambda: bool(settings.ALERT_WEBHOOK_URL), _post),
)
