"""Every string that people read, found in templates and Python files."""

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from babel.messages.catalog import Catalog
from babel.messages.extract import extract
from django.utils.translation.template import templatize

PYTHON_FOLDERS = ("dashboard", "workers")
TEMPLATE_FOLDERS = ("templates",)
KEYWORDS: dict[str, Any] = {
    "_": None,
    "gettext": None,
    "gettext_lazy": None,
    "gettext_noop": None,
    "ngettext": (1, 2),
    "ngettext_lazy": (1, 2),
    "pgettext": ((1, "c"), 2),
    "pgettext_lazy": ((1, "c"), 2),
    "npgettext": ((1, "c"), 2, 3),
    "npgettext_lazy": ((1, "c"), 2, 3),
    "Rejection": (2,),  # the words of a refusal (core/verdicts.py)
}
COMMENT_TAGS = ("Translators:",)


def extracted_catalog(root: Path) -> Catalog:
    """All strings below `root` with the files that use them, sorted by the string."""
    catalog = Catalog(charset="utf-8", fuzzy=False)
    for path, source in _sources(root):
        found = extract("python", io.BytesIO(source.encode()), KEYWORDS, COMMENT_TAGS)
        for _line, message, comments, context in found:
            catalog.add(message, locations=[(path, 0)], auto_comments=comments, context=context)
    return catalog


def _sources(root: Path) -> Iterator[tuple[str, str]]:
    for folder in PYTHON_FOLDERS:
        for path in sorted((root / folder).rglob("*.py")):
            if "migrations" not in path.parts:
                yield str(path.relative_to(root)), path.read_text()
    for folder in TEMPLATE_FOLDERS:
        for path in sorted((root / folder).rglob("*.html")):
            yield str(path.relative_to(root)), _as_python(path)


def _as_python(path: Path) -> str:
    # Django turns a template into calls of gettext with filler between them. Indentation there means nothing.
    text = templatize(path.read_text(), origin=str(path))
    return "\n".join(line.strip() for line in text.splitlines())
