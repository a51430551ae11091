"""Movement tells streams of a month that are large enough, whatever one erases, and says so in sentences."""

import json
import re

import pytest
from django.urls import reverse

from dashboard.events.models import Privacy
from dashboard.segments import services
from dashboard.segments.models import MonthFlow, SegmentName
from dashboard.segments.movement import movement
from dashboard.segments.movement_charts import flow_figure, size_figure
from tests import artifact_files as files

OCTOBER, NOVEMBER = 12 * 2026 + 9, 12 * 2026 + 10
STAY = [OCTOBER, 0, 1, NOVEMBER, 1, 1]
LEAVE = [OCTOBER, 0, 1, NOVEMBER, 1, 2]
COME_BACK = [NOVEMBER, 2, 1]


@pytest.fixture
def published(shop, seen, tmp_path):
    """Six stay with Gardeners, four leave them for Bakers, two come from there: fewer than three are not told of."""
    Privacy.objects.create(shop=shop, smallest_group=3)
    of = {f"stay-{i}": (1, STAY) for i in range(6)} | {f"leave-{i}": (2, LEAVE) for i in range(4)}
    of |= {f"back-{i}": (1, COME_BACK) for i in range(2)} | {"silent": (2, [])}
    seen(shop, *of)
    rows = [files.membership(name, number) | {"moves": moves} for name, (number, moves) in of.items()]
    segments = [files.segment(1, "Gardeners", 0.6, 8), files.segment(2, "Bakers", 0.4, 5)]
    services.replace_segments(shop=shop, artifact_id=5, folder=files.write_segments(tmp_path / "a", segments, rows))
    return shop


def page_of(client, shop, query=""):
    return " ".join(client.get(reverse("movement:index", args=[shop.slug]) + query).content.decode().split())


def test_streams_of_a_month_are_told_largest_first_and_none_of_few(published):
    shown = movement(published)
    assert shown.month.isoformat() == "2026-11-01"
    streams = [(flow.source.number, flow.target.number, flow.visitors) for flow in shown.flows]
    assert streams == [(1, 1, 6), (1, 2, 4)]
    assert (shown.moved, shown.stayed, shown.newcomers) == (4, 6, 0)
    assert [(trend.segment.number, trend.net) for trend in shown.trends] == [(2, 4), (1, -4)]


def test_an_earlier_month_can_be_asked_for(published):
    shown = movement(published, "2026-10")
    assert [(flow.source, flow.target.number, flow.visitors) for flow in shown.flows] == [(None, 1, 10)]
    assert [month.isoformat()[:7] for month in shown.months] == ["2026-10", "2026-11"]
    assert movement(published, "<b>").month == movement(published).month


def test_sizes_count_who_did_something(published):
    assert [(segment.number, values) for segment, values in movement(published).sizes] == [(1, [10, 6]), (2, [None, 4])]


def test_those_who_moved_are_named_and_those_of_a_small_stream_are_not(published):
    names = {drifter.visitor_id for drifter in movement(published).drifters}
    assert names == {f"leave-{i}" for i in range(4)}


def test_erasure_reaches_the_streams(published):
    services.forget_visitor(shop=published, visitor_id="leave-0")
    flows = MonthFlow.objects.filter(shop=published)
    assert flows.get(month=NOVEMBER, source=1, target=2).visitors == 3
    assert flows.get(month=OCTOBER).visitors == 9
    services.forget_visitor(shop=published, visitor_id="leave-1")
    assert movement(published).moved == 0


def test_an_artifact_that_tells_no_moves_has_no_movement(client, shop, owner, seen, first_folder):
    seen(shop, "ada", "cleo")
    services.replace_segments(shop=shop, artifact_id=11, folder=first_folder)
    client.force_login(owner)
    assert movement(shop) is None
    assert "No movement yet" in page_of(client, shop)


def test_the_page_says_what_happened_and_what_one_could_do(client, published, owner):
    client.force_login(owner)
    page = page_of(client, published)
    assert "In November 2026 at least <b>4 visitors</b> moved to another interest." in page
    assert "Bakers gained most, as far as it may be told: +4." in page
    assert "At least 4 left for other interests. No stream of 3 or more came. Most went to Bakers: let members" in page
    assert "audiences/new/?expression=segments.1+%3E%3D+0.5" in page
    assert "<td>6</td>" in page.replace(' class="n"', "")


def test_of_streams_that_are_left_out_the_page_does_not_say_that_they_are_none(client, published, owner):
    """Two came back to Gardeners: fewer than three, so nobody is told of them, nor that nobody came."""
    MonthFlow.objects.filter(shop=published, source=1, target=2).delete()
    client.force_login(owner)
    page = page_of(client, published)
    assert "In November 2026 <b>no stream</b> of 3 visitors or more moved to another interest." in page
    assert page.count("No stream of 3 visitors or more came or left.") == 2
    assert "As many came as left" not in page


def test_charts_name_segments_whole_and_on_a_phone_by_their_number(published):
    name = "Garden tools, seeds and all that one needs outside"
    SegmentName.objects.create(shop=published, number=1, name=name)
    flows, sizes = flow_figure(movement(published)), size_figure(movement(published))
    assert flows.data[0]["node"]["label"] == [f"1 {name}", f"1 {name}", "2 Bakers"]
    assert flows.narrow["data"][0]["node"]["label"] == ["1", "1", "2"]
    assert [trace["name"] for trace in sizes.data] == [f"1 {name}", "2 Bakers"]
    assert sizes.layout["showlegend"]


def test_the_diagram_and_its_table_say_the_same(client, published, owner):
    client.force_login(owner)
    page = page_of(client, published)
    figure = json.loads(re.search(r'<script id="fig-flows" type="application/json">(.*?)</script>', page)[1])
    assert figure["data"][0]["link"]["value"] == [6, 4]
    assert re.findall(
        r'<th scope="row">Gardeners</th> <td class="n">([A-Za-z]+)</td> <td class="n">(\d)</td>', page
    ) == [
        ("Gardeners", "6"),
        ("Bakers", "4"),
    ]


def test_another_shop_has_none_of_it(published, other_shop):
    assert movement(other_shop) is None
