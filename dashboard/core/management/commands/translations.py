"""Keep the translations of Forage: `manage.py translations extract|update|compile|check`."""

import json
from argparse import ArgumentParser, RawDescriptionHelpFormatter
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from dashboard.core.i18n.catalogs import LANGUAGES, compile_catalog, merge, messages, read_catalog, write_catalog
from dashboard.core.i18n.extraction import extracted_catalog
from dashboard.core.i18n.problems import problems

HELP = """Keep the translations of Forage, without GNU gettext.

  extract   list the strings of templates and Python files
  update    bring locale/*/LC_MESSAGES/django.po up to date; then fill in every empty msgstr by hand
  compile   write the binary catalogs (django.mo, not in git) that Django reads
  check     fail where a string is missing, fuzzy or superfluous, or its placeholders differ

After a change of words: `manage.py translations update`, write the Chinese, `manage.py translations check`.
Words are chosen in docs/glossary.md. Two people changed the .po file at once? Keep both sides and run `update`.
"""


class Command(BaseCommand):
    help = HELP
    requires_system_checks: list[str] = []

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> Any:
        return super().create_parser(prog_name, subcommand, formatter_class=RawDescriptionHelpFormatter, **kwargs)

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("action", choices=["extract", "update", "compile", "check"])
        parser.add_argument("--json", action="store_true", help="print the result as JSON")

    def handle(self, *args: Any, action: str, **options: Any) -> None:
        lines = getattr(self, f"_{action}")(Path(settings.BASE_DIR))
        if options["json"]:
            self.stdout.write(json.dumps({"action": action, "lines": lines}, ensure_ascii=False))
        else:
            self.stdout.write("\n".join(lines))

    def _extract(self, root: Path) -> list[str]:
        return [str(message.id) for message in messages(extracted_catalog(root))]

    def _update(self, root: Path) -> list[str]:
        found = extracted_catalog(root)
        lines = []
        for language in LANGUAGES:
            catalog = merge(read_catalog(root, language), found)
            path = write_catalog(root, language, catalog)
            empty = sum(not all(_forms(message.string)) for message in messages(catalog))
            lines.append(f"{path.relative_to(root)}: {len(messages(catalog))} strings, {empty} to translate")
        return lines

    def _compile(self, root: Path) -> list[str]:
        return [str(compile_catalog(root, language).relative_to(root)) for language in LANGUAGES]

    def _check(self, root: Path) -> list[str]:
        found = extracted_catalog(root)
        wrong = [f"{name}: {line}" for name in LANGUAGES for line in problems(read_catalog(root, name), found)]
        if wrong:
            raise CommandError("\n".join(wrong))
        return [f"{len(messages(found))} strings, all translated"]


def _forms(string: Any) -> list[str]:
    return list(string) if isinstance(string, list | tuple) else [string]
