"""Look at an installation as an operator would, and say how to mend what is wrong."""

from collections.abc import Callable, Iterator

from django.db import Error

from dashboard.standalone.doctor import configuration, services, storage, versions, work
from dashboard.standalone.doctor.finding import Finding, Level, problem

Check = Callable[[], Iterator[Finding]]

CHECKS: dict[str, Check] = {
    "configuration": configuration.findings,
    "versions": versions.findings,
    "disk": storage.disk_findings,
    "database": services.database_findings,
    "migrations": services.migration_findings,
    "broker": services.broker_findings,
    "workers": work.worker_findings,
    "clock": work.clock_findings,
    "runs": work.run_findings,
    "artifacts": storage.artifact_findings,
    "static files": storage.static_findings,
    "translations": storage.translation_findings,
}

__all__ = ["CHECKS", "Finding", "Level", "examined"]


def examined() -> Iterator[Finding]:
    """Every check, one after the other. A check that cannot be made because the database is away says so."""
    for name, check in CHECKS.items():
        try:
            for finding in check():
                yield finding.of(name)
        except Error as error:
            reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
            yield problem(f"not checked, the database refuses: {reason}", "Mend the database first.").of(name)
