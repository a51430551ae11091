"""What the page of a segment and of two side by side say of their figures, in words, charts and tables."""

import json
import re

import pytest
from django.urls import reverse

from dashboard.core import formats
from dashboard.segments import selectors, wording
from dashboard.segments.models import SegmentFigures
from dashboard.segments.profile import profile_of
from tests.segments.cast import NOW


def page(client, cast, name="detail", *args, query=""):
    response = client.get(reverse(f"segments:{name}", args=[cast.shop.slug, *args]) + query)
    assert response.status_code == 200
    return " ".join(response.content.decode().split())


def figure(text, key):
    return json.loads(re.search(rf'<script id="fig-{key}" type="application/json">(.*?)</script>', text)[1])


def profile(cast, number=1):
    return profile_of(cast.shop, selectors.segment(cast.shop, number))


@pytest.fixture
def merchant(client, owner):
    client.force_login(owner)
    return client


def test_the_first_sentence_says_who_they_are_what_they_want_and_what_they_are_worth(merchant, cast):
    text = page(merchant, cast, "detail", 1)
    told = profile(cast)
    share, times = formats.percent(told.categories[0].share.value), formats.times(told.categories[0].times.value)
    assert f"14 visitors want Garden: {share} of what they choose, {times} the usual." in text
    revenue = formats.percent(told.worth.revenue_share)
    each = formats.money(told.worth.spent_each.value, "GBP")
    assert f"<b>They bring {revenue} of the revenue, {each} each" in text


def test_every_part_stands_on_the_page_and_figures_agree_with_their_tables(merchant, cast):
    text = page(merchant, cast, "detail", 1)
    for key in ("size", "value", "categories", "brands", "prices", "weekdays", "hours", "breadth"):
        assert figure(text, key)["data"], key
    for heading in ("worth", "chosen", "recommended", "belonging", "members", "apart"):
        assert f'id="h-{heading}"' in text, heading
    own = next(trace for trace in figure(text, "categories")["data"] if trace.get("name") == "Gardeners")
    shown = dict(zip(own["y"], own["x"], strict=True))
    for label in profile(cast).categories:
        assert shown[label.label] == label.share.value
        assert f'<th scope="row">{label.label}</th> <td class="n">{formats.percent(label.share.value)}</td>' in text
    bars = figure(text, "value")["data"][0]
    assert bars["y"] == [month.spent or 0 for month in profile(cast).months]


def test_a_sentence_says_how_widely_they_look(merchant, cast):
    told = profile(cast).breadth
    assert wording.breadth_sentence(told) in page(merchant, cast, "detail", 1)


def test_until_the_sums_are_made_the_page_says_so(merchant, cast):
    SegmentFigures.objects.all().delete()
    text = page(merchant, cast, "detail", 1)
    assert "What they do is being summed" in text
    assert "40% of what they do is about Kitchen, 2.0× the usual." in text


def test_two_segments_stand_side_by_side_with_the_same_figures(merchant, cast):
    text = page(merchant, cast, "compare", query="?a=2&b=1")
    assert "<b>Bakers</b> beside <b>Gardeners</b>." in text
    for number in (1, 2):
        own = profile(cast, number)
        assert formats.percent(own.worth.revenue_share, 1) in text
        assert formats.money(own.worth.spent_each.value, "GBP") in text
    both = next(other for other in profile(cast, 2).others if other.segment.number == 1)
    assert f"{both.visitors} visitors belong to both." in text
    names = {trace["name"] for trace in figure(text, "categories")["data"]}
    assert names == {"All visitors", "Bakers", "Gardeners"}


@pytest.mark.parametrize("query", ["", "?a=7&b=x", "?a=1&b=1", "?a=<b>"])
def test_what_cannot_be_compared_gives_way_to_the_largest(merchant, cast, query):
    text = page(merchant, cast, "compare", query=query)
    assert "Gardeners" in text
    assert "Bakers" in text


def test_with_one_segment_there_is_nothing_to_compare(merchant, cast):
    from dashboard.events.models import Privacy

    Privacy.objects.filter(shop=cast.shop).update(smallest_group=10)
    assert "No two segments yet" in page(merchant, cast, "compare")


def test_the_list_of_segments_says_what_each_is_worth(merchant, cast):
    text = page(merchant, cast, "index")
    for number in (1, 2):
        assert formats.percent(profile(cast, number).worth.revenue_share, 1) in text


def test_a_word_that_is_barred_from_names_is_not_in_the_sentence(merchant, cast):
    from dashboard.events.models import Privacy

    Privacy.objects.filter(shop=cast.shop).update(barred_names=["garden"])
    assert "visitors want Garden" not in page(merchant, cast, "detail", 1)


def test_the_page_can_be_printed(merchant, cast):
    assert "data-print" in page(merchant, cast, "detail", 1)
    assert f"{NOW:%Y}" in page(merchant, cast, "detail", 1)


def test_the_page_asks_few_questions_whatever_the_rows(merchant, cast, django_assert_max_num_queries):
    page(merchant, cast, "detail", 1)
    with django_assert_max_num_queries(45):
        page(merchant, cast, "detail", 1)
