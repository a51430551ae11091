"""The subject of a commit says what it does, and fits a line wherever it is listed (CONTRIBUTING.md)."""

import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
#: Those up to here were made before this was looked at; what is published is not written anew.
SINCE = "3c1199baca"
LONGEST_SUBJECT = 72


def git(*words):
    """What git says; None where it is missing, or knows no such commit: in an archive, in a shallow clone."""
    try:
        done = subprocess.run(["git", "-C", ROOT, *words], capture_output=True, text=True, timeout=60)
    except FileNotFoundError:
        return None
    return done.stdout if done.returncode == 0 else None


def too_long(subjects):
    return [subject for subject in subjects if len(subject) > LONGEST_SUBJECT]


def test_subjects_of_commits_fit_a_line():
    if git("merge-base", "--is-ancestor", SINCE, "HEAD") is None:
        pytest.skip("there is no history here")
    assert too_long(git("log", "--no-merges", "--format=%s", f"{SINCE}..HEAD").splitlines()) == []


def test_a_subject_of_seventy_two_characters_fits_and_a_longer_one_is_found():
    assert too_long(["Mend " + "a" * 67, "Mend " + "ä" * 68]) == ["Mend " + "ä" * 68]
