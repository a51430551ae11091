"""Reads: what a segment's members did, of the sums that a worker made (`figures.py`); of fewer visitors than the shop's
privacy lets be told nothing is."""

from collections.abc import Mapping
from datetime import date, datetime
from functools import cached_property
from typing import Any

from dashboard.accounts.models import Shop
from dashboard.catalog.models import Item
from dashboard.catalog.selectors import items_by_ids
from dashboard.events.selectors import privacy_of
from dashboard.segments import figures_sql as sql
from dashboard.segments.estimates import Estimate, mean_of, rate_of, share_of, times_of
from dashboard.segments.models import SegmentFigures
from dashboard.segments.profile_parts import (
    Breadth,
    Certainty,
    ChosenItem,
    Kind,
    Label,
    Moment,
    Month,
    Placed,
    RisingItem,
    Shared,
    ShownItem,
    Worth,
)
from dashboard.segments.selectors import PublishedSegment, active_segments, shown_artifact_id

ITEMS_TOLD = 6
SHOWN_TOLD = 3  # items of a placement
OTHERS_TOLD = 6


def profile_of(shop: Shop, segment: PublishedSegment) -> "Profile | None":
    """None until a worker has summed."""
    return profiles(shop, [segment]).get(segment.number)


def profiles(shop: Shop, segments: list[PublishedSegment]) -> "dict[int, Profile]":
    """{number: profile} of segments that may be told of."""
    artifact_id = shown_artifact_id(shop) or 0
    numbers = [sql.SHOPS, *(segment.number for segment in segments)]
    rows = SegmentFigures.objects.filter(shop=shop, artifact_id=artifact_id, number__in=numbers)
    found = {row.number: row for row in rows}
    if sql.SHOPS not in found:
        return {}
    smallest = max(privacy_of(shop.pk).smallest_group, 1)
    everyone = found[sql.SHOPS].figures
    return {
        segment.number: Profile(shop, segment, row.summed_at, row.figures, everyone, smallest)
        for segment in segments
        if (row := found.get(segment.number)) is not None and row.figures["members"][0] >= smallest
    }


class Profile:
    """What is told of a segment. Each part is made when it is asked for."""

    def __init__(
        self,
        shop: Shop,
        segment: PublishedSegment,
        summed_at: datetime,
        figures: Mapping[str, Any],
        everyone: Mapping[str, Any],
        smallest: int,
    ) -> None:
        self.shop, self.segment, self.summed_at, self.smallest = shop, segment, summed_at, smallest
        self._own, self._all = figures, everyone

    @property
    def members(self) -> int:
        return int(self._own["members"][0])

    @cached_property
    def worth(self) -> Worth | None:
        """None where nobody bought anything, or too few did."""
        buyers, orders, lines, returned, spent, squares, came_back, days = self._own.get("worth") or [0] * 8
        if not self._may_tell(buyers):
            return None
        all_buyers, all_orders, all_lines, all_returned, all_spent, *_more = self._all["worth"]
        visitors = self._all["visitors"]
        return Worth(
            members=self.members,
            orders=orders,
            spent=spent,
            revenue_share=spent / all_spent if all_spent else None,
            spent_each=mean_of(self.members, spent, squares),
            usual_each=all_spent / visitors,
            bought=share_of(min(buyers, self.members), self.members),
            usual_bought=all_buyers / visitors,
            basket=spent / orders if orders else None,
            usual_basket=all_spent / all_orders if all_orders else None,
            returned_share=returned / lines if lines else None,
            usual_returned=all_returned / all_lines if all_lines else None,
            days_between=days if self._may_tell(came_back) else None,
        )

    @cached_property
    def months(self) -> list[Month]:
        """Those of which the shop has anything, oldest first."""
        own = {row[0]: row[1:] for row in self._own.get("months", [])}
        return [self._month(row, own.get(row[0], [0, 0, 0, 0.0])) for row in self._all.get("months", [])]

    def _month(self, everyones: list[Any], own: list[Any]) -> Month:
        month, all_visitors, _all_buyers, _all_orders, all_spent = everyones
        visitors, buyers, _orders, spent = own
        is_told, is_worth_told = self._may_tell(visitors), self._may_tell(buyers)
        return Month(
            first_day=date(month // 12, month % 12 + 1, 1),
            visitors=visitors if is_told else None,
            visitor_share=visitors / all_visitors if is_told and all_visitors else None,
            spent=spent if is_worth_told else None,
            spent_share=spent / all_spent if is_worth_told and all_spent else None,
        )

    @cached_property
    def categories(self) -> list[Label]:
        """What sets the segment apart first."""
        return sorted(self._labels("category"), key=lambda label: (-label.score, label.label))

    @cached_property
    def brands(self) -> list[Label]:
        return sorted(self._labels("brand"), key=lambda label: (-label.score, label.label))

    @cached_property
    def prices(self) -> list[Label]:
        """From the lowest band to the highest: each is a fifth of what all visitors choose."""
        return sorted(self._labels("price"), key=lambda label: label.low or 0.0)

    def _labels(self, kind: Kind) -> list[Label]:
        place = ("category", "brand", "price").index(kind)
        known, all_known = self._own.get("known", [0] * 3)[place], self._all.get("known", [0] * 3)[place]
        usual_of = {row[0]: row[2] / all_known for row in self._all.get("mix", {}).get(kind, []) if all_known}
        found = []
        for label, visitors, total, squares in self._own.get("mix", {}).get(kind, []):
            share, usual = mean_of(known, total, squares), usual_of.get(label, 0.0)
            times = times_of(share, usual)
            if times is not None and self._may_tell(visitors):
                low, high = self._band(int(label)) if kind == "price" else (None, None)
                found.append(Label(label, visitors, share, usual, times, low, high))
        return found

    def _band(self, place: int) -> tuple[float | None, float | None]:
        edges = [None, *self._all["edges"], None]
        return edges[place], edges[place + 1]

    @cached_property
    def weekdays(self) -> list[Moment]:
        return self._moments("weekdays", range(1, 8))

    @cached_property
    def hours(self) -> list[Moment]:
        return self._moments("hours", range(24))

    def _moments(self, name: str, places: range) -> list[Moment]:
        own = {place: (visitors, times) for place, visitors, times in self._own.get(name, [])}
        usual = {place: times for place, _visitors, times in self._all.get(name, [])}
        total, everyones = sum(times for _v, times in own.values()), sum(usual.values())
        if not total:
            return []
        return [
            Moment(
                place,
                own.get(place, (0, 0))[1] / total if self._may_tell(own.get(place, (0, 0))[0]) else None,
                usual.get(place, 0) / everyones,
            )
            for place in places
        ]

    @cached_property
    def breadth(self) -> Breadth | None:
        """None where too few have chosen enough items of known categories."""
        own, everyones = ({row[0]: row[1:] for row in of.get("breadth", [])} for of in (self._own, self._all))
        visitors, all_visitors = (sum(row[0] for row in rows.values()) for rows in (own, everyones))
        if not self._may_tell(visitors):
            return None
        kinds = mean_of(visitors, sum(row[1] for row in own.values()), sum(row[2] for row in own.values()))
        step = (sql.BROADLY - 1) / sql.BREADTH_BINS
        bins = [
            (
                1 + place * step,
                count / visitors if self._may_tell(count := own.get(place, [0])[0]) or not count else None,
                everyones.get(place, [0])[0] / all_visitors,
            )
            for place in range(sql.BREADTH_BINS)
        ]
        return Breadth(visitors, kinds, sum(row[1] for row in everyones.values()) / all_visitors, bins)

    @cached_property
    def chosen(self) -> list[ChosenItem]:
        """Most chosen in the last weeks first."""
        active, all_active = self._own.get("active", [0])[0], self._all.get("active", [0])[0]
        everyones = {item_id: visitors / all_active for item_id, visitors in self._all.get("now", [])}
        rows = [row for row in self._own.get("now", []) if self._may_tell(row[1])][:ITEMS_TOLD]
        return [
            ChosenItem(
                item_id,
                self._items.get(item_id),
                visitors,
                share := visitors / active,
                share / everyones[item_id] if everyones.get(item_id) else None,
            )
            for item_id, visitors in rows
        ]

    @cached_property
    def rising(self) -> list[RisingItem]:
        """Those whose rate surely rose, the surest first."""
        rows = [row for row in self._own.get("rising", []) if self._may_tell(row[1])][:ITEMS_TOLD]
        return [
            RisingItem(item_id, self._items.get(item_id), visitors, Estimate(*ratio))
            for item_id, visitors, _before, *ratio in rows
        ]

    @cached_property
    def _items(self) -> dict[str, Item]:
        """Of all that may be shown, by one query."""
        ids = {row[0] for name in ("now", "rising") for row in self._own.get(name, [])}
        ids |= {row[0] for rows in self._own.get("shown", {}).values() for row in rows}
        return items_by_ids(self.shop.pk, ids)

    @cached_property
    def others(self) -> list[Shared]:
        """Other segments, by what members have in common with them."""
        belong, leaning = self._own.get("belong", {}), self._own.get("leaning", {})
        mine, found = belong.get(str(self.segment.number), 0), []
        for other in active_segments(self.shop):
            both, lean = belong.get(str(other.number), 0), leaning.get(str(other.number), 0.0) / self.members
            if other.number != self.segment.number and (self._may_tell(both) or lean > 0):
                told = both if self._may_tell(both) else None
                found.append(Shared(other, told, told / mine if told and mine else None, lean))
        return sorted(found, key=lambda other: (-(other.visitors or 0), -other.leaning))[:OTHERS_TOLD]

    @cached_property
    def certainty(self) -> Certainty:
        members, clearly, hardly, total = self._own["members"]
        shares = (None if count and not self._may_tell(count) else count / members for count in (clearly, hardly))
        return Certainty(total / members, *shares)

    @cached_property
    def placements(self) -> list[Placed]:
        """Where members were shown slates in the last weeks, most of them first."""
        found = []
        for placement, (visitors, *sums) in self._own.get("placements", {}).items():
            rate = rate_of(visitors, sums)
            if rate is not None and self._may_tell(visitors):
                all_slates, all_clicks = self._all["placements"][placement][1:3]
                usual = 1000 * all_clicks / all_slates if all_slates else None
                slates, clicks = int(sums[0]), int(sums[1])
                found.append(Placed(placement, visitors, slates, clicks, rate, usual, self._shown(placement)))
        return sorted(found, key=lambda row: (-row.slates, row.placement))

    def _shown(self, placement: str) -> list[ShownItem]:
        rows = self._own.get("shown", {}).get(placement, [])
        told = [row for row in rows if self._may_tell(row[1])][:SHOWN_TOLD]
        return [ShownItem(item_id, self._items.get(item_id), of / all_of) for item_id, _visitors, of, all_of in told]

    def _may_tell(self, visitors: int) -> bool:
        return visitors >= self.smallest
