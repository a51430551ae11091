"""How long a run will take, by earlier ones."""

import pytest

from dashboard.training.forecast import forecasts
from dashboard.training.models import Artifact, Run


@pytest.fixture
def told(shop):
    """A run that ended well: `told(preset, interactions, seconds, memory_mib)`."""

    def tell(preset, interactions, seconds, memory_mib=None):
        stages = [{"stage": "encode", "seconds": seconds}]
        run = Run.objects.create(shop=shop, state="published", trigger="manual", preset=preset, stages=stages)
        Run.objects.filter(pk=run.pk).update(counts={"interactions": interactions})
        cost = {"seconds": seconds, "peak_memory_mib": memory_mib} if memory_mib else {}
        Artifact.objects.create(shop=shop, run=run, version=run.pk, path="x", lineage={"cost": cost})

    return tell


def test_a_shop_that_never_trained_gets_a_rough_guess_and_no_memory(busy_shop):
    assert [(f.preset, f.seconds, f.memory_mib, f.is_known) for f in forecasts(busy_shop)] == [
        (preset, 10.0, None, False) for preset in ("fast", "balanced", "best")
    ]


def test_twice_as_much_to_learn_from_takes_twice_as_long(busy_shop, told):
    told("balanced", 10, 300.0, 800)
    fast, balanced, best = forecasts(busy_shop)  # of 20 interactions
    assert (balanced.seconds, balanced.memory_mib, balanced.is_known) == (600.0, 1_200, True)
    assert (fast.seconds, fast.is_known) == (40.0, False)
    assert best.seconds == pytest.approx(1_240.0)


def test_the_latest_run_of_a_preset_tells(busy_shop, told):
    told("fast", 20, 100.0)
    told("fast", 20, 50.0)
    told("best", 20, 9_000.0)
    assert forecasts(busy_shop)[0].seconds == 50.0
