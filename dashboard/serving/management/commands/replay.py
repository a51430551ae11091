"""`manage.py replay`: draws logged slates again from the log alone, and says which came out otherwise."""

import json
import sys
from argparse import ArgumentParser, ArgumentTypeError
from datetime import UTC, datetime
from itertools import islice
from typing import Any

from dashboard.accounts.selectors import shop_by_slug
from dashboard.core import clock, errors
from dashboard.core.console import ForageCommand, row_progress
from dashboard.events.selectors import erased_visitors, logged_slates
from dashboard.serving.replay import Replay, replay


class Command(ForageCommand):
    """Compares items, order, `explored` and propensities; ends with 1 where any slate differs."""

    help = (
        "Draw logged slates again from the log alone, whatever model, catalog and knobs are now, and compare items, "
        "order, what was explored, and propensities (to 1e-12)."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--shop", required=True, metavar="SLUG")
        parser.add_argument("--since", type=_moment, help="served at or after, such as 2026-11-24T09:00:00Z")
        parser.add_argument("--limit", type=int, help="so many at most, those served last first")
        parser.add_argument("--json", action="store_true", help="one JSON object on standard output")

    def run(self, **options: Any) -> None:
        limit = options["limit"]
        if limit is not None and limit < 1:
            raise errors.Invalid("--limit: must be at least 1.")
        shop = shop_by_slug(options["shop"])
        with row_progress("Drawing slates again", limit) as progress:
            slates = logged_slates(shop.pk, until=clock.now(), since=options["since"])
            found = replay(shop.pk, islice(slates, limit), progress=progress)
        erased = len(erased_visitors(shop))
        self.stdout.write(json.dumps(found.as_json()) if options["json"] else "\n".join(_lines(found, erased)))
        if found.different:
            sys.exit(1)


def _lines(found: Replay, erased: int) -> list[str]:
    lines = [f"{found.equal} of {found.slates} slates were drawn again as they were served."]
    lines += [f"{row.recommendation_id}: position {row.position}: {row.what}" for row in found.different]
    lines += [f"{count} could not be drawn again: {why}." for why, count in sorted(found.untold.items())]
    if found.with_deleted_items:
        lines.append(f"{found.with_deleted_items} show items that have left the catalog since.")
    if erased:
        lines.append(f"Visitors who were erased: {erased}. Their slates left the log with them.")
    return lines


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise ArgumentTypeError("must be a date, or a date and time such as 2026-11-24T09:00:00Z") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
