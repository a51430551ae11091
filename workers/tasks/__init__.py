"""Thin tasks: fetch, call, nothing more. Arguments are keywords, and unknown ones are ignored, so that old and new
code can exchange messages while a deployment is under way."""

from workers.tasks import (
    audiences,
    beliefs,
    catalog,
    events,
    experiments,
    exports,
    ledger,
    operations,
    segments,
    serving,
    training,
    updates,
    webhooks,
)

__all__ = [
    "audiences",
    "beliefs",
    "catalog",
    "events",
    "experiments",
    "exports",
    "ledger",
    "operations",
    "segments",
    "serving",
    "training",
    "updates",
    "webhooks",
]
