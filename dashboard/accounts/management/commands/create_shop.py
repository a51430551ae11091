"""Make a shop."""

import json
from argparse import ArgumentParser
from typing import Any

from django.db import transaction
from django.urls import reverse

from dashboard.accounts.access import Shop
from dashboard.accounts.services import create_shop
from dashboard.accounts.team import invite_first_owner
from dashboard.core.console import ForageCommand


class Command(ForageCommand):
    help = "Make a shop and print its publishable and its secret key. They are shown this once."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("slug", metavar="SLUG", help="its name in addresses: letters, digits, hyphens")
        parser.add_argument("--name", required=True, help="its name for people")
        parser.add_argument("--timezone", default="UTC", help="its zone, such as Europe/London")
        parser.add_argument("--currency", default="GBP", help="ISO 4217")
        parser.add_argument(
            "--owner", metavar="ADDRESS", help="e-mail address of its first owner, who gets a link to join"
        )
        parser.add_argument("--json", action="store_true", help="print JSON")

    @transaction.atomic
    def run(self, **options: Any) -> None:
        shop, publishable, secret = create_shop(
            slug=options["slug"], name=options["name"], timezone=options["timezone"], currency=options["currency"]
        )
        link = _owners_link(shop, options["owner"]) if options["owner"] else None
        if options["json"]:
            said = {"publishable_key": publishable.plain, "secret_key": secret.plain}
            if link:
                said["owner_link"] = link
            self.stdout.write(json.dumps({"slug": shop.slug, "name": shop.name, **said}))
            return
        self.stdout.write(f"The shop {shop.name} is there. Its keys are shown this once; keep the secret one secret.")
        self.stdout.write(f"  publishable (browser)  {publishable.plain}")
        self.stdout.write(f"  secret (backend)       {secret.plain}")
        if link:
            self.stdout.write(f"Its owner joins at {link} below the address of Forage: once, within seven days.")


def _owners_link(shop: Shop, email: str) -> str:
    """The path of the page where the first owner makes an account and joins."""
    made = invite_first_owner(shop=shop, email=email)
    return reverse("accounts:invitation", args=[made.token])
