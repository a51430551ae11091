"""Make a shop."""

import json
from argparse import ArgumentParser
from typing import Any

from dashboard.accounts.services import create_shop
from dashboard.core.console import ForageCommand


class Command(ForageCommand):
    help = "Make a shop and print its publishable and its secret key. They are shown this once."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("slug", metavar="SLUG", help="its name in addresses: letters, digits, hyphens")
        parser.add_argument("--name", required=True, help="its name for people")
        parser.add_argument("--timezone", default="UTC", help="its zone, such as Europe/London")
        parser.add_argument("--currency", default="GBP", help="ISO 4217")
        parser.add_argument("--json", action="store_true", help="print JSON")

    def run(self, **options: Any) -> None:
        shop, publishable, secret = create_shop(
            slug=options["slug"], name=options["name"], timezone=options["timezone"], currency=options["currency"]
        )
        if options["json"]:
            keys = {"publishable_key": publishable.plain, "secret_key": secret.plain}
            self.stdout.write(json.dumps({"slug": shop.slug, "name": shop.name, **keys}))
            return
        self.stdout.write(f"The shop {shop.name} is there. Its keys are shown this once; keep the secret one secret.")
        self.stdout.write(f"  publishable (browser)  {publishable.plain}")
        self.stdout.write(f"  secret (backend)       {secret.plain}")
