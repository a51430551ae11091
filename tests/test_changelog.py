"""CHANGELOG.md is read by the person who upgrades: versions, what was added, changed and fixed, one line each."""

import re
from pathlib import Path

LINES = (Path(__file__).parents[1] / "CHANGELOG.md").read_text("utf-8").splitlines()
VERSION = re.compile(r"## \[(\d+)\.(\d+)\.(\d+)\] – (Unreleased|\d{4}-\d{2}-\d{2})")
KINDS = {"Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"}


def test_versions_go_from_the_newest_down_and_only_the_newest_may_be_unreleased():
    versions = [VERSION.fullmatch(line) for line in LINES if line.startswith("## ")]
    assert all(versions), "a version looks like '## [1.2.3] – 2026-11-24'"
    numbers = [tuple(int(found[place]) for place in (1, 2, 3)) for found in versions]
    assert numbers == sorted(numbers, reverse=True)
    assert len(set(numbers)) == len(numbers)
    assert "Unreleased" not in [found[4] for found in versions[1:]]


def test_each_version_has_each_kind_of_change_once():
    seen: set[str] = set()
    for line in LINES:
        if line.startswith("## "):
            seen = set()
        elif line.startswith("### "):
            kind = line.removeprefix("### ")
            assert kind in KINDS
            assert kind not in seen, f"{kind} stands twice in a version"
            seen.add(kind)


def test_every_change_is_one_line():
    assert [line for line in LINES if line.startswith("  ")] == []
