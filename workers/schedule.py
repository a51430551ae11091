"""What beat starts, and when. Each entry names a task of workers/tasks/.

Run one beat. Two would do no harm: every task finds out by itself what is due. A message that no worker took within
its period expires, so that nothing piles up while workers are down.
"""

from datetime import timedelta
from typing import Any

from celery.schedules import crontab


def _every(task: str, **period: float) -> dict[str, Any]:
    interval = timedelta(**period)
    return {"task": task, "schedule": interval, "options": {"expires": interval.total_seconds()}}


def _daily(task: str, hour: int) -> dict[str, Any]:
    return {"task": task, "schedule": crontab(hour=hour, minute=20), "options": {"expires": 6 * 3600}}


BEAT_SCHEDULE: dict[str, dict[str, Any]] = {
    "find lost runs": _every("training.sweep", seconds=15),
    "start the runs of the night": _every("training.start_due_runs", minutes=10),
    "remove old artifacts": _daily("training.prune", hour=4),
    "take erased visitors out of artifacts": _every("training.clean_artifacts", minutes=10),
    "sum the days of shops": _every("events.rollup", minutes=1),
    "make months ahead and forget what is old": _daily("events.keep_house", hour=1),
    "join late events of merged visitors": _every("events.join_visitors", minutes=5),
    "sum the visitors of shops": _every("audiences.count", minutes=1),
    "sum what the week changed": _every("audiences.sum_weeks", hours=1),
    "sum every visitor again": _daily("audiences.count_all", hour=3),
    "sum what members of segments did": _every("segments.sum_due", minutes=10),
    "find bots": _every("events.find_bots", minutes=5),
    "learn what items earn": _every("beliefs.learn", seconds=20),
    "learn from the whole log": _every("beliefs.learn_anew", minutes=30),
    "learn what came since the last run": _every("updates.learn", seconds=20),
    "learn it anew where it was rewritten": _every("updates.learn_anew", hours=1),
    "sum what exploring cost and found": _every("ledger.sum", minutes=20),
    "make slates ready to be estimated": _every("serving.make_ready", hours=1),
    "sum every day again": _daily("events.rollup_all", hour=2),
    "fetch scheduled feeds": _every("catalog.start_due_feeds", minutes=1),
    "find lost imports": _every("catalog.sweep_imports", minutes=1),
    "tell webhooks who entered and left": _every("webhooks.sweep", seconds=15),
    "find lost exports": _every("exports.sweep", minutes=1),
    "watch over the installation": _every("operations.watch", minutes=5),
    "begin and end experiments": _every("experiments.keep_schedule", minutes=1),
    "refresh experiments": _every("experiments.refresh", minutes=2),
}
