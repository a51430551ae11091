"""`manage.py estimate`: what a version of a placement would have brought, from the slates that were served there."""

import json
from argparse import ArgumentParser
from dataclasses import asdict
from pathlib import Path
from typing import Any

from dashboard.accounts.selectors import shop_by_slug
from dashboard.core import errors
from dashboard.core.console import ForageCommand
from dashboard.policies.selectors import placement_by_slug, policy_version, published_policy, served_policy
from dashboard.serving.estimate_words import headline
from dashboard.serving.estimates import METRICS, MOST_SLATES, decisions_of, estimate_of
from dashboard.serving.preview import proposed_policy


class Command(ForageCommand):
    """Of the placement's draft, or of a version."""

    help = (
        "Estimate what a draft or a version of a placement would have brought per slate, as SNIPS and doubly robust, "
        "from the slates that were served. --log writes the decisions behind it for `python -m recommender off-policy`."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--shop", required=True, metavar="SLUG")
        parser.add_argument("--placement", required=True, metavar="SLUG")
        parser.add_argument("--policy", dest="number", type=int, metavar="VERSION", help="left out: the draft")
        parser.add_argument("--limit", type=int, default=MOST_SLATES, help="so many slates at most, the newest")
        parser.add_argument("--json", action="store_true", help="one JSON object on standard output")
        parser.add_argument("--log", type=Path, metavar="F.json", help="write the decisions there")
        parser.add_argument("--reward", choices=METRICS, default="clicks", help="of the decisions")

    def run(self, **options: Any) -> None:
        if options["limit"] < 1:
            raise errors.Invalid("--limit: must be at least 1.")
        shop = shop_by_slug(options["shop"])
        placement = placement_by_slug(shop, options["placement"])
        published = published_policy(shop_id=shop.pk, slug=placement.slug)
        number = options["number"]
        judged = proposed_policy(placement) if number is None else served_policy(policy_version(placement, number))
        found = estimate_of(shop, published, judged, limit=options["limit"])
        if options["log"]:
            terms = {"metric": options["reward"], "limit": options["limit"]}
            options["log"].write_text(json.dumps(decisions_of(shop, published, judged, **terms)))
        self.stdout.write(json.dumps(asdict(found), default=str) if options["json"] else headline(found))
