"""Shoppers shared out between processes live the same lives, each visit once."""

from datetime import UTC, datetime, timedelta

import pytest

from dashboard.events.models import Exposure, Interaction
from dashboard.policies.services import ensure_default_placements
from dashboard.standalone.traffic.calendar import planned_visits
from dashboard.standalone.traffic.crew import Crew, CrewFailed

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]


def plan(shop):
    now = datetime.now(UTC)
    return now, planned_visits(days=3, now=now, zone=shop.timezone, seed=5, visits_a_day=20)


def test_two_processes_do_what_one_does(stocked):
    ensure_default_placements(stocked)
    now, visits = plan(stocked)
    reports = []
    with Crew(stocked, visits, seed=5, now=now, processes=2) as crew:
        halfway = crew.live_until(now - timedelta(days=1), reports.append)
        totals = crew.live_until(now, reports.append)
    assert totals.visits == len(visits) > halfway.visits > 0
    assert totals.visitors == len({visit.number for visit in visits})
    assert Exposure.objects.filter(shop_id=stocked.pk, simulated=True).count() == totals.slates > 0
    assert reports[-1] == totals
    begun = set(Interaction.objects.filter(shop=stocked).values_list("session_id", flat=True))
    assert len(begun) > len(visits) / 2


def test_a_process_that_dies_is_noticed(stocked):
    now, visits = plan(stocked)
    with Crew(stocked, visits, seed=5, now=now, processes=2) as crew:
        crew._members[0][0].kill()
        with pytest.raises(CrewFailed):
            crew.live_until(now)
