"""What must be right before anything serves: the schema, the translations, the static files. One Django start.

    python -m dashboard.standalone.prepare

Does only what is needed, says how far it is (reports.py), and ends with a result: {"open_steps", "has_sample",
"migrations"} (prepared.py keeps it).
"""

import io
import os
from collections.abc import Iterator
from pathlib import Path

import django
from django.conf import settings
from django.core.management import call_command
from django.db import DEFAULT_DB_ALIAS, connections
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.recorder import MigrationRecorder

from dashboard.core.tenancy import operator_scope
from dashboard.standalone import stamps
from dashboard.standalone.reports import Report, send


@operator_scope("migrations are of every shop")
def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dashboard.settings")
    django.setup()
    _migrate()
    _compile_translations()
    _collect_static()
    from dashboard.standalone import first_start  # models, only now

    result = {"open_steps": first_start.open_steps(), "has_sample": first_start.has_sample()}
    send(Report(result=result | {"migrations": _applied_migrations()}))


# Of installed packages, but not of our pages: Redoc, Plotly's notebook widget, the browsable API, source maps.
IGNORED_STATIC = ["redoc", "widgetbundle.js", "rest_framework", "*.js.map", "htmax*"]


class _Lines(io.StringIO):
    """Passes each line of `migrate` on: which of how many."""

    def __init__(self, total: int) -> None:
        super().__init__()
        self._total = total
        self._applied = 0

    def write(self, text: str) -> int:
        if text.strip().startswith("Applying"):
            name = text.strip().removeprefix("Applying ").rstrip(".")
            send(Report("migrate", name, self._applied / self._total))
            self._applied += 1
        return len(text)


def _migrate() -> None:
    executor = MigrationExecutor(connections[DEFAULT_DB_ALIAS])
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    if not plan:
        from dashboard.accounts.row_security import protect_tables  # needs django.setup()

        protect_tables()  # a newer condition may come without a migration
        send(Report("migrate", "the database is up to date", 1.0, done=True))
        return
    send(Report("migrate", f"{len(plan)} migrations", 0.0))
    call_command("migrate", interactive=False, verbosity=1, no_color=True, stdout=_Lines(len(plan)))
    send(Report("migrate", f"{len(plan)} migrations applied", 1.0, done=True))


def _applied_migrations() -> list[tuple[str, str]]:
    return sorted(MigrationRecorder(connections[DEFAULT_DB_ALIAS]).applied_migrations())


def _compile_translations() -> None:
    for catalog in sorted(Path(settings.BASE_DIR).glob("locale/*/LC_MESSAGES/*.po")):
        binary = catalog.with_suffix(".mo")
        if not binary.exists() or binary.stat().st_mtime < catalog.stat().st_mtime:
            send(Report("assets", "translations"))
            call_command("translations", "compile", stdout=io.StringIO())
            return


def _collect_static() -> None:
    """Compressed and named by content; only when a file changed since the last time."""
    target = Path(settings.STATIC_ROOT)
    stamp, wanted = target / "forage.stamp", stamps.quick_fingerprint(_static_sources(), extra=str(settings.DEBUG))
    if stamps.matches(stamp, wanted):
        return
    send(Report("assets", "static files"))
    call_command(
        "collectstatic",
        interactive=False,
        verbosity=0,
        clear=target.exists(),
        ignore_patterns=IGNORED_STATIC,
        stdout=io.StringIO(),
    )
    stamps.leave(stamp, wanted)
    send(Report("assets", f"{sum(1 for _ in _static_sources())} static files", 1.0, done=True))


def _static_sources() -> Iterator[Path]:
    from django.contrib.staticfiles.finders import get_finders

    for finder in get_finders():
        for name, storage in finder.list(IGNORED_STATIC):
            yield Path(storage.path(name))


if __name__ == "__main__":
    main()
