"""Ask for a slate from the terminal: `manage.py recommend --shop SLUG --visitor V --placement P`."""

import json
from argparse import ArgumentParser
from typing import Any

from dashboard.accounts.selectors import shop_by_slug
from dashboard.core.console import ForageCommand
from dashboard.serving.services import recommend
from dashboard.serving.types import Slate, SlateRequest


class Command(ForageCommand):
    help = "Print the slate that a visitor gets at a placement: the same path as the API, its exposure is logged."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--shop", required=True, metavar="SLUG")
        parser.add_argument("--visitor", default="", metavar="ID", help="left out: a first-time visitor")
        parser.add_argument("--placement", required=True, metavar="SLUG")
        parser.add_argument("-n", type=int, default=None, help="how many items; the placement's own size if left out")
        parser.add_argument("--context", nargs="*", default=[], metavar="ITEM", help="items on the page")
        parser.add_argument("--seed", type=int, default=None, help="makes the draw repeatable")
        parser.add_argument("--json", action="store_true", help="print the API's answer")

    def run(self, **options: Any) -> None:
        request = SlateRequest(
            shop=shop_by_slug(options["shop"]),
            placement=options["placement"],
            visitor_id=options["visitor"],
            context_items=tuple(options["context"]),
            n=options["n"],
            seed=options["seed"],
            explain=True,
        )
        slate = recommend(request)
        self.stdout.write(json.dumps(slate.as_answer(explain=True)) if options["json"] else _table(slate))


def _table(slate: Slate) -> str:
    answered = slate.fallback or f"artifact {slate.artifact_id}"
    lines = [f"{slate.placement}, policy version {slate.policy_version}, answered by {answered}"]
    lines += [
        f"{item.position:>3}  {item.item_id:<20.20}  {item.title:<40.40}  {item.score:.4f}  {item.propensity:>6.1%}  "
        f"{item.explanation}{'  [exploring]' if item.explore else ''}"
        for item in slate.items
    ]
    return "\n".join(lines)
