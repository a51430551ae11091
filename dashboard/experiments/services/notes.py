"""What was learned of an experiment that has ended: a note, tags to find it by, and whether lists still show it."""

from collections.abc import Iterable

from django.db import transaction
from django.utils.translation import gettext as _

from dashboard.accounts.audit_words import differences
from dashboard.accounts.models import User
from dashboard.accounts.services import record_audit
from dashboard.core import clock, errors
from dashboard.experiments.models import Experiment

MOST_TAGS, TAG_MAX_LENGTH = 10, 30


@transaction.atomic
def note_learning(
    *,
    experiment: Experiment,
    by: User | None,
    note: str | None = None,
    tags: Iterable[str] | None = None,
    is_archived: bool | None = None,
    label: str = "",
) -> Experiment:
    """What is None stays as it is. Raises `Conflict` while it has not ended, `Invalid` for too many or long tags."""
    experiment = Experiment.objects.select_for_update(of=("self",)).select_related("shop").get(pk=experiment.pk)
    if not experiment.has_ended:
        raise errors.Conflict(_("It has not ended: what was learned is written then."))
    before = _learned(experiment)
    if note is not None:
        experiment.decision = note.strip()
    if tags is not None:
        experiment.tags = _checked(tags)
    if is_archived is not None and is_archived != (experiment.archived_at is not None):
        experiment.archived_at = clock.now() if is_archived else None
    experiment.save(update_fields=["decision", "tags", "archived_at"])
    record_audit(
        shop=experiment.shop,
        actor=by,
        action="experiment.noted",
        subject=experiment.name,
        experiment=experiment.pk,
        label=label,
        changes=differences(before, _learned(experiment)),
    )
    return experiment


def _learned(experiment: Experiment) -> dict[str, object]:
    return {
        "note": experiment.decision,
        "tags": ", ".join(experiment.tags),
        "is_archived": experiment.archived_at is not None,
    }


def _checked(tags: Iterable[str]) -> list[str]:
    """Each once, in small letters, so that they are found however they were typed."""
    given = list(dict.fromkeys(tag.strip().casefold() for tag in tags if tag.strip()))
    if len(given) > MOST_TAGS or any(len(tag) > TAG_MAX_LENGTH for tag in given):
        message = _("At most %(most)s tags of %(letters)s letters.") % {"most": MOST_TAGS, "letters": TAG_MAX_LENGTH}
        raise errors.Invalid(message, fields={"tags": message})
    return given


def keep_prediction(*, experiment: Experiment, change: float, low: float, high: float) -> None:
    """Of clicks per slate, relative to A; kept once, before anything is known."""
    said = {"change": change, "low": low, "high": high}
    Experiment.objects.filter(pk=experiment.pk, predicted={}).update(predicted=said)
