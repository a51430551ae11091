"""Import past interactions."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from dashboard.accounts.selectors import shop_by_slug
from dashboard.core.console import ImportCommand, refused_rows, row_progress
from dashboard.events.services import import_events


class Command(ImportCommand):
    help = (
        "Import interactions: .csv .tsv .jsonl .parquet, also with .gz. Columns: visitor_id, item_id, timestamp, and "
        "if you have them event_id, event_type (or type), session_id, quantity, price, value, currency, order_id, "
        "recommendation_id, placement, query. Safe to repeat: nothing is stored twice."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--simulated", action="store_true", help="mark all of them as made by the simulator")

    def run(self, **options: Any) -> None:
        with row_progress("Importing interactions") as progress, refused_rows(options["refused"]) as refused:
            report = import_events(
                shop=shop_by_slug(options["shop"]),
                path=Path(options["file"]),
                form=options["format"],
                simulated=options["simulated"],
                dry_run=options["dry_run"],
                all_or_nothing=options["all_or_nothing"],
                progress=progress,
                refused=refused,
            )
        self.report(report, as_json=options["json"])
