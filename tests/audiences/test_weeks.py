"""The digest of a week says who grew and shrank, who came and stayed, and what that was worth; nothing of few."""

import datetime
from datetime import UTC

import pytest
from django.urls import reverse

from dashboard.audiences.models import AudienceChange, GroupWeek
from dashboard.audiences.services import (
    archive_audience,
    change_privacy,
    count_all_visitors,
    create_audience,
    follow_audiences,
    sum_weeks,
)
from dashboard.audiences.week_pages import GroupRow, week_page
from dashboard.segments.models import Segment, SegmentChange

pytestmark = pytest.mark.django_db
TUESDAY = datetime.datetime(2026, 11, 24, 12, tzinfo=UTC)
MONDAY = datetime.datetime(2026, 11, 23, tzinfo=UTC)
NEXT_MONDAY = MONDAY + datetime.timedelta(days=7)
HOUR = datetime.timedelta(hours=1)


@pytest.fixture
def buyers(shop, behave, small_groups):
    """Five who bought for 5 each on Tuesday."""
    for number in range(5):
        behave(shop, f"v{number}", (0, "purchase", 5), now=TUESDAY)
    behave(shop, "v4", (7, "purchase", 100), now=TUESDAY)
    count_all_visitors(shop=shop, now=TUESDAY + HOUR)
    made = create_audience(shop=shop, name="Buyers", expression="purchases > 0", by=None)
    follow_audiences(shop=shop, now=TUESDAY + HOUR)
    return made


def moved(audience, visitor, *entered, at=TUESDAY):
    for has_entered in entered:
        AudienceChange.objects.create(
            shop=audience.shop, audience=audience, visitor_id=visitor, has_entered=has_entered, cause="visitor", at=at
        )


def row_of(shop, name="Buyers", week=""):
    return next(row for row in week_page(shop, week)["rows"] if row.name == name)


def test_without_a_week_the_page_says_when_there_is_one(client, shop, owner):
    client.force_login(owner)
    page = client.get(reverse("audiences:week", args=[shop.slug])).content.decode()
    assert "within an hour" in page


def test_who_came_and_stayed_counts_and_who_went_to_and_fro_does_not(shop, buyers):
    moved(buyers, "v0", True)
    moved(buyers, "v1", True, False)
    moved(buyers, "v2", False, True)
    moved(buyers, "v9", False)
    moved(buyers, "v8", True, False, True)
    moved(buyers, "v3", True, at=MONDAY - HOUR)
    sum_weeks(shop=shop, now=TUESDAY + 2 * HOUR)
    found = GroupWeek.objects.get(kind="audience")
    assert (found.week, found.visitors, found.entered, found.left) == (MONDAY.date(), 5, 2, 1)
    assert found.revenue == 25, "not what was bought in the week before"


def test_a_week_that_is_over_is_summed_once_more_and_keeps_how_many_they_were(shop, buyers, behave):
    sum_weeks(shop=shop, now=TUESDAY + 2 * HOUR)
    behave(shop, "v0", (0, "purchase", 50), now=NEXT_MONDAY - HOUR)
    behave(shop, "new", (0, "purchase", 2), now=NEXT_MONDAY + HOUR)
    count_all_visitors(shop=shop, now=NEXT_MONDAY + 2 * HOUR)
    follow_audiences(shop=shop, now=NEXT_MONDAY + 2 * HOUR)
    for _twice in range(2):
        sum_weeks(shop=shop, now=NEXT_MONDAY + 3 * HOUR)
    last, this = GroupWeek.objects.filter(kind="audience").order_by("week")
    assert (last.visitors, last.revenue) == (5, 75)
    assert (this.visitors, this.revenue) == (6, 2)
    row = row_of(shop)
    assert row.change == 1
    assert row.sentence == (
        "It grew from 5 to 6 visitors. Fewer than 3 entered, 0 left. They bought for £2, £0.33 each."
    )
    assert row_of(shop, week="2026-11-23").change is None


def test_segments_move_with_models(shop, small_groups, belong):
    for number in range(4):
        belong(shop, f"v{number}", {1: 0.9})
    for number, visitors in ((1, 40), (2, 2)):
        Segment.objects.create(
            shop=shop, artifact_id=7, number=number, suggested_name=f"Interest {number}", share=0.5, visitors=visitors,
            center=[0, 0], covariance=[[1, 0], [0, 1]], top_items=[],
        )  # fmt: skip
    moves = [[1, 1, 30], [3, 1, 10], [1, 2, 4]]
    SegmentChange.objects.create(shop=shop, artifact_id=7, first_shown_at=TUESDAY, moves=moves)
    SegmentChange.objects.create(shop=shop, artifact_id=6, first_shown_at=MONDAY - HOUR, moves=[[3, 1, 99]])
    sum_weeks(shop=shop, now=TUESDAY + HOUR)
    (row,) = week_page(shop, "")["rows"]
    assert (row.name, row.visitors, row.entered, row.left) == ("Interest 1", 40, 10, 4)


def test_of_few_nothing_is_told_also_where_they_were_many_when_it_was_summed(client, shop, buyers, owner):
    sum_weeks(shop=shop, now=TUESDAY + 2 * HOUR)
    change_privacy(shop=shop, smallest_group=9, barred_attributes=[], actor=owner)
    assert row_of(shop).visitors is None
    client.force_login(owner)
    page = client.get(reverse("audiences:week", args=[shop.slug])).content.decode()
    assert "Fewer than 9 visitors are in it; so few are never told." in page
    assert "£25" not in page


def test_an_archived_audience_is_in_no_digest(shop, buyers):
    sum_weeks(shop=shop, now=TUESDAY + 2 * HOUR)
    archive_audience(shop=shop, audience_id=buyers.pk, by=None)
    assert week_page(shop, "")["rows"] == []


def test_the_page_names_what_changed_most_and_leads_back(client, shop, buyers, owner):
    for week, visitors in ((MONDAY.date(), 5), (NEXT_MONDAY.date(), 40)):
        GroupWeek.objects.create(
            shop=shop, week=week, kind="audience", number=buyers.pk, visitors=visitors, entered=35, summed_at=TUESDAY
        )
    client.force_login(owner)
    page = client.get(reverse("audiences:week", args=[shop.slug])).content.decode()
    assert "<b>Buyers</b> grew most, by 35 visitors." in page
    assert "?week=2026-11-23" in page
    earlier = client.get(reverse("audiences:week", args=[shop.slug]), {"week": "2026-11-23"}).content.decode()
    assert "the week before is not known" in earlier
    assert client.get(reverse("audiences:week", args=[shop.slug]), {"week": "nonsense"}).status_code == 200


@pytest.mark.parametrize(
    ("before", "visitors", "said"),
    [(50, 40, "It shrank from 50 to 40 visitors."), (40, 40, "It stayed at 40 visitors. Nobody entered or left.")],
)
def test_a_sentence_for_each(before, visitors, said):
    row = GroupRow("audience", 1, "Them", visitors, before, 0, 0, 0, "GBP", 20)
    assert row.sentence.startswith(said)
