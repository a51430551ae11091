"""Make a version of a shop's model once more, from what it was made of."""

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from dashboard.accounts.selectors import shop_by_slug
from dashboard.core.errors import ForageError
from dashboard.training import lineage, selectors, services
from dashboard.training.management.progress import Display
from dashboard.training.models import Artifact, Run


class Command(BaseCommand):
    help = (
        "Train a version of a shop's model once more, here: with its snapshot, configuration, seed and parent, as far "
        "as they are there, and say what is not. What it makes is held back. Exit code 1 where it fails."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("version", type=_number, metavar="VERSION", help="as the models page calls it: v12, or 12")
        parser.add_argument("--shop", required=True, metavar="SLUG", help="the shop that it belongs to")
        parser.add_argument("--json", action="store_true", help="print the result as JSON on standard output")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            original = selectors.version(shop_by_slug(options["shop"]), options["version"])
            run = self._train(original)
        except ForageError as error:
            raise CommandError(error.message) from error
        if (repetition := getattr(run, "artifact", None)) is None:
            raise CommandError(f"Run {run.pk} was {run.state}. {run.reason}")
        self._tell(original, repetition, as_json=options["json"])

    def _train(self, original: Artifact) -> Run:
        run = services.repeat_run(artifact=original, label="rerun", for_workers=False)
        with Display(self.stderr, f"Run {run.pk}, {original} once more") as display:
            services.execute_here(run_id=run.pk, watch=display.show)
        return selectors.run(original.shop, run.pk)

    def _tell(self, original: Artifact, repetition: Artifact, *, as_json: bool) -> None:
        then, now = lineage.accuracy_of(original), lineage.accuracy_of(repetition)
        found = lineage.differences(original, repetition)
        if as_json:
            document = {
                "version": original.version,
                "repetition": repetition.version,
                "run": repetition.run_id,
                "differences": [vars(difference) for difference in found],
                "ndcg@10": {"then": then, "now": now},
            }
            self.stdout.write(json.dumps(document))
            return
        self.stdout.write(f"{original} is repeated as {repetition}; NDCG@10 {_figure(then)} then, {_figure(now)} now.")
        for difference in found:
            self.stdout.write(f"- {difference.sentence}")
        if not found:
            self.stdout.write("It was made of the very same data, configuration, seed and code.")


def _number(text: str) -> int:
    return int(text.removeprefix("v"))


def _figure(value: float | None) -> str:
    return "unknown" if value is None else f"{value:.5f}"
