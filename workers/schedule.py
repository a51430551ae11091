"""What beat starts, and when. Each entry names a task of workers/tasks/."""

from typing import Any

BEAT_SCHEDULE: dict[str, dict[str, Any]] = {}
