"""Find what `bin/up` started, so that a second terminal needs no environment.

The supervisor writes `<data>/runtime.json` (mode 0600) with the environment of the embedded services.
Imports nothing of Django: settings read it.
"""

import json
import os
import shlex
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
RUNTIME_FILE = "runtime.json"
DEFAULT_DATA = ROOT / "var"


def data_folder() -> Path:
    """The folder that holds all state: `FORAGE_DATA`, or `var/` beside manage.py."""
    return Path(os.environ.get("FORAGE_DATA") or DEFAULT_DATA).resolve()


def manage_command(data: Path) -> str:
    """How a second terminal calls manage.py for a data folder: another than the usual has to be named."""
    named = "" if data.resolve() == DEFAULT_DATA.resolve() else f"FORAGE_DATA={shlex.quote(str(data))} "
    return f"{named}.venv/bin/python manage.py"


def is_embedded(variable: str) -> bool:
    """Whether that server is the one of `bin/up`, not one that the environment names."""
    return bool(url := runtime_environment().get(variable)) and os.environ.get(variable) == url


def runtime_environment() -> dict[str, str]:
    """Variables of the running (or last run) embedded services; empty where `bin/up` never ran."""
    try:
        return dict(json.loads((data_folder() / RUNTIME_FILE).read_text(encoding="utf-8")))
    except FileNotFoundError:
        return {}
