"""What the link of a report says: which shop's experiment, until when, and by which key it was made."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, ClassVar

from django.core import signing

from dashboard.core import clock, errors
from dashboard.experiments.models import Experiment

LIFETIMES_DAYS = (7, 30, 90)
LONGEST_TOKEN = 500


@dataclass(frozen=True)
class ReportLink:
    """`key`: the experiment's own, which is changed to take its links back."""

    SALT: ClassVar[str] = "forage.experiment-report"

    shop_id: int
    experiment_id: int
    key: str
    expires_at: datetime

    @classmethod
    def of(cls, experiment: Experiment, expires_at: datetime) -> "ReportLink":
        return cls(experiment.shop_id, experiment.pk, experiment.report_key, expires_at)

    @property
    def said(self) -> dict[str, Any]:
        return {"s": self.shop_id, "e": self.experiment_id, "k": self.key, "u": int(self.expires_at.timestamp())}


def read_link(token: str) -> ReportLink:
    """Raises `NotFound` for one that was not made here, was changed, or has expired: in the same words."""
    gone = errors.NotFound("This link leads nowhere: it has expired or was taken back.")
    if len(token) > LONGEST_TOKEN:
        raise gone
    try:
        said = signing.loads(token, salt=ReportLink.SALT)
        link = ReportLink(said["s"], said["e"], said["k"], datetime.fromtimestamp(said["u"], UTC))
    except (signing.BadSignature, KeyError, TypeError, ValueError):
        raise gone from None
    if link.expires_at <= clock.now():
        raise gone
    return link
