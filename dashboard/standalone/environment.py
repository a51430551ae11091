"""The environment of every process that `bin/up` starts, and `runtime.json`, by which others find the services."""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from dashboard.standalone.children import MARKER
from dashboard.standalone.credentials import secret, write_private
from dashboard.standalone.discovery import RUNTIME_FILE

# One thread per process: web processes answer many visitors at once, a pool of BLAS threads each would only queue.
THREAD_VARIABLES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")
SINGLE_THREADED = dict.fromkeys(THREAD_VARIABLES, "1")


@dataclass(frozen=True)
class Given:
    """Which services the environment names: those are used, the others are embedded."""

    database: bool
    redis: bool
    broker: bool

    @classmethod
    def of(cls, environment: Mapping[str, str]) -> "Given":
        return cls(*(bool(environment.get(name)) for name in ("DATABASE_URL", "REDIS_URL", "CELERY_BROKER_URL")))


def adopt_broker_as_cache(environment: Mapping[str, str]) -> dict[str, str]:
    """REDIS_URL from CELERY_BROKER_URL where only that is given and it is a Redis: one server does for both."""
    broker = environment.get("CELERY_BROKER_URL", "")
    if broker.startswith(("redis://", "rediss://")) and not environment.get("REDIS_URL"):
        return {"REDIS_URL": broker}
    return {}


def runtime_values(data: Path, urls: Mapping[str, str]) -> dict[str, str]:
    """What a second terminal needs beside its own environment: the embedded services, the key, the places."""
    values = {"SECRET_KEY": secret(data, "secret_key"), "ARTIFACT_STORE": str(data / "artifacts")}
    return values | dict(urls)


def write_runtime(data: Path, values: Mapping[str, str]) -> None:
    """Mode 0600: it holds passwords."""
    write_private(data / RUNTIME_FILE, json.dumps(dict(values), indent=1) + "\n")


def child_environment(data: Path, values: Mapping[str, str], *, url: str) -> dict[str, str]:
    """For web, workers and commands: what the user set wins over what we made. `url`: where the web server answers."""
    own = {"FORAGE_DATA": str(data), MARKER: str(data), "FORAGE_URL": url, "PYTHONUNBUFFERED": "1"}
    own["FORAGE_DATABASE_IS_HERE"] = "1" if "DATABASE_URL" in values and "DATABASE_URL" not in os.environ else "0"
    return {"DEMO": "1", **values, **os.environ, **own}
