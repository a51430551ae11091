"""What commands print. With `--json`, standard output holds one JSON document and nothing else."""

import json
import sys
from typing import Any


def print_json(document: Any) -> None:
    """One JSON document on standard output; NaN has no place in JSON and is refused."""
    sys.stdout.write(json.dumps(document, ensure_ascii=False, allow_nan=False) + "\n")
    sys.stdout.flush()


def notice(message: str) -> None:
    """A line for a person, on standard error."""
    sys.stderr.write(message + "\n")
    sys.stderr.flush()
