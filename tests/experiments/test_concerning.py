"""What concerns a segment: its audiences, overrides that are served for these, and experiments."""

import pytest
from django.urls import reverse

from dashboard.audiences.models import Audience
from dashboard.core import clock
from dashboard.experiments.models import Experiment, Variant
from dashboard.experiments.selectors import concerning_segment
from dashboard.policies.models import Placement, Policy
from dashboard.segments.services import replace_segments
from tests import artifact_files as files
from tests.segments.conftest import every_group_is_told, seen  # noqa: F401


@pytest.fixture
def shown(shop, seen, tmp_path, every_group_is_told):  # noqa: F811
    """Two audiences ask for segment 1, one of them in a negation; another one for segment 11."""
    seen(shop, "ada")
    folder = files.write_segments(tmp_path / "a", [files.segment(1), files.segment(11)], [files.membership("ada", 1)])
    replace_segments(shop=shop, artifact_id=1, folder=folder)
    rest = "not segments.1 > 0.2 and purchases > 0"
    asked = {"Gardeners": "segments.1 >= 0.5", "Rest": rest, "Bakers": "segments.11 > 0"}
    made = {
        name: Audience.objects.create(shop=shop, name=name, expression=expression, changed_at=clock.now())
        for name, expression in asked.items()
    }
    placement = Placement.objects.create(shop=shop, slug="home", name="Home")
    overrides = [
        {"audience": made[name].pk, "knobs": {"novelty": value}, "rules": []}
        for name, value in (("Bakers", 0.9), ("Gardeners", 0.8))
    ]
    policy = Policy.objects.create(
        placement=placement, version=1, knobs={"novelty": 0.1}, overrides=overrides, is_published=True
    )
    for name, audience, state in (
        ("On gardeners", made["Gardeners"].pk, "stopped"),
        ("On bakers", made["Bakers"].pk, "stopped"),
        ("On everybody", None, "running"),
        ("On everybody, once", None, "stopped"),
    ):
        experiment = Experiment.objects.create(
            shop=shop, placement=placement, name=name, salt="s", state=state, audience_id=audience
        )
        Variant.objects.create(experiment=experiment, key="A", name="A", policy=policy)
    return shop


def test_audiences_overrides_and_experiments_of_a_segment_are_found(shown):
    found = concerning_segment(shown, 1)
    assert [audience.name for audience in found.audiences] == ["Gardeners", "Rest"]
    assert [(row.placement.slug, row.audience.name) for row in found.overrides] == [("home", "Gardeners")]
    assert [experiment.name for experiment in found.experiments] == ["On gardeners"]
    assert [experiment.name for experiment in found.running] == ["On everybody"]


def test_the_fragment_links_to_each_and_says_what_an_override_changes(client, shown, owner):
    client.force_login(owner)
    text = client.get(reverse("experiments:concerning", args=[shown.slug, 1])).content.decode()
    assert "ovelty 0.10 → 0.80" in " ".join(text.split())
    assert reverse("policies:overrides", args=[shown.slug, "home"]) in text
    assert "On everybody" in text
    assert "On bakers" not in text


def test_what_is_archived_and_serves_nowhere_is_left_out(shown):
    Audience.objects.filter(shop=shown).update(archived_at=clock.now())
    found = concerning_segment(shown, 1)
    assert [audience.name for audience in found.audiences] == ["Gardeners"]


def test_a_segment_that_nothing_concerns_says_what_one_can_do(client, shown, owner):
    Audience.objects.filter(shop=shown).delete()
    Experiment.objects.filter(shop=shown).delete()
    client.force_login(owner)
    text = client.get(reverse("experiments:concerning", args=[shown.slug, 1])).content.decode()
    assert "Make an audience of it" in text


def test_a_segment_that_is_not_shown_has_no_fragment(client, shown, owner):
    client.force_login(owner)
    assert client.get(reverse("experiments:concerning", args=[shown.slug, 4])).status_code == 404
