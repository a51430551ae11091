"""What was answered is what was logged, and what a visitor just did counts."""

import pytest

from dashboard.catalog.models import Item
from dashboard.core import errors
from dashboard.events.models import Exposure
from dashboard.experiments.models import Experiment, Variant
from dashboard.policies import selectors as policies
from dashboard.policies.services import propose_policy
from dashboard.serving.types import SlateRequest
from recommender.slate.record import SlateRecord
from tests.serving.conftest import ask, ids, send, set_policy


def logged(slate):
    return Exposure.objects.get(recommendation_id=slate.recommendation_id)


def test_the_exposure_equals_the_answer(catalog):
    set_policy(catalog, exploration=0.6)
    slate = ask(catalog, visitor_id="v1", session_id="s1", n=4, seed=77)
    row = logged(slate)
    assert row.items == [item.as_logged() for item in slate.items]
    assert (row.shop_id, row.placement, row.visitor_id, row.session_id) == (catalog.pk, "home", "v1", "s1")
    digest = policies.published_policy(shop_id=catalog.pk, slug="home").policy.digest
    assert (row.policy_version, row.policy_hash) == (2, digest)
    assert (row.seed, row.temperature, row.fallback) == (77, slate.temperature, "newest")
    record = SlateRecord.decode(bytes(row.record))
    rows = Item.objects.in_bulk(record.codes_C.tolist())
    assert [rows[number].item_id for number in record.codes_C[record.shown_K].tolist()] == ids(slate)
    assert len(record) == slate.candidates > 4
    assert row.latency_ms > 0
    assert not row.simulated


def test_the_same_seed_draws_the_same_slate(catalog):
    set_policy(catalog, exploration=0.8)
    assert ids(ask(catalog, seed=5)) == ids(ask(catalog, seed=5))
    assert len({tuple(ids(ask(catalog, seed=seed))) for seed in range(10)}) > 1


def test_without_a_seed_each_request_draws_anew(catalog):
    assert ask(catalog, seed=None).seed != ask(catalog, seed=None).seed


def test_an_event_just_accepted_changes_the_next_slate(catalog):
    set_policy(catalog, exploration=0.0)
    before = ask(catalog, visitor_id="v1", n=3)
    send(catalog, "v1", "spade")
    after = ask(catalog, visitor_id="v1", n=3)
    assert ids(before) != ids(after)
    assert "fork" in ids(after)


def test_the_placement_s_own_size_holds_where_none_is_asked_for(catalog):
    assert len(ask(catalog, "cart").items) == 6


def test_reasons_are_said_in_words_where_asked_for(catalog):
    set_policy(catalog, exploration=0.0)
    assert [item.explanation for item in ask(catalog, n=1, explain=True).items] == ["new in this shop"]
    assert ask(catalog, n=1).items[0].explanation == ""


def test_an_unknown_placement_names_the_known_ones(catalog):
    with pytest.raises(errors.NotFound, match="home, product, cart, email"):
        ask(catalog, "sidebar")


def test_a_shop_that_never_opened_its_placements_page_is_served_all_the_same(shop):
    assert ask(shop, "home").policy_version == 1


@pytest.mark.parametrize("fields", [{"n": 0}, {"n": 101}, {"context_items": ("x",) * 51}, {"cart_items": ("x",) * 201}])
def test_a_request_out_of_bounds_is_refused_by_field(shop, fields):
    with pytest.raises(errors.Invalid) as refusal:
        SlateRequest(shop=shop, placement="home", **fields)
    assert list(refusal.value.fields) == list(fields)


@pytest.fixture
def experiment(catalog):
    set_policy(catalog, exploration=0.0)
    home = policies.placement_by_slug(catalog, "home")
    found = Experiment.objects.create(
        shop=catalog, placement=home, name="More exploring", state="running", salt="fixed", primary_metric="ctr"
    )
    treatment = propose_policy(placement=home, knobs={"exploration": 0.9}, rules=(), by=None)
    Variant.objects.create(experiment=found, key="A", name="Now", policy=policies.policy_published_now(home))
    Variant.objects.create(experiment=found, key="B", name="More", policy=treatment)
    return found


def test_each_visitor_gets_the_policy_of_their_variant(catalog, experiment):
    slates = [ask(catalog, visitor_id=f"v{number}", n=4) for number in range(20)]
    assert {slate.variant for slate in slates} == {"A", "B"}
    assert all(slate.experiment_id == experiment.pk for slate in slates)
    assert all((slate.temperature > 0) == (slate.variant == "B") for slate in slates)
    assert all(logged(slate).policy_version == {"A": 2, "B": 3}[slate.variant] for slate in slates)


def test_a_visitor_without_an_id_is_in_no_experiment(catalog, experiment):
    slate = ask(catalog)
    assert (slate.experiment_id, slate.variant) == (None, "")
