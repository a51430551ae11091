"""What a run tells of itself while it works: stage, progress, log; written into its row about once a second."""

import json
import math
import re
import time
from collections import deque
from collections.abc import Callable
from typing import Any
from zoneinfo import ZoneInfo

from dashboard.core import clock
from dashboard.training.services.lease import Lease
from dashboard.training.services.trainer import Line

# The library's own stages lie between ours: the snapshot before, publishing after.
TRAINER_FROM, TRAINER_TO = 0.04, 0.96
Watch = Callable[[str, float], None]  # hears stage and progress 0..1
LOG_LINES = 80
MESSAGE_MAX_LENGTH = 300
_FOLDERS = re.compile(r"(?<![\w:/.])/(?:[^\s/'\"]+/)+(?=[^\s/'\"])")  # up to the last name of an absolute path


class Report:
    """Collects what happens and writes it with the heartbeat, at most once a tick; its log on the shop's clock."""

    def __init__(self, lease: Lease, watch: Watch | None = None) -> None:
        self._lease = lease
        self._watch = watch
        self._zone = ZoneInfo(lease.run.shop.timezone)
        self._log: deque[str] = deque(lease.run.log_tail.splitlines(), maxlen=LOG_LINES)
        self._stages: list[dict[str, Any]] = []
        self._progress = 0.0
        self._entered_at = self._written_at = time.monotonic()

    def enter(
        self, stage: str, *, progress: float, message: str = "", extra_seconds: float = 0.0, **changes: Any
    ) -> None:
        """Begin a stage of ours, and write it at once. `extra_seconds`: how long it may go without a beat."""
        self._at(stage, 0.0, message)
        self._progress = progress
        self._write(extra_seconds=extra_seconds, **changes)

    def note(self, message: str) -> None:
        """Say how the present stage went."""
        self._at(self._stages[-1]["stage"], 1.0, message)

    def hear(self, line: Line | None) -> None:
        """A line of the trainer, or None when a tick passed without one."""
        if line is not None:
            self._take(line)
        if time.monotonic() - self._written_at >= self._lease.timing.tick_seconds:
            self._write()

    def _take(self, line: Line) -> None:
        progress = _parsed(line) if line.is_progress else None
        if progress is None:
            self._say(line.text)
            return
        self._at(progress["stage"], _share(progress.get("stage_progress")), str(progress.get("message") or ""))
        whole = TRAINER_FROM + _share(progress.get("progress")) * (TRAINER_TO - TRAINER_FROM)
        self._progress = max(self._progress, whole)

    def _at(self, stage: str, progress: float, message: str) -> None:
        now = time.monotonic()
        if not self._stages or self._stages[-1]["stage"] != stage:
            if self._stages:
                self._stages[-1]["progress"] = 1.0
            self._stages.append({"stage": stage, "message": ""})
            self._entered_at = now
        self._stages[-1] |= {"progress": progress, "seconds": round(now - self._entered_at, 1)}
        if message and message != self._stages[-1]["message"]:
            self._stages[-1]["message"] = message[:MESSAGE_MAX_LENGTH]
            self._say(f"{stage}  {message[:MESSAGE_MAX_LENGTH]}")

    def _say(self, text: str) -> None:
        self._log.append(f"{clock.now().astimezone(self._zone):%H:%M:%S}  {without_folders(text)}")

    def _write(self, extra_seconds: float = 0.0, **changes: Any) -> None:
        self._written_at = time.monotonic()
        if self._watch is not None:
            self._watch(self._stages[-1]["stage"], self._progress)
        self._lease.beat(
            extra_seconds=extra_seconds,
            stage=self._stages[-1]["stage"][:30],
            progress=self._progress,
            stages=self._stages,
            log_tail="\n".join(self._log),
            **changes,
        )


def without_folders(text: str) -> str:
    """A line without where things lie on this machine: a merchant reads it."""
    return _FOLDERS.sub("", text)


def _parsed(line: Line) -> dict[str, Any] | None:
    """A progress line of the library, or None for anything else that it printed."""
    try:
        found = json.loads(line.text)
    except ValueError:
        return None
    return found if isinstance(found, dict) and isinstance(found.get("stage"), str) else None


def _share(value: object) -> float:
    if not isinstance(value, int | float) or not math.isfinite(value):
        return 0.0
    return min(max(float(value), 0.0), 1.0)
