"""Writes of training, one module per phase of a run."""

from dashboard.training.services.erasing import clean_artifacts
from dashboard.training.services.execution import execute_here, execute_run
from dashboard.training.services.pruning import prune
from dashboard.training.services.publishing import publish_artifact, rollback_to
from dashboard.training.services.runs import cancel_run, change_plan, repeat_run, request_run, start_run
from dashboard.training.services.schedule import start_due_runs
from dashboard.training.services.snapshot import export_snapshot
from dashboard.training.services.sweeping import sweep_runs

__all__ = [
    "cancel_run",
    "change_plan",
    "clean_artifacts",
    "execute_here",
    "execute_run",
    "export_snapshot",
    "prune",
    "publish_artifact",
    "repeat_run",
    "request_run",
    "rollback_to",
    "start_due_runs",
    "start_run",
    "sweep_runs",
]
