"""The map is prepared when an artifact is shown, tells of no few, and is coloured by what is asked."""

import json
import re

import pytest
from django.urls import reverse

from dashboard.audiences.models import Audience
from dashboard.core import clock
from dashboard.events.models import Interaction, Privacy
from dashboard.segments import services
from dashboard.segments.map_selectors import segment_map
from dashboard.segments.models import MapCell, MapPoint
from tests import artifact_files as files

MANY = [f"many-{number}" for number in range(150)]
FEW = [f"few-{number}" for number in range(7)]


@pytest.fixture
def published(shop, seen, tmp_path):
    """A hundred and fifty Gardeners at one place, seven Bakers at another; one Gardener buys."""
    Privacy.objects.create(shop=shop, smallest_group=2)
    seen(shop, *MANY, *FEW)
    now = clock.now()
    bought = {"shop": shop, "type": "purchase", "visitor_id": MANY[0], "item_id": "mug", "timestamp": now}
    bought |= {"received_at": now, "currency": shop.currency}
    Interaction.objects.create(event_id="b1", value=12, **bought)
    Interaction.objects.create(event_id="b2", value=99, low_trust=True, **bought)
    gardeners = [files.membership(name, 1, 0.9, 1.1, 1.1) | {"novelty": 2.0} for name in MANY]
    bakers = [files.membership(name, 2, 0.8, -3.3, 0.1) | {"novelty": 7.0} for name in FEW]
    segments = [files.segment(1, "Gardeners", 0.85, 150), files.segment(2, "Bakers", 0.15, 7)]
    segments[1]["top_categories"][0]["place"] = [-3.0, 0.5]
    services.replace_segments(
        shop=shop, artifact_id=5, folder=files.write_segments(tmp_path / "a", segments, gardeners + bakers)
    )
    return shop


def figure_of(client, address):
    page = client.get(address).content.decode()
    return json.loads(re.search(r'<script id="fig-map" type="application/json">(.*?)</script>', page, re.S)[1])


def test_squares_tell_how_many_stand_where_and_what_most_of_them_like(published):
    shown = segment_map(published)
    assert sorted((square.visitors, square.number, square.share) for square in shown.squares) == [
        (7, 2, 1),
        (150, 1, 1),
    ]
    assert all(abs(square.x - 1.1) <= shown.square_width / 2 for square in shown.squares if square.number == 1)


def test_of_a_square_of_few_nothing_is_told(published):
    MapCell.objects.filter(shop=published, number=2).update(visitors=1)
    assert {square.visitors for square in segment_map(published).squares} == {150}


def test_a_shop_of_few_visitors_has_points_and_no_blur(published):
    Privacy.objects.filter(shop=published).update(smallest_group=5)
    shown = segment_map(published)
    assert (shown.squares, len(shown.points)) == ([], 157)


def test_a_point_knows_what_the_visitor_spent_and_how_little_known_the_choices_are(published):
    points = {point.visitor_id: point for point in segment_map(published).points}
    assert len(points) == 157
    assert (points[MANY[0]].spent, points[MANY[1]].spent) == (12.0, 0.0)
    assert (points[MANY[0]].novelty, points[FEW[0]].novelty) == (2.0, 7.0)


def test_landmarks_stand_where_the_artifact_places_them(published):
    (mark,) = segment_map(published).landmarks
    assert (mark.text, mark.x, mark.y, mark.number, mark.is_category) == ("Kitchen", -3.0, 0.5, 2, True)


def test_who_is_erased_is_on_no_map(published):
    services.forget_visitor(shop=published, visitor_id=FEW[0])
    assert not MapPoint.objects.filter(visitor_id=FEW[0]).exists()
    assert MapCell.objects.get(shop=published, number=2).visitors == 6


def test_looking_at_the_map_reads_no_memberships(client, published, owner, django_assert_max_num_queries):
    client.force_login(owner)
    with django_assert_max_num_queries(60) as asked:
        assert segment_map(published).points
    assert not [query for query in asked.captured_queries if "segments_segmentmembership" in query["sql"]]


def test_points_lead_to_their_visitor_and_say_who_it_is(client, published, owner):
    client.force_login(owner)
    figure = figure_of(client, reverse("segments:index", args=[published.slug]))
    trace = next(trace for trace in figure["data"] if trace.get("customdata") and len(trace["x"]) == len(FEW))
    assert trace["customdata"][0] == reverse("serving:visitor", args=[published.slug, FEW[0]])
    assert "80% Bakers" in trace["text"][0]
    assert figure["zooms"] is True


@pytest.mark.parametrize(("by", "strongest"), [("value", MANY[0]), ("novelty", FEW[0])])
def test_the_map_is_coloured_by_value_and_by_novelty(client, published, owner, by, strongest):
    client.force_login(owner)
    figure = figure_of(client, reverse("segments:index", args=[published.slug]) + f"?by={by}")
    (trace,) = [trace for trace in figure["data"] if "customdata" in trace]
    colour = dict(zip(trace["customdata"], trace["marker"]["color"], strict=True))
    address = reverse("serving:visitor", args=[published.slug, strongest])
    assert colour[address] == max(colour.values()) == 1.0
    assert min(colour.values()) == 0.0


def test_one_segment_can_be_looked_at_alone(client, published, owner):
    client.force_login(owner)
    figure = figure_of(client, reverse("segments:index", args=[published.slug]) + "?segment=2")
    opacities = {len(trace["x"]): trace["marker"]["opacity"] for trace in figure["data"] if "customdata" in trace}
    assert opacities[len(MANY)] < opacities[len(FEW)]


@pytest.mark.parametrize("asked", ["?by=<b>", "?segment=99", "?segment=x&by=value"])
def test_whatever_the_address_asks_for_the_map_is_there(client, published, owner, asked):
    client.force_login(owner)
    assert client.get(reverse("segments:index", args=[published.slug]) + asked).status_code == 200


def test_an_audience_shows_its_members_on_the_map(client, published, owner):
    client.force_login(owner)
    from dashboard.audiences.services import count_all_visitors

    count_all_visitors(shop=published)
    audience = Audience.objects.create(
        shop=published, name="Bakers", expression="segments.2 >= 0.5", changed_at=clock.now()
    )
    figure = figure_of(client, reverse("audiences:detail", args=[published.slug, audience.pk]))
    sizes = {trace["marker"]["color"]: len(trace["x"]) for trace in figure["data"] if "customdata" in trace}
    assert sizes == {"token:accent": len(FEW), "token:control": len(MANY)}
