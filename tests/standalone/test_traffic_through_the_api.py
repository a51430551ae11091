"""Simulated shoppers in front of the real API: what it stores of them is marked."""

import threading

import httpx
import pytest

from dashboard.accounts.services import issue_key
from dashboard.events.models import Exposure, Interaction
from dashboard.standalone.traffic.front import ApiFront
from dashboard.standalone.traffic.live import LiveTraffic
from dashboard.standalone.traffic.setup import wares_of
from tests.http_host import application_of_this_process


@pytest.mark.usefixtures("connection_kept")
def test_slates_and_events_of_simulated_shoppers_are_stored_as_simulated(stocked):
    stop, key = threading.Event(), issue_key(shop=stocked, kind="sk").plain
    front = ApiFront("http://testserver", key, stop, transport=httpx.WSGITransport(application_of_this_process()))
    traffic = LiveTraffic(wares_of(stocked, 3), front, stop, seed=3, currency="GBP")
    totals = traffic.run(visitors=9, minutes=None)
    assert totals.refused == 0
    assert totals.events > 10
    marks = Exposure.objects.filter(shop_id=stocked.pk).values_list("simulated", flat=True)
    assert list(marks) == [True] * totals.slates
    assert set(Interaction.objects.filter(shop=stocked).values_list("simulated", flat=True)) == {True}
