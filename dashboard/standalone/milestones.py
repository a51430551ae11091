"""Which steps of the first start are behind us."""

from dashboard.standalone.models import Milestone

SAMPLE_LOADED = "sample shop loaded"
SAMPLE_TRAINED = "sample shop trained"
SAMPLE_LIVED = "sample shop has a past"


def has_reached(name: str) -> bool:
    return Milestone.objects.filter(name=name).exists()


def reach(name: str) -> None:
    Milestone.objects.get_or_create(name=name)
