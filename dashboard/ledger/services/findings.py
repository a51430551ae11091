"""What became of the items that were tried: the day on which one graduated, or went back.

An item graduates that was tried (most of its slots within WINDOW_DAYS were, and at least SHOWN_MIN), and then stands
without exploration: in the last GRADUATION_DAYS most of its slots were not tried, at least SHOWN_MIN, and those are not
clearly clicked less than usual ones. It went back where its tried slots are. Each is told once of an item.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from django.db import transaction

from dashboard.accounts.models import Shop
from dashboard.ledger.judging import SHOWN_MIN, Shown, verdict
from dashboard.ledger.models import ClosedDay, Finding, ItemDay
from dashboard.ledger.services.turns import one_at_a_time

WINDOW_DAYS = 28
GRADUATION_DAYS = 7

Days = Mapping[date, Shown]
_FIELDS = ("shown", "clicks", "tried", "tried_clicks")


@transaction.atomic
def judge_items(*, shop: Shop, since: date) -> None:
    """Tell anew what became clear on a day from `since` on."""
    one_at_a_time(shop)
    Finding.objects.filter(shop=shop, day__gte=since).delete()
    last = ClosedDay.objects.filter(shop=shop).order_by("-day").values_list("day", flat=True).first()
    if last is None:
        return
    for simulated in (False, True):
        told = set(Finding.objects.filter(shop=shop, simulated=simulated).values_list("item_id", "kind"))
        log = _Log(shop, simulated, since - timedelta(days=WINDOW_DAYS - 1))
        days = [since + timedelta(days=step) for step in range((last - since).days + 1)]
        Finding.objects.bulk_create(
            Finding(shop=shop, simulated=simulated, **vars(found)) for found in log.findings(days, told)
        )


@dataclass(frozen=True)
class _Found:
    """Fields of `Finding`."""

    item_id: str
    kind: str
    day: date
    shown: int
    clicks: int
    expected: float


class _Log:
    """What items were given, day by day, from `first` on."""

    def __init__(self, shop: Shop, simulated: bool, first: date) -> None:
        self._placements: dict[str, dict[date, Shown]] = defaultdict(lambda: defaultdict(Shown))
        self._items: dict[str, dict[str, dict[date, Shown]]] = defaultdict(lambda: defaultdict(dict))
        rows = ItemDay.objects.filter(shop=shop, simulated=simulated, day__gte=first)
        for item_id, placement, day, *counts in rows.values_list("item_id", "placement", "day", *_FIELDS).iterator():
            shown = Shown(*counts)
            self._items[item_id][placement][day] = shown
            self._placements[placement][day] += shown
        self._rates: dict[tuple[str, date], float] = {}

    def findings(self, days: Sequence[date], told: set[tuple[str, str]]) -> Iterator[_Found]:
        """The first of each item and kind that is not `told`."""
        for item_id, placements in self._items.items():
            if not any(shown.tried for own in placements.values() for shown in own.values()):
                continue
            for day in days:
                for found in self._on(item_id, placements, day):
                    if (item_id, found.kind) not in told:
                        told.add((item_id, found.kind))
                        yield found

    def _on(self, item_id: str, placements: Mapping[str, Days], day: date) -> Iterator[_Found]:
        together = self._summed(placements, day, WINDOW_DAYS)
        if together.tried < SHOWN_MIN:
            return
        lately = self._summed(placements, day, GRADUATION_DAYS)
        if lately.untried >= SHOWN_MIN and not lately.is_owed_to_exploration:
            usual = self._expected(placements, day, GRADUATION_DAYS, "untried")
            is_worse = verdict(lately.untried_clicks, lately.untried, usual / lately.untried) == "back"
            if not is_worse and self._was_tried_before(placements, day):
                yield _Found(item_id, Finding.Kind.GRADUATED, day, lately.untried, lately.untried_clicks, usual)
        elif together.is_owed_to_exploration:
            usual = self._expected(placements, day, WINDOW_DAYS, "tried")
            if verdict(together.tried_clicks, together.tried, usual / together.tried) == "back":
                yield _Found(item_id, Finding.Kind.REJECTED, day, together.tried, together.tried_clicks, usual)

    def _was_tried_before(self, placements: Mapping[str, Days], day: date) -> bool:
        """Whether up to a day of the window it owed its slots to exploration."""
        so_far = Shown()
        for at in _window(day, WINDOW_DAYS):
            so_far += sum((own.get(at, Shown()) for own in placements.values()), Shown())
            if so_far.tried >= SHOWN_MIN and so_far.is_owed_to_exploration:
                return True
        return False

    @staticmethod
    def _summed(placements: Mapping[str, Days], day: date, length: int) -> Shown:
        return sum((own.get(at, Shown()) for own in placements.values() for at in _window(day, length)), Shown())

    def _expected(self, placements: Mapping[str, Days], day: date, length: int, slots: str) -> float:
        """Clicks that as many usual slots of the same placements got within WINDOW_DAYS."""
        return sum(
            getattr(own.get(at, Shown()), slots) * self._rate(placement, day)
            for placement, own in placements.items()
            for at in _window(day, length)
        )

    def _rate(self, placement: str, day: date) -> float:
        key = placement, day
        if key not in self._rates:
            own = self._placements[placement]
            self._rates[key] = sum((own.get(at, Shown()) for at in _window(day, WINDOW_DAYS)), Shown()).rate
        return self._rates[key]


def _window(day: date, length: int) -> list[date]:
    """The last `length` days up to this one, oldest first."""
    return [day - timedelta(days=back) for back in reversed(range(length))]
