"""What the profile of a segment consists of (`profile.py`); a page, a comparison and the API say the same by it."""

import math
from dataclasses import dataclass
from datetime import date
from typing import Literal

from dashboard.catalog.models import Item
from dashboard.segments.estimates import Estimate
from dashboard.segments.selectors import PublishedSegment

Kind = Literal["category", "brand", "price"]
Leaning = Literal["explorers", "specialists", "usual"]


@dataclass(frozen=True)
class Worth:
    """What members bought for, in the shop's currency; of all members, whether they bought or not. `usual_each`: what
    any visitor of the shop did. `basket`: the average order; `days_between`: the median of those who came back. None:
    nothing is known of it, or too few did it."""

    members: int
    orders: int
    spent: float
    revenue_share: float | None
    spent_each: Estimate
    usual_each: float
    bought: Estimate
    usual_bought: float
    basket: float | None
    usual_basket: float | None
    returned_share: float | None
    usual_returned: float | None
    days_between: float | None

    @property
    def times(self) -> float | None:
        """What a member spends against any visitor."""
        return self.spent_each.value / self.usual_each if self.usual_each else None


@dataclass(frozen=True)
class Month:
    """Of members in a month by the shop's clock: who did something, and what they bought for; None where too few did.
    Shares are of the shop's."""

    first_day: date
    visitors: int | None
    visitor_share: float | None
    spent: float | None
    spent_share: float | None


@dataclass(frozen=True)
class Label:
    """A category, a brand or a band of prices: its share of what a member chooses, every one counting the same, and of
    what any visitor does; `times`: the one over the other. `low`, `high`: of a band of prices."""

    label: str
    visitors: int
    share: Estimate
    usual: float
    times: Estimate
    low: float | None = None
    high: float | None = None

    @property
    def score(self) -> float:
        """How much it sets the segment apart, as the artifact's names have it."""
        return self.share.value * math.log(self.times.value)


@dataclass(frozen=True)
class Moment:
    """A weekday (1: Monday) or an hour: its share of what members do, None where too few do, and of all visitors."""

    place: int
    share: float | None
    usual: float


@dataclass(frozen=True)
class Breadth:
    """Of BROADLY items of a member so many are of different categories; `bins`: (from, share of members, of visitors),
    of those of whom enough is known."""

    visitors: int
    kinds: Estimate
    usual: float
    bins: list[tuple[float, float | None, float]]

    @property
    def leaning(self) -> Leaning:
        if not self.kinds.differs_from(self.usual):
            return "usual"
        return "explorers" if self.kinds.value > self.usual else "specialists"


@dataclass(frozen=True)
class ChosenItem:
    """An item that members chose in the last weeks; `share` of those who did anything, `times` as many as of all
    visitors. `item` None: the catalog no longer has it."""

    item_id: str
    item: Item | None
    visitors: int
    share: float
    times: float | None


@dataclass(frozen=True)
class RisingItem:
    """An item that more members choose than in the weeks before; `ratio`: of the two shares, drawn together by how much
    chance alone drives items apart."""

    item_id: str
    item: Item | None
    visitors: int
    ratio: Estimate


@dataclass(frozen=True)
class Shared:
    """Another segment: visitors who belong to both, as a share of those who belong to this one (None: too few), and how
    much of a member's probability lies there."""

    segment: PublishedSegment
    visitors: int | None
    share: float | None
    leaning: float


@dataclass(frozen=True)
class Certainty:
    """How surely members belong: the mean probability, the shares above 80 % and below half; None where too few."""

    mean: float
    clearly: float | None
    hardly: float | None


@dataclass(frozen=True)
class ShownItem:
    """An item that members were shown: in so many of a placement's slates."""

    item_id: str
    item: Item | None
    share: float


@dataclass(frozen=True)
class Placed:
    """How slates do at a placement: clicks on 1,000 of them, of members and of all visitors."""

    placement: str
    visitors: int
    slates: int
    clicks: int
    rate: Estimate
    usual: float | None
    items: list[ShownItem]
