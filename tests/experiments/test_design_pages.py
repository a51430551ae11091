"""The form that designs an experiment: what is chosen is what runs."""

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from django.urls import reverse

from dashboard.audiences.services import create_audience
from dashboard.core import clock
from dashboard.experiments.models import Experiment
from dashboard.policies.services import propose_policy, publish_policy


@pytest.fixture
def front(shop):
    from dashboard.policies.models import Placement

    placement = Placement.objects.create(shop=shop, slug="front", name="Front page")
    publish_policy(placement=placement, knobs={"exploration": 0.1}, rules=(), by=None)
    return placement


@pytest.fixture
def send(client, shop, owner, front):
    client.force_login(owner)

    def post(**fields):
        sent = {"placement": "front", "exploration": "0.4", "revision": "0", **fields}
        return client.post(reverse("experiments:create", args=[shop.slug]), sent)

    return post


def page_of(client, shop, experiment):
    return client.get(reverse("experiments:detail", args=[shop.slug, experiment.pk])).content.decode()


def test_four_variants_are_chosen_with_their_shares(client, shop, front, send):
    version = propose_policy(placement=front, knobs={"diversity": 0.8}, rules=(), by=None)
    fields = {"percent_A": "40", "variant_C": str(version.pk), "percent_C": "10", "variant_D": "nothing"}
    assert send(**fields).status_code == 302
    experiment = Experiment.objects.get()
    chosen = [(each.key, round(each.weight, 2), each.shows_nothing) for each in experiment.variants.all()]
    assert chosen == [("A", 0.4, False), ("B", 0.25, False), ("C", 0.1, False), ("D", 0.25, True)]
    assert experiment.variants.get(key="C").policy == version
    page = page_of(client, shop, experiment)
    assert "A 40%, B 25%, C 10%, D 25%" in " ".join(page.split())


def test_the_form_offers_the_next_variant_and_plans_for_all(client, shop, owner, front):
    client.force_login(owner)
    version = propose_policy(placement=front, knobs={"diversity": 0.8}, rules=(), by=None)
    address = reverse("experiments:new", args=[shop.slug])
    two = client.get(address, {"placement": "front"})
    three = client.get(address, {"placement": "front", "variant_C": str(version.pk)})
    assert [other.key for other in two.context["others"]] == ["C"]
    assert [other.key for other in three.context["others"]] == ["C", "D"]
    assert three.context["plan"].planned_visitors > 1.5 * two.context["plan"].planned_visitors


@pytest.mark.parametrize(("b", "keys"), [("aa", [False, False]), ("nothing", [False, True])])
def test_b_may_be_a_again_or_nothing(send, b, keys):
    assert send(b=b).status_code == 302
    experiment = Experiment.objects.get()
    assert [variant.shows_nothing for variant in experiment.variants.all()] == keys
    assert experiment.is_aa == (b == "aa")


def test_audience_ramp_and_times_by_the_clock_of_the_shop(client, shop, send):
    audience = create_audience(shop=shop, name="Trade", expression='attributes.tier = "trade"', by=None)
    zone = ZoneInfo(shop.timezone)
    starts, ends = ((clock.now() + timedelta(days=days)).astimezone(zone) for days in (2, 20))
    times = {"starts_at": starts.strftime("%Y-%m-%dT%H:%M"), "ends_at": ends.strftime("%Y-%m-%dT%H:%M")}
    assert send(audience=str(audience.pk), ramp="3", traffic_percent="50", **times).status_code == 302
    experiment = Experiment.objects.get()
    assert (experiment.state, experiment.audience_id) == ("draft", audience.pk)
    assert experiment.starts_at == starts.replace(second=0, microsecond=0)
    assert [(step["day"], step["share"]) for step in experiment.ramp] == [(0, 0.025), (3, 0.1), (6, 0.25), (9, 0.5)]
    page = page_of(client, shop, experiment)
    assert "It starts by itself on" in page
    assert "Trade" in page


def test_what_does_not_fit_stays_in_the_form_and_says_why(send):
    refused = send(percent_A="80", percent_B="70")
    assert refused.status_code == 400
    assert "sum to 100%" in refused.content.decode()
    assert not Experiment.objects.exists()
