"""A shop with a Home placement, and an experiment on it."""

import pytest


@pytest.fixture
def home(shop):
    from dashboard.policies.models import Placement, Policy

    placement = Placement.objects.create(shop=shop, slug="front", name="Front page")
    Policy.objects.create(placement=placement, version=1, knobs={"exploration": 0.1}, is_published=True)
    return placement


@pytest.fixture
def running(home):
    """A running experiment A/B on Home, made by hand."""
    from dashboard.experiments.models import Experiment, Variant
    from dashboard.policies.models import Policy

    experiment = Experiment.objects.create(
        shop=home.shop, placement=home, name="More exploration", state="running", salt="salt"
    )
    treatment = Policy.objects.create(placement=home, version=2, knobs={"exploration": 0.25})
    control = home.policies.get(version=1)
    Variant.objects.create(experiment=experiment, key="A", name="exploration 0.10", policy=control)
    Variant.objects.create(experiment=experiment, key="B", name="exploration 0.25", policy=treatment)
    return experiment
