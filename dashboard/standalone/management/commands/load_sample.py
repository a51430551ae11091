"""Load the sample shop."""

import json
from argparse import ArgumentParser
from typing import Any

from dashboard.core.console import ForageCommand, share_progress
from dashboard.standalone.credentials import MERCHANT_EMAIL
from dashboard.standalone.sample.loader import load_sample


class Command(ForageCommand):
    help = (
        "Load the sample shop: a real gift retailer's catalog and a year of its orders. "
        "Safe to repeat: what is missing is added, nothing is stored twice."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="print the shop and its merchant as JSON")

    def run(self, **options: Any) -> None:
        with share_progress("Loading the sample shop") as progress:
            shop = load_sample(report=progress)
        if options["json"]:
            self.stdout.write(json.dumps({"shop": shop.slug, "email": MERCHANT_EMAIL}))
            return
        self.stdout.write(f"The shop {shop.name} is there. Its merchant signs in as {MERCHANT_EMAIL};")
        self.stdout.write("the passphrase is in secrets/merchant_passphrase of the data folder.")
