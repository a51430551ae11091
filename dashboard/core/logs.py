"""What goes into the log: JSON lines with the id of their request, and nothing personal.

Ids of visitors stand in addresses, query strings, bodies, and in messages of exceptions (Postgres repeats the values of
a broken key). So a line names the route, never the address, and an exception by its class and the places it came
through, with its message only where the log level is DEBUG.
"""

import logging
import traceback
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any

import orjson
from django.core.exceptions import ImproperlyConfigured

#: The id of the request that this thread is answering; empty outside of requests.
request_id: ContextVar[str] = ContextVar("request_id", default="")

_FIELDS = ("method", "route", "status", "duration_ms")
_FORMS = {
    "json": {"()": "dashboard.core.logs.JsonLines"},
    "line": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"},
}


def route_of(request: Any) -> str:
    """The pattern that the address of a request matched, such as api/v1/visitors/<path:visitor_id>."""
    match = getattr(request, "resolver_match", None)
    return match.route if match else "none"


class WithoutAddresses(logging.Filter):
    """Django's own messages about a request name its address; they get its route in place of it."""

    def filter(self, record: logging.LogRecord) -> bool:
        request = getattr(record, "request", None)
        if request is not None:
            status = getattr(record, "status_code", "")
            record.msg, record.args = "%s %s %s", (status, getattr(request, "method", ""), route_of(request))
        return True


class JsonLines(logging.Formatter):
    """One JSON object a line: at, level, logger, message, request_id, what a request's line adds, exception."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        if known := request_id.get():
            line["request_id"] = known
        line |= {name: vars(record)[name] for name in _FIELDS if name in vars(record)}
        if record.exc_info and record.exc_info[1]:
            line["exception"] = told(record.exc_info[1])
        return orjson.dumps(line, default=str, option=orjson.OPT_NON_STR_KEYS).decode()


def told(error: BaseException) -> dict[str, Any]:
    """An exception without its message, which may repeat what a shop sent."""
    frames = traceback.extract_tb(error.__traceback__)
    found: dict[str, Any] = {
        "type": f"{type(error).__module__}.{type(error).__qualname__}",
        "frames": [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames],
    }
    if logging.getLogger().isEnabledFor(logging.DEBUG):
        found["message"] = str(error)
    if error.__cause__ is not None:
        found["cause"] = told(error.__cause__)
    return found


def logging_settings(level: str, form: str) -> dict[str, Any]:
    """For Django's LOGGING. `form`: json, or line for people who read along."""
    if form not in _FORMS:
        raise ImproperlyConfigured(f"LOG_FORMAT must be one of {', '.join(_FORMS)}, not {form}.")
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "filters": {"without_addresses": {"()": "dashboard.core.logs.WithoutAddresses"}},
        "formatters": {"chosen": _FORMS[form]},
        "handlers": {
            "console": {
                "class": "logging.StreamHandler",
                "formatter": "chosen",
                "filters": ["without_addresses"],
            }
        },
        "root": {"handlers": ["console"], "level": level},
        "loggers": {
            "django": {"handlers": []},  # its own would tell addresses, on the console and by mail
            "httpx": {"level": "WARNING"},  # a line for each request of the simulator would bury the rest
            "django.request": {"level": "ERROR"},  # of the rest our own line says more
        },
    }
