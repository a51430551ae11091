"""Import a catalog feed."""

from pathlib import Path
from typing import Any

from dashboard.accounts.selectors import shop_by_slug
from dashboard.catalog.services import import_items
from dashboard.core.console import ImportCommand, refused_rows, row_progress


class Command(ImportCommand):
    help = (
        "Import items: .csv .tsv .jsonl .parquet, Google Merchant TSV or XML, Shopify's product CSV; also with .gz. "
        "Formats: csv, tsv, jsonl, parquet, google-tsv, google-csv, google-xml, shopify-csv."
    )

    def run(self, **options: Any) -> None:
        with row_progress("Importing items") as progress, refused_rows(options["refused"]) as refused:
            report = import_items(
                shop=shop_by_slug(options["shop"]),
                path=Path(options["file"]),
                form=options["format"],
                dry_run=options["dry_run"],
                all_or_nothing=options["all_or_nothing"],
                progress=progress,
                refused=refused,
            )
        self.report(report, as_json=options["json"])
