"""Back up this installation."""

import json
from argparse import ArgumentParser
from typing import Any

from dashboard.core import heartbeats
from dashboard.core.console import ForageCommand, share_progress
from dashboard.core.formats import number
from dashboard.standalone.backups import Manifest, make_backup

MIB = 1024 * 1024


class Command(ForageCommand):
    """`manage.py backup DIR_OR_URL`."""

    help = (
        "Store the database, all model versions and the secrets of this installation in a folder or at an fsspec "
        "address (s3://…), while everything goes on, and read every file again. Exit code 1 where it fails."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("address", metavar="DIR_OR_URL", help="an empty or new folder, or an fsspec address")
        parser.add_argument("--without-secrets", action="store_true", help="leave out SECRET_KEY and the passphrase")
        parser.add_argument("--json", action="store_true", help="print what it holds as JSON")

    def run(self, **options: Any) -> None:
        with share_progress("Backup") as report:
            made = make_backup(options["address"], with_secrets=not options["without_secrets"], report=report)
        heartbeats.beat(heartbeats.BACKUP)
        if options["json"]:
            self.stdout.write(json.dumps({"address": options["address"], **told(made)}))
        else:
            self.stdout.write(f"{options['address']} holds {in_words(made)}. Every file was read again.")
        for path in made.damaged:
            self.stderr.write(f"The files of {path} are missing or altered here: the backup lacks this model version.")


def told(found: Manifest) -> dict[str, Any]:
    """What machines are told of a backup."""
    return {
        "made_at": found.made_at,
        "shops": found.shops,
        "rows": found.row_count,
        "artifacts": sorted(found.artifacts),
        "damaged": found.damaged,
        "files": len(found.files),
        "bytes": found.bytes,
    }


def in_words(found: Manifest) -> str:
    """What people are told of a backup."""
    return (
        f"{number(found.row_count)} rows, shops: {len(found.shops)}, model versions: {len(found.artifacts)}, "
        f"{number(found.bytes / MIB, 1)} MiB"
    )
