"""Runs of the night go on from what serves; those that somebody asks for, and the thorough one of the week, do not."""

import io

import pytest
from django.core.management import call_command

from dashboard.training import selectors, services
from dashboard.training.models import Artifact


@pytest.fixture
def run_of(trainer, timing):
    """Work on a run of a preset and a trigger; returns it when it has ended."""

    def run_it(shop, preset, trigger):
        trainer.does("finish")
        run = services.start_run(shop=shop, preset=preset, trigger=trigger)
        services.execute_run(run_id=run.pk, timing=timing)
        run.refresh_from_db()
        return run

    return run_it


@pytest.mark.parametrize(
    ("preset", "trigger", "goes_on"),
    [
        ("balanced", "schedule", True),
        ("balanced", "news", True),
        ("balanced", "manual", False),
        ("best", "schedule", False),
        ("fast", "schedule", False),
    ],
)
def test_nightly_balanced_runs_go_on_from_what_serves(busy_shop, run_of, preset, trigger, goes_on):
    first = run_of(busy_shop, preset, trigger)
    assert "going on" not in first.log_tail  # there was nothing to go on from
    assert ("going on from it" in run_of(busy_shop, preset, trigger).log_tail) == goes_on


def test_the_lineage_tells_it_and_a_repetition_starts_the_same_way(busy_shop, run_of):
    run_of(busy_shop, "balanced", "schedule")
    run_of(busy_shop, "balanced", "schedule")
    version = Artifact.objects.latest("version")
    assert version.lineage["start"] == {"warm": True}
    assert version.lineage["parent"]
    call_command("rerun", str(version), "--shop", busy_shop.slug, stdout=io.StringIO(), stderr=io.StringIO())
    assert "going on from it" in selectors.last_run(busy_shop).log_tail
