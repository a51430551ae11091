"""How a step that runs in its own process tells the supervisor how far it is: JSON lines on standard output."""

import json
import re
from dataclasses import asdict, dataclass, field
from typing import Any

ANSI = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
PERCENT = re.compile(r"\(?(\d{1,3}(?:\.\d+)?) ?%\)?")


@dataclass(frozen=True)
class Report:
    """`stage` begins a stage (or repeats the running one), `done` ends it; `result` is for the supervisor itself."""

    stage: str = ""
    text: str = ""
    fraction: float | None = None
    done: bool = False
    result: dict[str, Any] = field(default_factory=dict)


def send(report: Report) -> None:
    print(json.dumps(asdict(report)), flush=True)  # noqa: T201


def read(line: str) -> Report:
    """A report, or what a command said for people: its last words, and the percentage if it names one."""
    text = ANSI.sub("", line).strip()
    if text.startswith('{"stage"'):
        try:
            return Report(**json.loads(text))
        except (ValueError, TypeError):
            pass
    percent = PERCENT.findall(text)
    return Report(
        text=PERCENT.sub("", text).strip(" ·:-"), fraction=min(float(percent[-1]) / 100, 1) if percent else None
    )
