"""Catalogs on disk: read, merge, write, compile."""

import io
import os
import re
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

LANGUAGES = ("zh_Hans",)
_DATES = re.compile(
    r'^"(POT-Creation-Date|PO-Revision-Date|Last-Translator|Generated-By|Language-Team|Report-Msgid-Bugs-To):.*\n', re.M
)


def po_path(root: Path, language: str) -> Path:
    return root / "locale" / language / "LC_MESSAGES" / "django.po"


def read_catalog(root: Path, language: str) -> Catalog:
    path = po_path(root, language)
    if not path.exists():
        return Catalog(locale=language, charset="utf-8", fuzzy=False)
    return read_po(io.BytesIO(path.read_bytes()), locale=language)


def merge(catalog: Catalog, found: Catalog) -> Catalog:
    """The strings that the source has now, with the translations that there are; nothing is guessed."""
    catalog.update(found, no_fuzzy_matching=True, update_header_comment=False)
    catalog.obsolete.clear()
    return catalog


def write_catalog(root: Path, language: str, catalog: Catalog) -> Path:
    """Sorted, without line numbers and dates, so that work of several people merges."""
    buffer = io.BytesIO()
    catalog.header_comment = "# Forage in Simplified Chinese. Words: docs/glossary.md"
    write_po(buffer, catalog, width=0, sort_output=True, ignore_obsolete=True, include_lineno=False)
    path = po_path(root, language)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(_DATES.sub("", buffer.getvalue().decode()))
    return path


def compile_catalog(root: Path, language: str) -> Path:
    """Write the binary catalog that Django reads, in one step so that a running server never sees half of it."""
    path = po_path(root, language).with_suffix(".mo")
    buffer = io.BytesIO()
    write_mo(buffer, read_catalog(root, language))
    half = path.with_suffix(f".{os.getpid()}.half")  # another process may be at it too
    half.write_bytes(buffer.getvalue())
    half.replace(path)
    return path


def messages(catalog: Catalog) -> list[Message]:
    """Without the header."""
    return [message for message in catalog if message.id]
