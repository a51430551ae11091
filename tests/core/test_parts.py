"""The parts that every page is built of."""

import pytest
from django.core.paginator import Paginator
from django.template import Context, Template
from django.test import RequestFactory

from dashboard.core import charts
from dashboard.core.pictures import picture_address
from dashboard.core.templatetags.forage import category_colour, monogram
from tests.markup import one_line


def render(source, **context):
    return Template(source).render(Context(context))


@pytest.mark.parametrize(
    ("title", "letters"),
    [
        ("Regency Tea Plate", "RT"),
        ("36 Doilies Vintage", "DV"),
        ("mug", "M"),
        ("T-Light Holder", "TL"),
        ("12345", "12"),
        ("蓝色 杯子", "蓝杯"),
        ("", "?"),
    ],
)
def test_a_monogram_is_made_of_two_words(title, letters):
    assert monogram(title) == letters


def test_a_category_keeps_its_colour():
    assert category_colour("Bags") == category_colour("Bags")
    assert {category_colour(name) for name in "abcdefghijklmnopqrst"} <= set(range(1, 9))


def test_a_tile_shows_a_picture_only_over_https():
    given = render("{% tile item %}", item={"title": "Mug", "image_url": "https://shop.example/mug.png"})
    assert 'src="https://shop.example/mug.png"' in given
    assert "javascript" not in render("{% tile item %}", item={"title": "Mug", "image_url": "javascript:alert(1)"})


def test_an_item_without_a_picture_gets_a_drawn_one():
    drawn = render("{% tile item %}", item={"title": "Red Mug", "categories": ["Cups"]})
    assert f'src="{picture_address("Red Mug", ["Cups"])}"' in drawn
    assert 'data-monogram="RM"' in drawn


def test_a_title_cannot_break_out_of_its_tile():
    assert "<script" not in render("{% tile item %}", item={"title": "<script>x", "categories": ['"><b>']})


def test_a_term_explains_itself_under_an_id_of_its_own():
    twice = render('{% term "segment" %}{% term "segment" "segments" %}')
    ids = [part.split('"')[0] for part in twice.split('popovertarget="')[1:]]
    assert len(set(ids)) == 2
    assert all(f'id="{name}"' in twice for name in ids)


def test_an_unknown_term_is_noticed_by_whoever_writes_the_page():
    with pytest.raises(KeyError):
        render('{% term "nonsense" %}')


def test_a_spark_needs_two_values():
    assert render("{% spark values %}", values=[1]) == ""
    assert "<path" in render("{% spark values %}", values=[3, 3, 3])


def test_a_share_bar_never_leaves_its_bounds():
    assert 'width="100.0%"' in render("{% share_bar 1.4 %}")
    assert 'width="0.0%"' in render("{% share_bar value %}", value=None)


def test_a_figure_brings_its_sentence_and_its_numbers():
    table = charts.Table(["Week", "Sales"], [["17–23 Nov", "£8,420"]])
    shown = render(
        "{% figure f %}", f=charts.Figure(key="s", label="Sales rise.", data=[], caption="A day", table=table)
    )
    assert 'role="img" aria-label="Sales rise."' in one_line(shown)
    assert '<script id="fig-s" type="application/json">' in shown
    assert "£8,420" in shown


def test_pages_keep_the_rest_of_the_address():
    request = RequestFactory().get("/catalog/", {"q": "a b", "page": "2"})
    shown = render("{% pagination page %}", page=Paginator(range(30), 10).page(2), request=request)
    assert 'href="?q=a+b&amp;page=1"' in shown
    assert 'href="?q=a+b&amp;page=3"' in shown


def test_a_dialog_names_itself():
    assert '<dialog id="d" aria-labelledby="d-title">' in render('{% dialog "d" "Sure?" %}<p>x</p>{% enddialog %}')
