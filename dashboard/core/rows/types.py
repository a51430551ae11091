"""What readers of files hand on: rows, and what became of lines that are none."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from dashboard.core.verdicts import Rejection

Row = dict[str, Any]


@dataclass(frozen=True)
class Addition:
    """A row that adds to the thing of another, such as one more picture, and is none by itself."""


Rows = Iterator[tuple[int, Row | Rejection | Addition]]
