"""Put a backup into this installation."""

import json
from argparse import ArgumentParser
from typing import Any

from dashboard.core.console import ForageCommand, share_progress
from dashboard.standalone.backups import Restored, check_backup, restore_backup
from dashboard.standalone.management.commands.backup import in_words, told


class Command(ForageCommand):
    """`manage.py restore DIR_OR_URL`."""

    help = (
        "Put a backup in the place of this installation's database, model versions and secrets: all of it, or nothing "
        "where any file is not as it was written. Others are cut off meanwhile. Exit code 1 where it fails."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("address", metavar="DIR_OR_URL", help="where `manage.py backup` has put it")
        parser.add_argument("--replace", action="store_true", help="although there are shops here, which go")
        parser.add_argument("--check", action="store_true", help="only compare every file, change nothing")
        parser.add_argument("--json", action="store_true", help="print what was restored as JSON")

    def run(self, **options: Any) -> None:
        address = options["address"]
        if options["check"]:
            with share_progress("Check") as report:
                found = check_backup(address, report=report)
            self._tell(f"{address} is whole: {in_words(found)}.", told(found), **options)
            return
        with share_progress("Restore") as report:
            restored = restore_backup(address, replace=options["replace"], report=report)
        facts = {**told(restored.manifest), "needs_restart": restored.needs_restart}
        self._tell(f"Restored: {in_words(restored.manifest)}. {_next_step(restored)}", facts, **options)

    def _tell(self, words: str, facts: dict[str, Any], **options: Any) -> None:
        self.stdout.write(json.dumps({"address": options["address"], **facts}) if options["json"] else words)


def _next_step(restored: Restored) -> str:
    if not restored.has_secrets:
        return "It holds no secrets: people sign in anew, and links of before are not believed."
    if restored.needs_restart:
        return "Restart Forage now, with the SECRET_KEY of the backup where you set it yourself (secrets.json)."
    return "Forage serves it now."
