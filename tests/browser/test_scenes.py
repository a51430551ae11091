"""Dialogs, things shown once, mistakes and doors: readable by everyone in both schemes, and no wider than a phone."""

import pytest

from tests.browser.conftest import NARROW
from tests.browser.scenes import SCENES
from tests.browser.test_pages import violations


def played(window, user):
    """Every scene, one after the other; each begins signed in as the owner."""
    for name, play in SCENES.items():
        window.sign_in(user)
        play(window)
        yield name


def test_every_scene_is_accessible_and_fits_a_phone(visit, owner):
    window = visit(viewport=NARROW)
    problems = {}
    for name in played(window, owner):
        for scheme in ("light", "dark"):
            window.page.emulate_media(color_scheme=scheme)
            if found := violations(window.page):
                problems[name, scheme] = found
        if window.sideways_overflow() > 0:
            problems[name] = window.sideways_overflow()
    assert problems == {}


@pytest.mark.slow
def test_no_scene_is_wider_than_a_phone_in_chinese(visit, owner):
    window = visit(viewport=NARROW)
    window.speak("zh-hans")
    assert [name for name in played(window, owner) if window.sideways_overflow() > 0] == []
