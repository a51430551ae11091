"""What exploring cost each variant: as the ledger counts a day, of its own slates alone."""

import pytest
from django.urls import reverse

from dashboard.core import clock
from dashboard.events.models import Exposure
from dashboard.events.services import record_events
from dashboard.experiments.services import start_experiment
from dashboard.ledger.selectors import variant_costs
from dashboard.ledger.services.costs import costs_of
from dashboard.ledger.services.slates import slates_of_day
from dashboard.serving.services import recommend
from dashboard.serving.types import SlateRequest

pytestmark = pytest.mark.django_db


@pytest.fixture
def experiment(home):
    """A does not explore; visitors of both click what they see first."""
    from tests.serving.conftest import set_policy

    set_policy(home.shop, exploration=0.0)
    made = start_experiment(placement=home, treatment_knobs={"exploration": 0.6}, by=None, salt="fixed")
    for number in range(60):
        slate = recommend(SlateRequest(shop=home.shop, placement="home", visitor_id=f"v{number}", n=4, seed=number))
        if number % 2:
            record_events(shop=home.shop, raw=[_click(number, slate)])
    return made


def _click(number, slate):
    return {
        "event_id": f"c{number}",
        "type": "select_item",
        "visitor_id": f"v{number}",
        "item_id": slate.items[number % 4].item_id,
        "recommendation_id": str(slate.recommendation_id),
    }


def test_who_does_not_explore_pays_nothing(experiment):
    a, b = variant_costs(experiment)
    assert (a.variant, a.exploring, a.clicks.value, a.clicks.doubt) == ("A", 0, 0.0, 0.0)
    assert (b.variant, b.exploring) == ("B", b.slates)
    assert a.slates + b.slates == 60 and b.slates > 10
    assert b.clicks.doubt > 0


def test_it_is_what_the_ledger_says_of_a_day_of_those_slates(experiment):
    b = variant_costs(experiment)[1]
    Exposure.objects.filter(variant="A").update(placement="elsewhere")
    day = slates_of_day(experiment.shop, "home", since=experiment.started_at, until=clock.now(), simulated=False)
    whole = costs_of(day)
    assert len(day.slates) == b.slates
    assert b.clicks.value == pytest.approx(whole.clicks.value * 1000 / b.slates)
    assert b.money.value == pytest.approx(whole.money.value * 1000 / b.slates)


def test_simulated_shoppers_count_where_nobody_else_came(experiment):
    Exposure.objects.update(simulated=True)
    assert sum(cost.slates for cost in variant_costs(experiment)) == 60


def test_its_page_asks_for_it(client, owner, experiment):
    client.force_login(owner)
    page = client.get(reverse("ledger:experiment-costs", args=[experiment.shop.slug, experiment.pk])).content.decode()
    assert "Clicks of 1,000 slates" in page
