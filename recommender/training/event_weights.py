"""How strongly each type of event speaks for an interest: a decision of the shop, with defaults that suit most."""

from dataclasses import asdict, dataclass

from recommender.data.events import EVENT_WEIGHTS
from recommender.models.options import require

LARGEST_WEIGHT = 10.0  # more would let one event drown a history


@dataclass(frozen=True)
class EventsConfig:
    """A weight a type, from 0 (events of the type teach nothing) to 10; refunds and removals take back whole events."""

    view_item: float = EVENT_WEIGHTS["view_item"]
    add_to_wishlist: float = EVENT_WEIGHTS["add_to_wishlist"]
    add_to_cart: float = EVENT_WEIGHTS["add_to_cart"]
    purchase: float = EVENT_WEIGHTS["purchase"]

    def __post_init__(self) -> None:
        for name, weight in self.weights.items():
            require(0 <= weight <= LARGEST_WEIGHT, f"EventsConfig.{name} must be from 0 to {LARGEST_WEIGHT:g}")
        require(any(self.weights.values()), "EventsConfig: one type at least must have a weight above 0")

    @property
    def weights(self) -> dict[str, float]:
        return asdict(self)
