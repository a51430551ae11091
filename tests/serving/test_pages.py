"""The preview of a placement and the page of a visitor."""

import pytest
from django.template.loader import render_to_string
from django.urls import reverse

from dashboard.catalog.models import Item
from dashboard.catalog.servable import item_labels
from dashboard.events.models import Exposure
from dashboard.experiments.models import Assignment
from dashboard.serving import preview
from dashboard.serving.types import SlateItem
from recommender.slate import KNOB_NAMES
from recommender.slate.crowd import Crowd
from tests.serving.conftest import send, set_policy


@pytest.fixture
def page(client, catalog, owner):
    """Opens an address as Holly: `page(name, *arguments, htmx=False, **query)`."""
    client.force_login(owner)

    def open_page(name, *arguments, htmx=True, **query):
        headers = {"HX-Request": "true"} if htmx else {}
        return client.get(reverse(f"serving:{name}", args=[catalog.slug, *arguments]), query, headers=headers)

    return open_page


def test_an_unmoved_knob_changes_nothing(page):
    html = page("preview", "home").content.decode()
    assert "Published" in html
    assert "unsaved change" not in html
    assert 'data-dir="out"' not in html


def test_a_moved_knob_is_offered_for_publishing(page):
    html = page("preview", "home", exploration="0.9").content.decode()
    assert "1 unsaved change" in html
    assert "0.10 → 0.90" in html


def test_explored_items_are_marked_and_their_cost_is_said(page, catalog):
    set_policy(catalog, exploration=0.0)
    found = [page("preview", "home", exploration="1", draw=str(draw)).content.decode() for draw in range(1, 4)]
    assert any("data-explore" in html for html in found)
    assert "is spent on finding out" in found[0]


def test_the_same_draw_gives_the_same_preview(page):
    one, two = (page("preview", "home", exploration="0.8", draw="5").content.decode() for _ in range(2))
    assert one.split('class="actions"')[0] == two.split('class="actions"')[0]


def test_looking_neither_logs_nor_assigns(page, catalog):
    send(catalog, "v1", "spade")
    page("preview", "home", visitor="v1", exploration="0.5")
    page("visitor", "v1")
    assert not Exposure.objects.exists()
    assert not Assignment.objects.exists()


def test_the_preview_is_a_page_of_its_own_without_scripts(page):
    html = page("preview", "home", htmx=False, exploration="0.9").content.decode()
    assert "<html" in html
    assert 'name="exploration" value="0.9"' in html


def test_a_viewer_sees_the_preview_without_the_buttons(client, catalog, viewer):
    client.force_login(viewer)
    address = reverse("serving:preview", args=[catalog.slug, "home"])
    html = client.get(address, {"exploration": "0.9"}, headers={"HX-Request": "true"}).content.decode()
    assert "Proposed" in html
    assert "savebar" not in html


@pytest.mark.parametrize("query", [{"exploration": "2"}, {"exploration": "x"}, {"visitor_id": "x" * 300}])
def test_hostile_values_are_refused(page, query):
    assert page("preview", "home", **query).status_code == 400


def test_a_made_up_draw_is_taken_for_the_first(page):
    assert page("preview", "home", draw="-1e9").status_code == 200


@pytest.mark.parametrize("knob", KNOB_NAMES)
def test_the_cost_of_every_knob_is_drawn_with_its_numbers(page, knob):
    html = page("trade-off", "home", knob=knob, exploration="0.4").content.decode()
    assert "fig-trade-off" in html or "is not known of your items" in html
    assert f'name="knob" value="{knob}"' in html


def test_a_knob_that_is_none_has_no_trade_off(page):
    assert page("trade-off", "home", knob="speed").status_code == 400


def test_the_page_of_a_visitor_shows_what_they_did_and_would_see(page, catalog):
    send(catalog, "v1", "spade")
    html = page("visitor", "v1", htmx=False).content.decode()
    assert "Border spade" in html
    assert "Border fork" in html
    assert "likeness of descriptions" in html


def test_the_page_of_a_visitor_whom_nobody_knows_says_so(page):
    html = page("visitor", "no/body", htmx=False).content.decode()
    assert "Nothing is known of this visitor" in html


def test_another_placement_is_shown_in_place(page):
    html = page("visitor", "v1", placement="cart").content.decode()
    assert "<html" not in html
    assert "Basket" in html


@pytest.mark.parametrize(("name", "argument"), [("preview", "home"), ("trade-off", "home"), ("visitor", "v1")])
def test_an_outsider_finds_nothing(client, catalog, outsider, name, argument):
    client.force_login(outsider)
    assert client.get(reverse(f"serving:{name}", args=[catalog.slug, argument])).status_code == 404


def test_every_policy_of_a_trade_off_is_measured_once_whichever_curve_it_stands_on(page, catalog, monkeypatch):
    measured, real = [], Crowd.measure
    monkeypatch.setattr(
        Crowd, "measure", lambda crowd, knobs, **asked: measured.append(knobs) or real(crowd, knobs, **asked)
    )
    first = page("trade-off", "home").content
    levels = len(measured)
    assert levels == len({knobs.exploration for knobs in measured})
    assert page("trade-off", "home").content == first
    page("trade-off", "home", knob="diversity")
    assert len(measured) == len(set(measured)) and {knobs.diversity for knobs in measured} >= {0.0, 0.5, 1.0}
    several = len(measured)
    page("trade-off", "home", diversity="0.83")
    assert [knobs.diversity for knobs in measured[several:]] == [0.83]
    set_policy(catalog, diversity=0.9)
    page("trade-off", "home")
    assert len(measured) == several + 1 + levels


def test_the_preview_of_a_product_page_takes_a_product(page, catalog):
    html = page("preview", "product", picked="teapot").content.decode()
    assert "On the page:" in html
    assert "Stoneware teapot" in html.split('class="slates"')[0]
    assert "Stoneware teapot" not in html.split('class="slates"')[1]


def test_a_product_may_be_typed_by_its_title_and_a_doubtful_one_is_none(page):
    assert "Stoneware teapot" in page("preview", "product", picked="stoneware TEAPOT").content.decode()
    assert "On the page:" not in page("preview", "product", picked="stoneware").content.decode()


def test_the_preview_of_the_basket_takes_several_items_and_shows_neither_them_nor_their_variants(page):
    html = page("preview", "cart", picked=["teapot", "mug-red", "no-such"]).content.decode()
    above, slates = html.split('class="slates"')
    assert "In the basket:" in above
    assert "Stoneware teapot" in above and "Stoneware mug red" in above
    assert "Stoneware teapot" not in slates
    assert "Stoneware mug" not in slates


def test_items_to_pick_come_with_their_titles_and_only_of_the_shop(page, other_shop):
    Item.objects.create(shop=other_shop, item_id="theirs", title="Their teapot")
    html = page("preview-options", picked="teap").content.decode()
    assert 'data-value="teapot"' in html
    assert "Stoneware teapot" in html
    assert "theirs" not in html


@pytest.mark.parametrize(("slug", "field"), [("product", 'name="picked"'), ("cart", 'data-collects="picked-items"')])
def test_the_page_of_a_placement_offers_what_its_slates_stand_beside(client, catalog, owner, slug, field):
    client.force_login(owner)
    assert field in client.get(reverse("policies:detail", args=[catalog.slug, slug])).content.decode()
    assert "data-combobox" not in client.get(reverse("policies:detail", args=[catalog.slug, "home"])).content.decode()


def test_a_row_names_the_item_that_it_goes_with(catalog):
    slot = SlateItem("whisk", 1, 0.5, "model", "bought", 1.0, False, because_of="teapot")
    (row,) = preview.with_grounds(catalog.pk, [preview.ShownItem(slot, item_labels(catalog.pk, ["whisk"])["whisk"])])
    assert row.because.title == "Stoneware teapot"
    html = render_to_string("serving/_item.html", {"row": row, "side": "after", "shop": catalog})
    assert "Goes with what they bought" in html
    assert "Stoneware teapot" in html
