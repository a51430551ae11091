"""What templates name exists, in lines that fit: a class that no sheet has styles nothing, and says nothing of it."""

import re
from pathlib import Path

from django.conf import settings

# of Plotly's contract with our sheet, and names that only scripts and tests look for
UNSTYLED = {"no-inline-styles", "numbers", "plans", "sprite"}


def test_every_class_of_a_template_is_styled():
    sheets = (settings.BASE_DIR / "dashboard" / "static" / "forage").glob("*.css")
    sheet = "".join(path.read_text() for path in sheets)
    styled = set(re.findall(r"\.([a-zA-Z][\w-]*)", sheet)) | UNSTYLED
    missing = {}
    for path in Path(settings.BASE_DIR / "templates").rglob("*.html"):
        for names in re.findall(r'class="([^"]*)"', path.read_text()):
            plain = re.sub(r"{[%{].*?[%}]}", " ", names)
            if unknown := set(plain.split()) - styled:
                missing[path.name] = unknown
    assert missing == {}


def test_lines_of_templates_have_at_most_120_characters():
    """More than one element would stand in them; the formatter leaves them as they are."""
    long = [
        f"{path.relative_to(settings.BASE_DIR)}:{number}"
        for path in Path(settings.BASE_DIR / "templates").rglob("*.html")
        for number, line in enumerate(path.read_text().splitlines(), start=1)
        if len(line) > 120
    ]
    assert long == []
