"""A visit in turns: what the shopper does until the next slate is needed, or until the visit ends."""

from dataclasses import dataclass, field
from typing import Any

from dashboard.standalone.traffic.shopper import Act, Ask, Shopper, Shown, Visit, visit
from dashboard.standalone.traffic.tastes import Wares


@dataclass
class Turns:
    """Drives one visit: events since the last slate, and the next wish for one (None: the visit is over)."""

    shopper: Shopper
    walk: Visit
    session_id: str
    shown: Shown | None = None
    started: bool = False
    later: list[Act] = field(default_factory=list)  # what this visit leads to in days to come

    @classmethod
    def of(cls, shopper: Shopper, wares: Wares, currency: str) -> "Turns":
        shopper.visits += 1
        session_id = f"{shopper.visitor_id}-{shopper.visits}"
        return cls(shopper, visit(shopper, wares, currency, session_id), session_id)

    def step(self) -> tuple[list[dict[str, Any]], Ask | None]:
        """Set `shown` to what the last wish was answered with before the next step."""
        events: list[dict[str, Any]] = []
        try:
            step = self.walk.send(self.shown) if self.started else next(self.walk)
            self.started = True
            while not isinstance(step, Ask):
                if step.after_days:
                    self.later.append(step)
                else:
                    events.append(step.event)
                step = next(self.walk)
        except StopIteration:
            return events, None
        return events, step
