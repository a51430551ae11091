"""What readers of files hand on."""

from collections.abc import Iterator
from typing import Any

from dashboard.core.verdicts import Rejection

Row = dict[str, Any]
Rows = Iterator[tuple[int, Row | Rejection]]
