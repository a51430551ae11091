"""Tasks that failed: kept with their reason, and done again on a wish."""

import hashlib
import traceback
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import orjson
from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _

from dashboard.accounts.models import User
from dashboard.accounts.selectors import shop_by_id
from dashboard.accounts.services import record_audit
from dashboard.core import clock, errors, jobs
from dashboard.core.tenancy import shop_scope
from dashboard.operations.models import REASON_MAX_LENGTH, TaskFailure
from dashboard.training import services as training
from dashboard.training.models import Run

KEPT = timedelta(days=30)


def record_failure(*, task: str, queue: str, arguments: Mapping[str, Any], error: BaseException) -> None:
    """Note that a task failed: a row for each task and arguments, which counts until it is done again."""
    now, fingerprint = clock.now(), _fingerprint(task, arguments)
    seen = TaskFailure.objects.filter(fingerprint=fingerprint, retried_at=None)
    if seen.update(times=F("times") + 1, last_at=now, reason=reason_of(error)):
        return
    fresh = TaskFailure(
        task=task,
        queue=queue,
        arguments=dict(arguments),
        fingerprint=fingerprint,
        reason=reason_of(error),
        first_at=now,
        last_at=now,
    )
    TaskFailure.objects.bulk_create([fresh], ignore_conflicts=True)  # another worker may have been as fast


def reason_of(error: BaseException) -> str:
    """The words of an error that is written for people; of any other its class and the last place of ours that it came
    through, since its message may repeat what a shop sent."""
    if isinstance(error, errors.ForageError):
        return error.message[:REASON_MAX_LENGTH]
    return f"{type(error).__name__}{_place(error)}"[:REASON_MAX_LENGTH]


def _place(error: BaseException) -> str:
    ours = [frame for frame in traceback.extract_tb(error.__traceback__) if _is_ours(frame.filename)]
    if not ours:
        return ""
    return f" ({Path(ours[-1].filename).relative_to(settings.BASE_DIR)}:{ours[-1].lineno})"


def _is_ours(filename: str) -> bool:
    path = Path(filename)
    return path.is_relative_to(settings.BASE_DIR) and "site-packages" not in path.parts


def retry_failure(*, failure_id: int, actor: User) -> TaskFailure:
    """Send the task again, once. Raises `NotFound`, `Conflict` where somebody has, `Unavailable` without broker."""
    found = TaskFailure.objects.filter(pk=failure_id).first()
    if found is None:
        raise errors.NotFound(_("There is no such task any more."))
    if problem := jobs.broker_problem():
        raise errors.Unavailable(_("The broker takes no tasks: %(problem)s") % {"problem": problem})
    with transaction.atomic():
        free = TaskFailure.objects.filter(pk=failure_id, retried_at=None)
        if not free.update(retried_at=clock.now(), retried_by=actor):
            raise errors.Conflict(_("This task was sent again already."))
        _note(found, actor)
        jobs.enqueue(name=found.task, queue=found.queue, **found.arguments)
    return found


def _note(failure: TaskFailure, actor: User) -> None:
    """In the trail of the shop that the task works for; of others this row tells who had it done again, and when."""
    shop = shop_by_id(failure.arguments["shop_id"]) if "shop_id" in failure.arguments else None
    if shop is not None:
        record_audit(shop=shop, actor=actor, action="task.retried", subject=failure.task)


def retry_run(*, run: Run, actor: User) -> Run:
    """Queue another training like one that failed. Raises what `request_run` raises."""
    if run.state != Run.State.FAILED:
        raise errors.Conflict(_("Only a training that failed is started again here."))
    with shop_scope(run.shop_id):
        return training.request_run(shop=run.shop, preset=run.preset, requested_by=actor)


def forget_old_failures() -> int:
    """Returns how many rows went."""
    return TaskFailure.objects.filter(last_at__lt=clock.now() - KEPT).delete()[0]


def _fingerprint(task: str, arguments: Mapping[str, Any]) -> str:
    said = orjson.dumps([task, dict(arguments)], option=orjson.OPT_SORT_KEYS, default=str)
    return hashlib.sha256(said).hexdigest()
