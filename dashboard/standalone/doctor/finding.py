"""What a check of the doctor says."""

from dataclasses import dataclass, replace
from typing import Literal

Level = Literal["ok", "warning", "problem"]


@dataclass(frozen=True)
class Finding:
    """A warning is a risk, a problem stops something from working. `remedy`: what to do; empty where all is well."""

    level: Level
    message: str
    remedy: str = ""
    check: str = ""

    def of(self, check: str) -> "Finding":
        return replace(self, check=check)


def ok(message: str) -> Finding:
    return Finding("ok", message)


def warning(message: str, remedy: str) -> Finding:
    return Finding("warning", message, remedy)


def problem(message: str, remedy: str) -> Finding:
    return Finding("problem", message, remedy)
