"""How exploration and fairness act: kept in the draft from the page, told in words, shown beside what was served."""

import pytest
from django.urls import reverse

from dashboard.experiments.services import start_experiment, try_draft
from dashboard.policies import selectors, services
from dashboard.policies.option_words import OPTIONS, typed
from dashboard.policies.wording import proposal_changes
from recommender.slate import Knobs
from tests.serving.conftest import add_catalog, ask, set_policy


@pytest.fixture
def home(shop):
    return services.ensure_default_placements(shop)[0]


def keep(client, home, **changed):
    """Press “Keep in the draft” on a page that was drawn just now."""
    before = typed(Knobs.from_dict(selectors.proposal_of(home).knobs))
    sent = {**{f"seen-{name}": before[name] for name in OPTIONS}, **before, **changed}
    return client.post(reverse("policies:keep-options", args=[home.shop.slug, home.slug]), sent)


def test_they_are_kept_in_the_draft_and_told_in_words(client, home, editor):
    client.force_login(editor)
    target = "Clay & Co: 40\nWhizz: 25%"
    assert keep(client, home, explore_max_age_days="", explore_floor="1.5", fairness_target=target).status_code == 302
    proposal = selectors.proposal_of(home)
    assert proposal.moved == {
        "explore_max_age_days": None,
        "explore_floor": 0.015,
        "fairness_target": {"Clay & Co": 0.4, "Whizz": 0.25},
    }
    assert proposal_changes(proposal) == [
        "Freely tried up to an age of 90 days → any",
        "Floor of exploration 0.2% → 1.5%",
        "Target shares equal → Clay & Co 40%, Whizz 25%",
    ]


def test_what_was_not_touched_is_no_change(client, home, editor):
    client.force_login(editor)
    keep(client, home)
    assert selectors.proposal_of(home).is_empty


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("explore_floor", "101", "100"),
        ("explore_floor", "", "required"),
        ("fairness_target", "Clay 40", "group: percent"),
        ("fairness_target", "Clay: 70\nWhizz: 60", "more than 100%"),
        ("fairness_attribute", "", "required"),
    ],
)
def test_what_does_not_fit_is_refused_and_nothing_is_kept(client, home, editor, field, value, said):
    client.force_login(editor)
    answer = keep(client, home, **{field: value})
    assert answer.status_code == 400
    assert said in answer.content.decode()
    assert selectors.proposal_of(home).is_empty


def test_somebody_elses_floor_is_not_overwritten(client, home, editor):
    client.force_login(editor)
    before = typed(Knobs.from_dict(selectors.proposal_of(home).knobs))
    services.draft_knobs(placement=home, knobs={"explore_floor": 0.05}, by=None)
    sent = {**{f"seen-{name}": before[name] for name in OPTIONS}, **before, "explore_floor": "2"}
    client.post(reverse("policies:keep-options", args=[home.shop.slug, home.slug]), sent)
    assert selectors.proposal_of(home).moved == {"explore_floor": 0.05}


def test_an_experiment_of_the_draft_takes_them_along(home):
    services.draft_knobs(placement=home, knobs={"explore_floor": 0.05, "exploration": 0.3}, by=None)
    revision = selectors.proposal_of(home).revision
    experiment = try_draft(
        make=start_experiment, placement=home, knobs={"exploration": 0.3}, with_rules=False, revision=revision, by=None
    )
    treatment = experiment.variants.get(key="B").policy
    assert (treatment.knobs["explore_floor"], treatment.knobs["exploration"]) == (0.05, 0.3)
    assert selectors.proposal_of(home).is_empty


def test_the_page_shows_what_each_group_got_so_far(client, shop, owner):
    add_catalog(shop)
    set_policy(shop, exploration=0.0, fairness=0.2, fairness_target={"Whizz": 0.25})
    for number in range(3):
        ask(shop, visitor_id=f"v{number}", n=4)
    client.force_login(owner)
    page = client.get(reverse("policies:exposures", args=[shop.slug, "home"])).content.decode()
    assert "Of 12 slots in the last 7 days" in page
    assert "Whizz" in page and "25.0%" in page


def test_without_slates_it_says_so(client, home, owner):
    client.force_login(owner)
    page = client.get(reverse("policies:exposures", args=[home.shop.slug, "home"])).content.decode()
    assert "No slate of the last 7 days" in page
