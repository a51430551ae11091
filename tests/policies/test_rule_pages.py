"""The page of rules: picked from the catalog, asked about before they are taken, listed by what they do."""

import html
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone, translation

from dashboard.core import clock
from dashboard.policies.models import Placement
from dashboard.policies.selectors import placement_by_slug, proposal_of, rule_key
from dashboard.policies.services import draft_rule
from tests.serving.conftest import set_policy


@pytest.fixture
def home(catalog, client, owner):
    client.force_login(owner)
    return placement_by_slug(catalog, "home")


def address(home, name):
    return reverse(f"policies:{name}", args=[home.shop.slug, home.slug])


def text_of(response):
    return " ".join(html.unescape(response.content.decode()).split())


def send(client, home, **sent):
    return client.post(address(home, "add-rule"), {"field": "item_id", **sent})


def look(client, home):
    return text_of(client.get(address(home, "rules")))


def rules(home):
    """As they will be with the draft; what is published does not change by any of these clicks."""
    return proposal_of(home).rules


def add_rule(*, placement, rule, by):
    draft_rule(placement=placement, rule=rule, by=by)


def far(days):
    return (timezone.localtime(clock.now()) + timedelta(days=days)).strftime("%Y-%m-%dT%H:%M")


def test_a_rule_is_taken_shown_with_the_item_s_title_and_removed(client, home):
    response = client.post(
        address(home, "add-rule"), {"kind": "pin", "field": "item_id", "value": "lantern", "position": "2"}, follow=True
    )
    assert (
        "In the draft: Pin “Garden lantern” (lantern) to position 2. It acts once the draft is published."
        in text_of(response)
    )
    client.post(address(home, "remove-rule"), {"rule": rule_key(rules(home)[0])})
    assert rules(home) == []


@pytest.mark.parametrize(
    ("field", "typed", "stored"),
    [
        ("item_id", "Garden LANTERN", "lantern"),
        ("item_id", "Mug-Red", "mug-red"),
        ("categories", "garden", "Garden"),
        ("brand", "clay & co", "Clay & Co"),
        ("group_id", "MUG", "mug"),
    ],
)
def test_what_is_typed_is_stored_as_the_catalog_spells_it(client, home, field, typed, stored):
    send(client, home, kind="boost", field=field, value=typed)
    assert rules(home)[0]["match"] == {field: stored}


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        ({"kind": "boost", "value": "no-such-item"}, "No item of your catalog matches."),
        ({"kind": "boost", "value": "Nobody", "field": "brand"}, "No item of your catalog matches."),
        ({"kind": "include_only", "value": "Nobody", "field": "brand"}, "this placement would be empty"),
        ({"kind": "include_only", "value": "Digwell", "field": "brand"}, "Only 3 products are left for the 8 places"),
        ({"kind": "exclude", "value": "Kitchen", "field": "categories"}, "Only 4 products are left for the 8 places"),
        ({"kind": "pin", "value": "rare", "position": 1}, "What matches is out of stock."),
        ({"kind": "pin", "value": "spade", "position": 9}, "The slate has no position left for it."),
    ],
)
def test_what_would_do_nothing_or_empty_the_placement_is_asked_first(client, home, sent, said):
    asked = send(client, home, **sent)
    assert asked.status_code == 409
    assert said in text_of(asked)
    assert rules(home) == []
    agreement = asked.context["checked"].check.agreement
    assert send(client, home, **sent, confirmed=agreement).status_code == 302
    assert len(rules(home)) == 1


def test_who_agreed_to_other_figures_is_asked_again(client, home):
    sent = {"kind": "include_only", "field": "brand", "value": "Digwell"}
    agreement = send(client, home, **sent).context["checked"].check.agreement
    home.shop.items.filter(item_id="fork").update(in_stock=False)
    asked = send(client, home, **sent, confirmed=agreement)
    assert asked.status_code == 409
    assert "Only 2 products are left" in text_of(asked)


def test_what_may_have_been_meant_is_offered(client, home):
    asked = text_of(send(client, home, kind="boost", value="stoneware"))
    assert "Did you mean:" in asked
    assert "Stoneware teapot (teapot)" in asked


def test_the_same_rule_twice_is_refused_whoever_confirms_it(client, home):
    sent = {"kind": "exclude", "field": "brand", "value": "Whizz", "note": "first"}
    send(client, home, **sent, confirmed=send(client, home, **sent).context["checked"].check.agreement)
    asked = send(client, home, **{**sent, "note": "second"})
    assert "This rule is there already." in text_of(asked)
    again = send(client, home, **sent, confirmed=asked.context["checked"].check.agreement)
    assert again.status_code == 409
    assert len(rules(home)) == 1


@pytest.mark.parametrize(
    ("there", "sent", "said"),
    [
        (
            {"kind": "pin", "match": {"item_id": "lantern"}, "position": 2},
            {"kind": "pin", "value": "fork", "position": 2},
            "It stands at position 3: those before are taken.",
        ),
        (
            {"kind": "boost", "match": {"item_id": "fork"}, "strength": 0.5},
            {"kind": "bury", "value": "fork", "strength": 0.5},
            "Another rule does the opposite, as strongly: Lift “Border fork” (fork) by 0.50.",
        ),
        (
            {"kind": "exclude", "match": {"brand": "Digwell"}},
            {"kind": "pin", "value": "fork", "position": 1},
            "Another rule keeps it out: Never show items of the brand “Digwell”.",
        ),
        (
            {"kind": "pin", "match": {"item_id": "fork"}, "position": 1},
            {"kind": "include_only", "field": "categories", "value": "Kitchen"},
            "Another rule does nothing any more: Pin “Border fork” (fork) to position 1.",
        ),
    ],
)
def test_a_conflict_is_named_before_the_rule_is_taken(client, home, there, sent, said):
    add_rule(placement=home, rule=there, by=None)
    asked = send(client, home, **sent)
    assert asked.status_code == 409
    assert said in text_of(asked)
    assert rules(home) == [there]


def test_a_rule_that_begins_later_says_when_on_the_shop_s_clock(client, home):
    home.shop.timezone = "Asia/Shanghai"
    home.shop.save()
    sent = {"kind": "pin", "value": "lantern", "position": 1, "starts_at": "2125-12-01T00:00"}
    answer = text_of(client.post(address(home, "add-rule"), {"field": "item_id", **sent}, follow=True))
    assert "The rule is in the draft. It begins on 1 December 2125, 00:00." in answer
    assert "waits until 1 December 2125" in answer
    assert rules(home)[0]["starts_at"] == "2125-11-30T16:00:00+00:00"


def test_conflicts_of_a_later_rule_are_those_of_its_day(client, home):
    until_tomorrow = {"kind": "exclude", "match": {"brand": "Glow"}, "ends_at": f"{far(1)}:00+00:00"}
    add_rule(placement=home, rule=until_tomorrow, by=None)
    assert send(client, home, kind="pin", value="lantern", position=1).status_code == 409
    assert send(client, home, kind="pin", value="lantern", position=1, starts_at=far(3)).status_code == 302


def test_rules_are_listed_by_what_they_do_each_with_its_reason_and_note(client, home):
    ended = "2026-01-01T00:00:00+00:00"
    set_policy(
        home.shop,
        rules=[
            {"kind": "pin", "match": {"item_id": "lantern"}, "position": 1, "note": "for the autumn"},
            {"kind": "pin", "match": {"item_id": "Border fork"}, "position": 2},
            {"kind": "pin", "match": {"item_id": "rare"}, "position": 3},
            {"kind": "boost", "match": {"brand": "Whizz"}, "starts_at": "2125-12-01T00:00:00+00:00"},
            {"kind": "bury", "match": {"brand": "Whizz"}, "ends_at": ended},
        ],
    )
    page = client.get(address(home, "rules"))
    assert [(group.key, len(group.rows)) for group in page.context["groups"]] == [
        ("idle", 2),
        ("acting", 1),
        ("waiting", 1),
        ("over", 1),
    ]
    said = text_of(page)
    assert "<b>2</b> rules do nothing: see why." in said
    assert "No item of your catalog matches." in said
    assert "What matches is out of stock." in said
    assert "for the autumn" in said
    assert "2 items match" in said


def test_a_rule_is_changed_in_its_place(client, home):
    there = {"kind": "boost", "match": {"item_id": "fork"}, "strength": 0.5}
    set_policy(home.shop, rules=[there, {"kind": "pin", "match": {"item_id": "whisk"}, "position": 1}])
    key = rule_key(rules(home)[0])
    form = client.get(address(home, "rules"), {"edit": key})
    assert 'value="fork"' in form.content.decode()
    assert "Change the rule" in text_of(form)
    send(client, home, kind="boost", value="fork", strength=0.9, note="more", rule=key)
    assert {**there, "strength": 0.9, "note": "more"} in rules(home)
    assert len(rules(home)) == 2


def test_a_rule_that_is_ended_stays_in_the_list(client, home):
    set_policy(home.shop, rules=[{"kind": "pin", "match": {"item_id": "whisk"}, "position": 1}])
    client.post(address(home, "end-rule"), {"rule": rule_key(rules(home)[0])})
    assert [group.key for group in client.get(address(home, "rules")).context["groups"]] == ["over"]


@pytest.mark.parametrize("name", ["end-rule", "remove-rule"])
def test_a_rule_that_is_gone_is_not_found(client, home, name):
    assert client.post(address(home, name), {"rule": "0" * 16}).status_code == 404


def test_the_live_answer_says_what_the_rule_would_do_and_takes_nothing(client, home):
    asked = {"kind": "exclude", "field": "brand", "value": "digwell"}
    said = text_of(client.get(address(home, "check-rule"), asked))
    assert "Never show items of the brand “Digwell”" in said
    assert "Taken as your catalog has it: “Digwell”." in said
    assert "3 items match" in said
    assert "Only 5 products are left for the 8 places of a slate." in said
    assert rules(home) == []


def test_the_live_answer_is_empty_until_there_is_a_rule(client, home):
    assert text_of(client.get(address(home, "check-rule"), {"kind": "pin", "field": "item_id", "value": "fo"})) == ""


def test_items_and_values_are_offered_while_one_types(client, home):
    items = text_of(client.get(address(home, "rule-options"), {"field": "item_id", "value": "BORD"}))
    assert 'data-value="fork"' in items and 'data-value="spade"' in items and "Border spade" in items
    brands = text_of(client.get(address(home, "rule-options"), {"field": "brand", "value": "gl"}))
    assert 'data-value="Glow"' in brands and "2 items, 1 in stock" in brands


def test_attributes_of_the_catalog_can_be_chosen(client, home):
    home.shop.items.filter(item_id="whisk").update(attributes={"colour": "Green"})
    assert "items whose colour is" in look(client, home)
    send(client, home, kind="boost", field="colour", value="green")
    assert rules(home)[0]["match"] == {"colour": "Green"}


def test_a_pin_without_a_position_keeps_what_was_typed_and_says_what_is_missing(client, home):
    response = send(client, home, kind="pin", value="the-mug")
    assert response.status_code == 400
    assert "Say which position" in text_of(response)
    assert 'value="the-mug"' in response.content.decode()


def test_a_placement_that_shows_too_little_says_so_on_every_tab_with_the_rule(client, home):
    set_policy(
        home.shop,
        rules=[{"kind": "exclude", "match": {"brand": "Glow"}}, {"kind": "include_only", "match": {"brand": "Nobody"}}],
    )
    link = f"{address(home, 'rules')}#rule-{rule_key(rules(home)[1])}"
    for tab in ("detail", "rules", "versions", "embed"):
        said = text_of(client.get(address(home, tab)))
        assert "Nothing is left to show: this placement would be empty." in said
        assert link in said


def test_a_placement_without_enough_in_stock_points_to_the_catalog(client, home):
    Placement.objects.filter(pk=home.pk).update(slate_size=9)
    said = look(client, home)
    assert "Only 8 products are left for the 9 places of a slate." in said
    assert "Your catalog has no more that is in stock." in said


def test_a_shop_without_a_catalog_is_not_told_so(client, shop, owner):
    client.force_login(owner)
    assert "left to show" not in text_of(client.get(reverse("policies:rules", args=[shop.slug, "home"])))


def test_the_page_speaks_chinese(client, home):
    set_policy(home.shop, rules=[{"kind": "pin", "match": {"item_id": "rare"}, "position": 1}])
    with translation.override("zh-hans"):
        client.cookies["django_language"] = "zh-hans"
        said = look(client, home)
    assert "Crowded" not in said and "crowded out" not in said
