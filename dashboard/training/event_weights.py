"""How much each type of event counts when a shop's models learn: a merchant's decision over the library's defaults."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.translation import gettext as _

from dashboard.core import errors
from dashboard.events.models import EventType
from dashboard.training.models import RetrainPlan
from recommender.data.events import EVENT_WEIGHTS

LARGEST = 10.0


@dataclass(frozen=True)
class TypeWeight:
    """One line of the form. `field` is its name there."""

    type: str
    label: str
    weight: float
    default: float

    @property
    def field(self) -> str:
        return f"weight_{self.type}"


def weights_of(plan: RetrainPlan) -> list[TypeWeight]:
    """Every type that can count, the least telling first."""
    return [
        TypeWeight(name, str(EventType(name).label), float(plan.event_weights.get(name, default)), default)
        for name, default in EVENT_WEIGHTS.items()
    ]


def chosen_weights(weights: Mapping[str, float]) -> dict[str, float]:
    """What differs from the defaults. Raises `Invalid` for a type that cannot count, or a weight out of 0..10."""
    for name, weight in weights.items():
        if name not in EVENT_WEIGHTS or not 0 <= weight <= LARGEST:
            raise errors.Invalid(_("Weights are numbers from 0 to 10."))
    if not any({**EVENT_WEIGHTS, **weights}.values()):
        raise errors.Invalid(_("One kind of behaviour at least must count: give it a weight above 0."))
    return {name: float(weight) for name, weight in weights.items() if weight != EVENT_WEIGHTS[name]}
