"""docs/api.md as text, and the examples in it."""

import re
from pathlib import Path

GUIDE = (Path(__file__).resolve().parents[2] / "docs" / "api.md").read_text()


def examples(language, *words):
    """The code blocks of a language that hold all the words, in their order."""
    found = re.findall(rf"```{language}\n(.*?)```", GUIDE, re.S)
    return [block for block in found if all(word in block for word in words)]


def filled(example, **values):
    """The example with its placeholders, such as FORAGE and SECRET_KEY, filled in."""
    for name, value in values.items():
        example = example.replace(name, value)
    return example
