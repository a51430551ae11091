"""Of a group of fewer visitors than the shop lets be told nothing is: every page and every route is looked at."""

import pytest
from django.urls import reverse

from dashboard.accounts.services import issue_key
from dashboard.audiences.models import Audience
from dashboard.audiences.services import change_privacy, count_all_visitors
from dashboard.core import clock
from dashboard.exports import contents
from dashboard.policies.services import ensure_default_placements
from dashboard.segments import selectors, services
from dashboard.segments.map_selectors import segment_map
from dashboard.segments.models import Segment
from tests import artifact_files as files
from tests.accounts.test_every_page_is_closed import pages
from tests.api.conftest import ApiClient
from tests.api.routes import PROBES
from tests.segments.conftest import seen  # noqa: F401

pytestmark = pytest.mark.django_db
FEW = [f"few-{number}" for number in range(4)]
MANY = [f"many-{number}" for number in range(30)]


@pytest.fixture
def shown(shop, seen, tmp_path):  # noqa: F811
    """Segment 1 has thirty visitors; segment 2, of secret gamblers, has four. An audience asks for it."""
    seen(shop, *FEW, *MANY)
    rows = [files.membership(name, 2, 0.6) for name in FEW] + [files.membership(name, 1, 0.9) for name in MANY]
    segments = [files.segment(1, "Gardeners", 0.9, len(MANY)), files.segment(2, "Gamblers", 0.1, len(FEW))]
    services.replace_segments(shop=shop, artifact_id=1, folder=files.write_segments(tmp_path / "a", segments, rows))
    count_all_visitors(shop=shop)
    ensure_default_placements(shop)
    Audience.objects.create(pk=2, shop=shop, name="Them", expression="segments.2 >= 0.5", changed_at=clock.now())
    return shop


def ids_of(shop, keys):
    known = {"number": 2, "segment": 2, "audience_id": 2, "visitor_id": FEW[0], "item_id": "mug", "slug": "home"}
    return {key: known.get(key, 1) for key in keys}


def test_no_page_names_a_segment_of_few(client, shown, owner):
    client.force_login(owner)
    told, opened = [], 0
    for name, keys in pages():
        response = client.get(reverse(name, kwargs={"shop_slug": shown.slug, **ids_of(shown, keys)}))
        opened += response.status_code == 200
        body = b"".join(response.streaming_content) if response.streaming else response.content
        if b"Gamblers" in body or (name.startswith("segments:") and "number" in keys and response.status_code == 200):
            told.append(name)
    assert told == []
    assert opened > 25
    assert "Gardeners" in client.get(reverse("segments:index", args=[shown.slug])).content.decode()


def test_no_route_names_a_segment_of_few_or_lists_the_visitors_of_a_group_of_few(client, shown):
    api = ApiClient(client, issue_key(shop=shown, kind="sk").plain)
    keys = {"item_id", "visitor_id", "event_id", "run_id", "artifact_id", "segment", "audience_id", "slug"}
    keys |= {"policy_id", "experiment_id", "export_id", "endpoint_id", "recommendation_id", "own_id", "schedule_id"}
    own = {"visitor", "visitor-why", "visitor-export", "visitor-by-query"}  # of one visitor
    own |= {"export-interactions"}  # rows of events
    for (name, method), probe in PROBES.items():
        if method != "GET":
            continue
        response = api.get(probe.path.format(**ids_of(shown, keys)))
        body = b"".join(response.streaming_content) if response.streaming else response.content
        assert b"Gamblers" not in body, name
        assert name in own or FEW[0].encode() not in body, name
        assert not name.startswith(("segment-", "export-segment")) or response.status_code == 404, name
    asked = api.post("/exports", {"kind": "segment", "segment": 2})
    assert asked.status_code == 404
    assert api.get("/audiences/2").json()["visitors"] is None
    assert api.get("/audiences/2/visitors").status_code == 403


def test_a_map_a_member_and_an_export_that_was_asked_for_earlier_know_it_no_more(shown, owner):
    change_privacy(shop=shown, smallest_group=4, barred_attributes=[], actor=owner)
    earlier = contents.members(shown, 2)
    assert {point.number for point in segment_map(shown).points} == {1, 2}
    change_privacy(shop=shown, smallest_group=5, barred_attributes=[], actor=owner)
    assert {point.number for point in segment_map(shown).points} == {1}
    assert list(earlier.lines("jsonl")) == []
    assert selectors.visitor_memberships(shown, FEW[0]) is None
    assert selectors.visitor_memberships(shown, MANY[0]).probabilities.keys() == {1}


def test_who_is_erased_may_make_a_group_too_small(shown, owner):
    change_privacy(shop=shown, smallest_group=4, barred_attributes=[], actor=owner)
    assert selectors.segment(shown, 2).visitors == 4
    services.forget_visitor(shop=shown, visitor_id=FEW[0])
    assert selectors.segment(shown, 2) is None


def test_visitors_who_went_before_their_segment_was_shown_are_not_counted(shop, seen, tmp_path):  # noqa: F811
    seen(shop, *MANY[:25])
    rows = [files.membership(name, 1) for name in MANY]
    folder = files.write_segments(tmp_path / "b", [files.segment(1, visitors=len(MANY))], rows)
    services.replace_segments(shop=shop, artifact_id=3, folder=folder)
    assert Segment.objects.get(artifact_id=3).visitors == 25


def test_what_became_of_segments_tells_of_no_few(shop, seen, tmp_path, owner):  # noqa: F811
    seen(shop, *FEW, *MANY)
    before = [files.segment(1, "Gardeners", 1.0, 34)]
    rows = [files.membership(name, 1) for name in [*FEW, *MANY]]
    services.replace_segments(shop=shop, artifact_id=1, folder=files.write_segments(tmp_path / "a", before, rows))
    after = [files.segment(1, "Gardeners", 0.9, 30), files.segment(2, "Gamblers", 0.1, 4)]
    rows = [files.membership(name, 2) for name in FEW] + [files.membership(name, 1) for name in MANY]
    services.replace_segments(shop=shop, artifact_id=2, folder=files.write_segments(tmp_path / "b", after, rows))
    assert selectors.segment_changes(shop) == []
    change_privacy(shop=shop, smallest_group=2, barred_attributes=[], actor=owner)
    assert [(change.kind, change.name) for change in selectors.segment_changes(shop)] == [("split", "Gamblers")]


@pytest.mark.parametrize(
    ("barred", "name"),
    [
        ([], "Baby & Maternity, Toys"),
        (["maternity"], "Toys"),
        (["Baby", "toy"], "Segment 1"),
    ],
)
def test_a_barred_word_names_no_segment_at_once(shop, seen, tmp_path, owner, barred, name):  # noqa: F811
    seen(shop, "ada")
    named = [files.segment(1, "Baby & Maternity, Toys")]
    folder = files.write_segments(tmp_path / "a", named, [files.membership("ada", 1)])
    services.replace_segments(shop=shop, artifact_id=1, folder=folder)
    change_privacy(shop=shop, smallest_group=20, barred_attributes=[], barred_names=barred, actor=owner)
    assert selectors.segment(shop, 1).name == name
    services.rename_segment(shop=shop, number=1, name="Young parents")
    assert selectors.segment(shop, 1).name == "Young parents"
