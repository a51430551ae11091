"""The page of what was changed: words, values before and after, pages, filters and the file."""

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.conf import settings as django_settings
from django.urls import reverse

from dashboard.accounts.audit_words import ACTIONS, differences
from dashboard.accounts.models import AuditEntry
from dashboard.accounts.services import change_shop, record_audit
from dashboard.training.services import change_plan
from tests.markup import one_line

pytestmark = pytest.mark.django_db


@pytest.fixture
def see(client, shop, viewer):
    def page(user=viewer, language="en-gb", **asked):
        client.force_login(user)
        client.cookies["django_language"] = language
        response = client.get(reverse("settings:audit", args=[shop.slug]), asked)
        assert response.status_code == 200
        return one_line(response.content.decode())

    return page


def test_every_action_of_the_code_has_words():
    written = set()
    for path in Path(django_settings.BASE_DIR / "dashboard").rglob("*.py"):
        source = path.read_text()
        if "record_audit" in source:
            written |= set(re.findall(r'"([a-z_]+\.[a-z_]+)"', source))
    others = (".gz", ".json", ".import_feed", ".train", "exports.write", "webhooks.send", ".visitor_id", ".predict")
    written = {name for name in written if not name.endswith(others)}
    assert written <= ACTIONS.keys()
    assert {"key.rotated", "policy.published", "artifact.roll_back"} <= written


def test_an_entry_is_told_in_words_with_what_stood_before(see, shop, owner):
    change_shop(shop=shop, actor=owner, name="Holly", timezone="Europe/London", currency="EUR")
    page = see()
    assert "Changed the shop" in page
    assert "shop.changed" not in re.sub(r'value="[^"]*"', "", page)
    assert "Currency: GBP → EUR" in page
    assert "Time zone" not in page


def test_nested_values_are_compared_one_by_one(see, shop, owner):
    change_plan(shop=shop, retrains_nightly=True, counts_simulated=True, actor=owner)
    change_plan(shop=shop, retrains_nightly=False, counts_simulated=True, actor=owner)
    assert "Retrains every night: yes → no" in see()
    assert differences({"a": {"x": 1, "y": 2}}, {"a": {"x": 1, "y": 3}, "b": 1}) == {"a.y": [2, 3], "b": [None, 1]}


def test_codes_are_told_in_the_language_of_whoever_reads(see, shop, owner):
    """Presets, roles, weekdays and scopes are stored as codes, and stood so in every language."""
    plan = {"retrains_nightly": True, "counts_simulated": True, "actor": owner}
    change_plan(shop=shop, night_preset="balanced", weekly_day=2, **plan)
    change_plan(shop=shop, night_preset="fast", weekly_day=4, **plan)
    record_audit(shop=shop, actor=owner, action="member.joined", role="editor")
    record_audit(shop=shop, actor=owner, action="key.issued", subject="sk_1", kind="sk", scopes=["events", "runs"])
    english = see()
    assert "How thoroughly by night: Balanced → Fast" in english
    assert "Night of the week&#x27;s training: Wednesday → Friday" in english
    chinese = see(language="zh-hans")
    for told in ("均衡 → 快速", "星期三 → 星期五", "编辑者", "事件, 训练"):
        assert told in chinese


def test_what_was_noted_in_another_form_is_still_shown(see, shop):
    record_audit(shop=shop, actor=None, action="segment.rename", subject="1", before="<b>Old</b>", after="New")
    record_audit(shop=shop, actor=None, action="some.thing", expires_at="never", odd={"a": [1]})
    page = see()
    assert "&lt;b&gt;Old&lt;/b&gt; → New" in page
    assert "Some.thing" in page


def test_the_trail_is_read_in_pages(see, shop):
    for number in range(51):
        record_audit(shop=shop, actor=None, action="key.revoked", subject=f"key-{number}")
    assert "key-50" in see()
    assert not re.search(r"key-0\b", see())
    assert re.search(r"key-0\b", see(page=2))
    assert "action=key.revoked&amp;page=2" in see(action="key.revoked")


def test_entries_are_found_by_action_person_and_day(see, shop, owner):
    record_audit(shop=shop, actor=owner, action="key.revoked", subject="one")
    record_audit(shop=shop, actor=None, action="key.issued", subject="two")
    old = record_audit(shop=shop, actor=owner, action="key.issued", subject="three")
    # half past midnight in London's summer: still the day before in UTC
    AuditEntry.objects.filter(pk=old.pk).update(created_at=datetime(2026, 7, 1, 23, 30, tzinfo=UTC))

    def found(**asked):
        page = see(**asked)
        return {word for word in ("one", "two", "three") if f": {word}" in page}

    assert found() == {"one", "two", "three"}
    assert found(action="key.issued") == {"two", "three"}
    assert found(person=str(owner)) == {"one", "three"}
    assert found(since="2026-07-02", until="2026-07-02") == {"three"}
    assert found(until="2026-07-01") == set()
    assert found(since="soon", page="many") == {"one", "two", "three"}


@pytest.mark.parametrize("zone", ["Asia/Shanghai", "America/New_York"])
def test_the_ends_of_the_calendar_are_days_too(see, shop, owner, zone):
    shop.timezone = zone
    shop.save()
    record_audit(shop=shop, actor=owner, action="key.revoked", subject="seventeen")
    assert ": seventeen" in see(since="0001-01-01", until="9999-12-31")
    assert ": seventeen" not in see(since="9999-12-31")
    assert ": seventeen" not in see(until="0001-01-01")


def test_a_long_name_keeps_nobody_from_working(shop, owner):
    owner.name, owner.email = "", f"{'h' * 200}@example.com"
    owner.save()
    entry = record_audit(shop=shop, actor=owner, action="feed.scheduled", subject="https://shop.example/" + "f" * 300)
    assert (entry.actor_label, len(entry.subject)) == ("h" * 160, 255)


def test_the_file_holds_what_was_asked_for_and_no_formula(client, shop, owner):
    record_audit(shop=shop, actor=owner, action="key.revoked", subject="=1+1")
    record_audit(shop=shop, actor=owner, action="shop.changed", changes={"name": ["A", "B"]})
    client.force_login(owner)
    address = reverse("settings:audit-export", args=[shop.slug])
    lines = b"".join(client.get(address)).decode().splitlines()
    assert lines[0] == "at,who,action,subject,detail"
    assert lines[1].endswith(",Holly,shop.changed,,Name: A → B")
    assert ",'=1+1," in lines[2]
    assert len(b"".join(client.get(address, {"action": "key.revoked"})).decode().splitlines()) == 2


def test_only_an_owner_takes_the_file(client, shop, editor):
    client.force_login(editor)
    assert client.get(reverse("settings:audit-export", args=[shop.slug])).status_code == 403


def test_another_shops_entries_are_not_there(see, other_shop):
    record_audit(shop=other_shop, actor=None, action="key.revoked", subject="theirs", label="Somebody")
    page = see()
    assert "theirs" not in page
    assert "Somebody" not in page
