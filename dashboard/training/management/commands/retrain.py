"""Train a shop's models from the command line."""

import json
import time
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from dashboard.accounts.selectors import shop_by_slug
from dashboard.core.errors import ForageError
from dashboard.training import selectors, services
from dashboard.training.management.progress import Display
from dashboard.training.models import Run

POLL_SECONDS = 0.5


class Command(BaseCommand):
    help = (
        "Start a training of a shop. Exit code 1 when the run fails, is held back or is cancelled, "
        "or when no worker takes it."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--shop", required=True, metavar="SLUG", help="the shop to train")
        parser.add_argument(
            "--preset", choices=Run.Preset.values, default=Run.Preset.BALANCED, help="how thoroughly (balanced)"
        )
        parser.add_argument("--wait", action="store_true", help="show the progress until the run has ended")
        parser.add_argument("--inline", action="store_true", help="train here, without a worker; implies --wait")
        parser.add_argument(
            "--patience", type=float, default=60, metavar="SECONDS", help="how long to wait for a worker (60)"
        )
        parser.add_argument("--json", action="store_true", help="print the result as JSON on standard output")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            run = self._start(options)
            if options["wait"] or options["inline"]:
                run = self._follow(run, options)
        except ForageError as error:
            raise CommandError(error.message) from error
        self._tell(run, options)

    def _start(self, options: dict[str, Any]) -> Run:
        return services.request_run(
            shop=shop_by_slug(options["shop"]),
            preset=options["preset"],
            trigger=Run.Trigger.COMMAND,
            label="retrain",
            for_workers=not options["inline"],
        )

    def _follow(self, run: Run, options: dict[str, Any]) -> Run:
        with Display(self.stderr, f"Run {run.pk} of {options['shop']}") as display:
            if options["inline"]:
                services.execute_here(run_id=run.pk, watch=display.show)
            return self._wait(run, display, options["patience"])

    def _wait(self, run: Run, display: Display, patience_seconds: float) -> Run:
        """Until the run has ended, or no worker took it in time (it stays queued then)."""
        begun_at = time.monotonic()
        while True:
            run = selectors.run(run.shop, run.pk)
            display.show(run.stage, run.progress)
            if run.state not in Run.ACTIVE_STATES:
                return run
            if run.state == Run.State.QUEUED and time.monotonic() - begun_at > patience_seconds:
                raise CommandError(
                    f"No worker took run {run.pk} within {patience_seconds:.0f} s; it stays queued. Start one: "
                    "celery -A workers.app worker -Q train -c 1, or train here with --inline after cancelling it."
                )
            time.sleep(POLL_SECONDS)

    def _tell(self, run: Run, options: dict[str, Any]) -> None:
        artifact = getattr(run, "artifact", None)
        followed = options["wait"] or options["inline"]
        if options["json"]:
            self.stdout.write(json.dumps(_document(run), default=str))
        elif not followed:
            self.stdout.write(f"Run {run.pk} is queued.")
        elif run.state == Run.State.PUBLISHED:
            self.stdout.write(f"Run {run.pk} is published as {artifact}.")
        if followed and run.state != Run.State.PUBLISHED:
            raise CommandError(f"Run {run.pk} was {run.state}. {run.reason}")


def _document(run: Run) -> dict[str, Any]:
    artifact = getattr(run, "artifact", None)
    return {
        "run": run.pk,
        "state": run.state,
        "reason": run.reason,
        "artifact": artifact.pk if artifact else None,
        "version": artifact.version if artifact else None,
        "counts": run.counts,
        "metrics": run.metrics.get("models", {}),
    }
