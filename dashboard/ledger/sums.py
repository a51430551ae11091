"""Days of the ledger, added up. What exploring cost is added with its variance: days are taken to be independent,
though a visitor may come on two of them."""

import math
from dataclasses import dataclass, fields
from typing import Self

from dashboard.events.selectors import ratio
from dashboard.ledger.judging import Z
from dashboard.ledger.models import LedgerDay

EFFECTIVE_MIN = 100.0  # slates that the estimate rests on; below, its interval is no more to be trusted than itself


@dataclass(frozen=True)
class Amount:
    """Clicks or money, with the variance of the estimate."""

    value: float = 0.0
    variance: float = 0.0

    def __add__(self, other: "Amount") -> "Amount":
        return Amount(self.value + other.value, self.variance + other.variance)

    def __sub__(self, other: "Amount") -> "Amount":
        return Amount(self.value - other.value, self.variance + other.variance)

    @property
    def low(self) -> float:
        return self.value - Z * math.sqrt(self.variance)

    @property
    def high(self) -> float:
        return self.value + Z * math.sqrt(self.variance)

    @property
    def is_clear(self) -> bool:
        """Whether its interval lies wholly on one side of nothing."""
        return self.low > 0 or self.high < 0


NOTHING = Amount()


@dataclass(frozen=True)
class LedgerSum:
    """Some days of some placements. Costs are of the days that tell one, with `costed` of the `tried` slots."""

    slates: int = 0
    visitors: int = 0
    slots: int = 0
    clicks: int = 0
    tried: int = 0
    tried_clicks: int = 0
    untold: int = 0
    interests: int = 0
    costed: int = 0
    effective: float = 0.0
    cost_clicks: Amount = NOTHING
    cost_money: Amount = NOTHING

    @classmethod
    def of(cls, row: LedgerDay) -> Self:
        counts = {name: getattr(row, name) for name in _COUNTS}
        if row.cost_clicks is None or row.cost_money is None:
            return cls(**counts)
        return cls(
            **counts,
            costed=row.tried,
            effective=row.effective,
            cost_clicks=Amount(row.cost_clicks, row.cost_clicks_variance or 0.0),
            cost_money=Amount(row.cost_money, row.cost_money_variance or 0.0),
        )

    def __add__(self, other: "LedgerSum") -> "LedgerSum":
        return LedgerSum(**{part.name: getattr(self, part.name) + getattr(other, part.name) for part in fields(self)})

    @property
    def tried_share(self) -> float | None:
        """Share of the slots that were given to finding out."""
        return ratio(self.tried, self.slots)

    @property
    def tells_cost(self) -> bool:
        return self.effective >= EFFECTIVE_MIN

    @property
    def cost_share(self) -> float | None:
        """What exploring cost, as a share of the clicks that there would have been without it."""
        without = self.clicks + self.cost_clicks.value
        return self.cost_clicks.value / without if self.tells_cost and without > 0 else None

    @property
    def interests_per_thousand(self) -> float | None:
        """Interests found by 1,000 visitors; one counts once a day and placement."""
        found = ratio(self.interests, self.visitors)
        return None if found is None else found * 1000


_COUNTS = ("slates", "visitors", "slots", "clicks", "tried", "tried_clicks", "untold", "interests")
