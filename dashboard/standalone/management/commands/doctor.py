"""Check this installation."""

import json
import sys
from argparse import ArgumentParser
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand

from dashboard.core.console import ascii_safe
from dashboard.standalone.doctor import Finding, examined


class Command(BaseCommand):
    help = (
        "Check configuration, versions, disk, database, broker, workers, artifacts and static files, and say how to "
        "mend what is wrong. Exits with 1 where something does not work; warnings are risks."
    )
    requires_system_checks: list[str] = []  # they are among its findings

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="print the findings as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        found = []
        for finding in examined():
            found.append(finding)
            if not options["json"]:
                self._say(finding)
        problems = sum(finding.level == "problem" for finding in found)
        if options["json"]:
            self.stdout.write(json.dumps({"ok": not problems, "findings": [asdict(finding) for finding in found]}))
        else:
            warnings = sum(finding.level == "warning" for finding in found)
            self.stdout.write(f"Problems: {problems}. Warnings: {warnings}.")
        if problems:
            sys.exit(1)

    def _say(self, finding: Finding) -> None:
        style = {"ok": self.style.SUCCESS, "warning": self.style.WARNING, "problem": self.style.ERROR}[finding.level]
        self.stdout.write(f"{style(f'{finding.level:8}')} {finding.check:14} {ascii_safe(finding.message)}")
        if finding.remedy:
            self.stdout.write(f"{'':23} → {finding.remedy}")
