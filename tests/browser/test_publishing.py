"""From two moved knobs and a rule to what the API serves, and back: a draft, a preview, a dialog, an undo."""

import json
import urllib.request

import pytest

from dashboard.accounts.services import issue_key
from dashboard.experiments.models import Experiment
from dashboard.policies.selectors import placement_by_slug, policy_published_now, proposal_of
from tests.browser.conftest import NARROW, WIDE
from tests.browser.shots_of import ENGLISH
from tests.browser.test_pages import violations
from tests.browser.test_placements import move

PINNED = "gar-1"


@pytest.fixture
def ask(live_server, seeded):
    """Asks the running API as visitors whom nobody has seen: `ask(prefix) -> [answer, …]`."""
    key = issue_key(shop=seeded, kind="sk").plain

    def call(prefix, count=8):
        return [_post(f"{live_server.url}/api/v1/recommendations", key, f"{prefix}-{n}") for n in range(count)]

    return call


def _post(address, key, visitor_id):
    body = json.dumps({"placement": "home", "visitor_id": visitor_id, "n": 4}).encode()
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
    with urllib.request.urlopen(urllib.request.Request(address, body, headers), timeout=30) as answer:  # noqa: S310
        return json.load(answer)


def firsts(answers):
    return {answer["items"][0]["item_id"] for answer in answers}


def versions(answers):
    return {answer["policy_version"] for answer in answers}


def pin(window, item_id=PINNED):
    """A rule, into the draft."""
    window.open("placements/home/rules/")
    page = window.page
    page.locator("[name=kind]").select_option("pin")
    page.locator("[name=field]").select_option("item_id")
    page.locator("[name=value]").fill(item_id)
    page.locator("[name=position]").fill("1")
    page.get_by_role("button", name="Add the rule").click()
    page.wait_for_selector("text=In the draft: Pin")


def two_knobs(window):
    """Moved on the page, previewed, and not kept yet."""
    window.open("placements/home/")
    page = window.page
    page.wait_for_selector("#preview .after .item")
    move(page, "exploration", "0.05")
    move(page, "diversity", "0.65")
    page.wait_for_selector("text=2 unsaved changes")
    return page


def publish(page, title, verb, note=""):
    page.get_by_role("button", name="Publish…").click()
    dialog = page.get_by_role("dialog", name=title)
    dialog.wait_for()
    said = dialog.inner_text()
    dialog.locator("[name=note]").fill(note)
    dialog.get_by_role("button", name=verb).click()
    page.wait_for_selector("#published")
    return said


@pytest.mark.parametrize("viewport", [WIDE, NARROW], ids=["wide", "narrow"])
def test_knobs_and_a_rule_are_published_in_one_dialog_and_undone_with_one_click(visit, seeded, editor, ask, viewport):
    Experiment.objects.all().delete()
    before = versions(ask("before"))
    window = visit(editor, viewport=viewport)
    pin(window)
    page = two_knobs(window)
    assert "New rule: Pin" in page.locator("#unsaved").text_content()
    assert versions(ask("draft")) == before
    said = publish(page, "Publish 3 changes on Home?", "Publish 3 changes", "A quiet December")
    for line in ("Exploration 0.10 → 0.05", "Diversity 0.40 → 0.65", "Every visitor is served with it"):
        assert line in said
    assert "“A quiet December”" in page.locator("#published").inner_text()
    after = ask("after")
    assert (firsts(after), versions(after)) == ({PINNED}, {3})
    assert window.sideways_overflow() <= 0
    page.get_by_role("button", name="Undo").click()
    page.wait_for_selector("text=Undone: as version 1")
    undone = ask("undone")
    assert versions(undone) == {4}
    assert policy_published_now(placement_by_slug(seeded, "home")).knobs["exploration"] == 0.1


def test_on_a_phone_and_in_chinese_the_page_says_what_is_served_too(visit, seeded, editor, ask):
    Experiment.objects.all().delete()
    window = visit(editor, viewport=NARROW)
    window.speak("zh-hans")
    window.open("placements/home/")
    page = window.page
    page.wait_for_selector("#preview .after .item")
    move(page, "exploration", "0.05")
    page.locator("#unsaved [value=publish]").click()
    dialog = page.get_by_role("dialog")
    dialog.locator("[name=note]").fill("安静的十二月")
    assert "探索 0.10 → 0.05" in dialog.inner_text()
    dialog.locator("[data-kind=primary]").click()
    told = page.locator("#published")
    told.wait_for()
    assert "版本 3" in told.inner_text()
    assert "安静的十二月" in told.inner_text()
    assert versions(ask("published")) == {3}
    assert page.evaluate(ENGLISH) == []
    assert window.sideways_overflow() <= 0
    told.get_by_role("button").click()
    page.wait_for_selector("#published :text('版本 4')")
    assert versions(ask("undone")) == {4}


@pytest.mark.parametrize("viewport", [WIDE, NARROW], ids=["wide", "narrow"])
def test_while_an_experiment_runs_the_page_says_what_is_served(visit, seeded, owner, ask, viewport):
    window = visit(owner, viewport=viewport)
    pin(window)
    page = two_knobs(window)
    assert "Half of the visitors see B, half see A" in page.locator("#audience").inner_text()
    said = publish(page, "Publish 3 changes on Home?", "Publish 3 changes")
    assert "Nobody sees the knobs yet: “More exploration on Home” runs on every visitor" in said
    assert "Rules act for every visitor at once" in said
    told = page.locator("#published").inner_text()
    assert "Version 3 waits" in told and "served to 0% until the experiment ends" in told
    answers = ask("during", count=16)
    assert {answer["variant"] for answer in answers} == {"A", "B"}
    assert 3 not in versions(answers)
    assert firsts(answers) == {PINNED}
    page.get_by_role("button", name="Undo").click()
    page.wait_for_selector("text=Undone: as version 1")
    assert firsts(ask("undone", count=16)) != {PINNED}


def test_each_tab_of_the_preview_shows_what_visitors_of_that_variant_get(visit, seeded, owner):
    window = visit(owner)
    pin(window)
    window.open("placements/home/")
    page = window.page
    page.wait_for_selector("#preview .after .item")
    for variant, exploration in (("A", "0.10"), ("B", "0.25")):
        with page.expect_response(f"**/preview/**variant={variant}**"):
            page.get_by_role("link", name=f"Variant {variant}").click()
        page.wait_for_selector(f"text=Visitors of variant {variant} keep its knobs")
        assert f"exploration {exploration}" in page.locator("#preview .before h3").inner_text()
        assert f"exploration {exploration}" in page.locator("#preview .after h3").inner_text()
        assert "Garden Thermometer" in page.locator("#preview .after .item").first.inner_text()


def test_the_dialog_keeps_the_focus_closes_with_escape_and_is_accessible(visit, seeded, owner):
    window = visit(owner)
    page = two_knobs(window)
    page.get_by_role("button", name="Publish…").click()
    page.get_by_role("dialog").wait_for()
    assert violations(page) == []
    for _ in range(8):
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement === document.body || !!document.activeElement.closest('dialog')")
    page.keyboard.press("Escape")
    assert page.locator("dialog[open]").count() == 0
    assert "2 changes in the draft" in page.locator("#unsaved").inner_text()
    assert proposal_of(placement_by_slug(seeded, "home")).count == 2


def test_leaving_with_knobs_that_are_not_kept_asks(visit, seeded, owner):
    window = visit(owner)
    page = two_knobs(window)
    asked = []
    page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.dismiss()))
    page.get_by_role("link", name="Segments").first.click()
    page.wait_for_timeout(200)
    assert asked == ["beforeunload"]
    assert "placements/home" in page.url
    page.get_by_role("button", name="Keep in the draft").click()
    page.wait_for_selector("text=2 changes in the draft")
    page.get_by_role("link", name="Segments").first.click()
    page.wait_for_url("**/segments/")
    assert asked == ["beforeunload"]


def test_without_scripts_the_same_is_done_on_pages(visit, seeded, editor):
    window = visit(editor, java_script_enabled=False)
    page = window.page
    page.goto(f"{window.base}/shops/{seeded.slug}/placements/home/")
    page.locator("#k-exploration").fill("0.35")
    page.locator("#policy noscript button[value=publish]").click()
    assert "Publish 1 change on Home?" in page.content()
    page.locator("[name=note]").fill("Without scripts")
    page.get_by_role("button", name="Publish 1 change").click()
    assert "Version 3 is published." in page.content()
    page.get_by_role("button", name="Undo").click()
    assert policy_published_now(placement_by_slug(seeded, "home")).version == 4


def test_a_viewer_looks_and_is_offered_nothing(visit, seeded, viewer):
    window = visit(viewer)
    window.open("placements/home/")
    window.page.wait_for_selector("#preview .after .item")
    assert window.page.get_by_role("button", name="Publish").count() == 0
    assert window.page.locator("#k-exploration").is_disabled()


def test_test_it_opens_a_form_with_what_is_drafted_and_starts_nothing(visit, seeded, owner):
    Experiment.objects.all().delete()
    window = visit(owner)
    page = two_knobs(window)
    page.get_by_role("button", name="Test it").click()
    page.wait_for_url("**/experiments/new/?placement=home")
    assert not Experiment.objects.exists()
    assert page.locator("#b-exploration").input_value() == "0.05"
    with page.expect_response("**/experiments/new/**primary_metric=click_through**"):
        page.locator("#start-metric").select_option("click_through")
    page.locator("#start-metric option[selected][value=click_through]").wait_for(state="attached")
    assert page.locator("#b-exploration").input_value() == "0.05"
    assert violations(page) == []
    page.get_by_role("button", name="Start the experiment").click()
    page.wait_for_url("**/experiments/*/")
    assert Experiment.objects.get().primary_metric == "click_through"
    assert proposal_of(placement_by_slug(seeded, "home")).is_empty
