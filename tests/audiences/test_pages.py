"""The pages of audiences: whom they name, what they count while one writes, and what they never tell."""

import pytest
from django.urls import reverse

from dashboard.accounts.models import AuditEntry
from dashboard.audiences.models import Audience
from dashboard.audiences.services import change_privacy, count_all_visitors, create_audience, set_attributes
from dashboard.audiences.wording import Words
from dashboard.events.models import Privacy
from recommender.expressions import VISITORS, parsed

pytestmark = pytest.mark.django_db


def address(name, shop, *args):
    return reverse(f"audiences:{name}", args=[shop.slug, *args])


def body(response):
    return response.content.decode()


@pytest.fixture
def buyers(shop, behave, small_groups):
    for number in range(5):
        behave(shop, f"v{number}", (number, "purchase" if number < 4 else "view_item", 5))
    count_all_visitors(shop=shop)
    return create_audience(shop=shop, name="Buyers", expression="purchases > 0", by=None)


def test_without_audiences_the_page_says_what_to_do(client, shop, owner):
    client.force_login(owner)
    assert "Make an audience" in body(client.get(address("index", shop)))


def test_an_audience_is_told_in_words_with_how_many_are_in_it(client, shop, owner, buyers):
    client.force_login(owner)
    page = body(client.get(address("index", shop)))
    assert "purchases: above 0" in page
    assert "80.0%" in page
    page = body(client.get(address("detail", shop, buyers.pk)))
    assert "<b>4 visitors</b> are in it, 80.0% of all." in page
    assert "v3" in page


def test_a_condition_is_counted_while_it_is_written_and_mistakes_are_named_by_their_place(client, shop, owner, buyers):
    client.force_login(owner)
    assert "<b>4</b> of 5 visitors are in it now." in body(
        client.get(address("count", shop), {"expression": "spent > 0"})
    )
    assert "so few are never told" in body(client.get(address("count", shop), {"expression": "purchases = 0"}))
    assert "At character 8" in body(client.get(address("count", shop), {"expression": "spent >"}))


def test_what_is_refused_stays_in_the_form_and_what_is_saved_has_a_page(client, shop, owner, buyers):
    client.force_login(owner)
    refused = client.post(address("create", shop), {"name": "Odd", "expression": "price > 3"})
    assert refused.status_code == 400
    assert "price &gt; 3" in body(refused)
    taken = client.post(address("create", shop), {"name": "Buyers", "expression": "new = true"})
    assert (taken.status_code, "already" in body(taken)) == (409, True)
    made = client.post(address("create", shop), {"name": "New", "expression": "new=true"})
    assert made.url == address("detail", shop, Audience.objects.get(name="New").pk)
    client.post(address("change", shop, buyers.pk), {"name": "Big buyers", "expression": "spent > 100"})
    buyers.refresh_from_db()
    assert (buyers.name, buyers.expression, buyers.revision) == ("Big buyers", "spent > 100", 2)
    client.post(address("archive", shop, buyers.pk))
    assert address("detail", shop, buyers.pk) not in body(client.get(address("index", shop)))
    assert client.get(address("detail", shop, buyers.pk)).status_code == 404


def test_visitors_are_exported_unless_they_are_too_few(client, shop, owner, buyers):
    client.force_login(owner)
    lines = b"".join(client.get(address("export", shop, buyers.pk)).streaming_content).decode().splitlines()
    assert lines == ["visitor_id", "v0", "v1", "v2", "v3"]
    assert AuditEntry.objects.get(action="audience.exported").actor == owner
    change_privacy(shop=shop, smallest_group=5, barred_attributes=[], actor=owner)
    assert client.get(address("export", shop, buyers.pk)).status_code == 403
    assert "v3" not in body(client.get(address("detail", shop, buyers.pk))).split("<main")[1]


def test_an_owner_alone_decides_on_the_privacy_of_groups(client, shop, owner, editor, viewer):
    set_attributes(shop=shop, visitor_id="ada", attributes={"religion": "none"})
    sent = {"smallest_group": "50", "barred_attributes": "religion\n\n religion \n"}
    client.force_login(editor)
    assert client.post(address("privacy", shop), sent).status_code == 403
    client.force_login(owner)
    assert client.post(address("privacy", shop), {"smallest_group": "0"}).status_code == 400
    client.post(address("privacy", shop), sent)
    kept = Privacy.objects.get(shop=shop)
    assert (kept.smallest_group, kept.barred_attributes) == (50, ["religion"])
    refused = client.post(address("create", shop), {"name": "R", "expression": "attributes.religion exists"})
    assert "barred" in body(refused)
    client.force_login(viewer)
    page = body(client.get(address("index", shop)))
    assert "fewer than 50 visitors" in page
    assert "<textarea" not in page


def test_a_viewer_makes_changes_and_exports_nothing(client, shop, viewer, buyers):
    client.force_login(viewer)
    assert client.get(address("detail", shop, buyers.pk)).status_code == 200
    for name in ("edit", "export"):
        assert client.get(address(name, shop, buyers.pk)).status_code == 403
    for name in ("change", "archive"):
        assert client.post(address(name, shop, buyers.pk), {"name": "x", "expression": "new = true"}).status_code == 403
    assert client.post(address("create", shop), {"name": "x", "expression": "new = true"}).status_code == 403


@pytest.mark.parametrize(
    ("expression", "told"),
    [
        ("segments.3 >= 0.6 and not purchases > 0", "“Bikes”: at least 60% and not (purchases: above 0)"),
        ("segments.9 < 0.5 or new = true", "segment 9: below 50% or in the first visit"),
        ("new != true and (spent >= 99.5 or visits = 3)", "returning and (spent: at least £99.50 or visits: 3)"),
        ('attributes.country in ("GB", "FR") and attributes.plus exists', "country: “GB”, “FR” and plus: known"),
    ],
)
def test_conditions_read_as_words(expression, told):
    assert Words({3: "Bikes"}, "GBP").of(parsed(expression, VISITORS)) == told


def test_who_bars_what_audiences_ask_for_is_told_which_first(client, shop, owner):
    set_attributes(shop=shop, visitor_id="ada", attributes={"religion": "none"})
    create_audience(shop=shop, name="Faithful", expression="attributes.religion exists", by=None)
    sent = {"smallest_group": "31", "barred_attributes": "religion"}
    client.force_login(owner)
    refused = client.post(address("privacy", shop), sent)
    assert refused.status_code == 409
    assert "The audience “Faithful” asks for what you bar." in body(refused)
    assert "religion</textarea>" in body(refused) and 'value="31"' in body(refused), "what was typed stays"
    assert not Privacy.objects.filter(shop=shop).exists()
    client.post(address("privacy", shop), {**sent, "accepted": "yes"})
    assert Privacy.objects.get(shop=shop).barred_attributes == ["religion"]
