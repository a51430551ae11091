"""Import a catalog feed."""

import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.utils.translation import gettext, gettext_noop

from dashboard.accounts.selectors import shop_by_slug
from dashboard.catalog.services import MAX_SHARE_REMOVED, RemovalWish, import_items
from dashboard.core import clock
from dashboard.core.console import ImportCommand, ascii_safe, refused_rows, row_progress
from dashboard.core.errors import Invalid
from dashboard.core.imports import ImportReport, Removal

_WORDS = {
    "removed": gettext_noop("%(missing)s of %(known)s items are not in the feed and were taken out%(sample)s."),
    "previewed": gettext_noop("%(missing)s of %(known)s items are not in the feed and would be taken out%(sample)s."),
    "too_many": gettext_noop(
        "%(missing)s of %(known)s items are not in the feed, more than %(share)s of the catalog: none was taken out"
        "%(sample)s. If the feed is right, repeat with --remove-up-to %(plain)s."
    ),
    "unreadable": gettext_noop("Nothing was taken out: %(unreadable)s refused rows do not say which item they are of."),
    "empty": gettext_noop("Nothing was taken out: no row of the feed could be taken."),
}


class Command(ImportCommand):
    help = (
        "Import items: .csv .tsv .jsonl .parquet, Google Merchant TSV or XML, Shopify's product CSV; also with .gz. "
        "Formats: csv, tsv, jsonl, parquet, google-tsv, google-csv, google-xml, shopify-csv."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument(
            "--remove-missing",
            action="store_true",
            help="the file names the whole catalog: take out every item that it does not name, up to "
            f"{MAX_SHARE_REMOVED:.0%}% of the catalog",
        )
        parser.add_argument(
            "--remove-up-to", type=int, default=0, metavar="N", help="with --remove-missing: up to N, whatever share"
        )

    def run(self, **options: Any) -> None:
        if options["remove_up_to"] and not options["remove_missing"]:
            raise Invalid("--remove-up-to goes with --remove-missing.")
        wish = RemovalWish(
            since=clock.now(),
            agreed_to=options["remove_up_to"],
            label="manage.py import_items",
            subject=Path(options["file"]).name[-200:],
        )
        with row_progress("Importing items") as progress, refused_rows(options["refused"]) as refused:
            report = import_items(
                shop=shop_by_slug(options["shop"]),
                path=Path(options["file"]),
                form=options["format"],
                dry_run=options["dry_run"],
                all_or_nothing=options["all_or_nothing"],
                progress=progress,
                refused=refused,
                removal=wish if options["remove_missing"] else None,
            )
        self.report(report, as_json=options["json"])
        if report.removal and report.removal.is_held_back:
            sys.exit(1)

    def _say(self, report: ImportReport) -> None:
        super()._say(report)
        if (removal := report.removal) is not None:
            (self.stderr if removal.is_held_back else self.stdout).write(ascii_safe(_in_words(removal)))


def _in_words(removal: Removal) -> str:
    some = ", ".join(item["item_id"] for item in removal.sample)
    more = ", …" if removal.missing > len(removal.sample) else ""
    return gettext(_WORDS[removal.outcome]) % {
        "missing": f"{removal.missing:,}",
        "plain": removal.missing,
        "known": f"{removal.known:,}",
        "share": f"{MAX_SHARE_REMOVED:.0%}",
        "unreadable": f"{removal.unreadable:,}",
        "sample": f" ({some}{more})" if some else "",
    }
