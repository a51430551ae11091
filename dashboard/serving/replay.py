"""Whether the log tells the truth: logged slates, drawn again from it alone."""

from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, field
from typing import Any

from dashboard.catalog.selectors import numbers_of_items
from dashboard.events.selectors.exposures import LoggedSlate, Terms, logged_terms
from recommender.errors import InputError
from recommender.slate import Slate
from recommender.slate.logged import draw_again
from recommender.slate.record import RecordError, SlateRecord

SAME_PROPENSITY = 1e-12  # what two machines may make of one exponential
_CHUNK = 500  # slates whose items are looked up in the catalog together


@dataclass(frozen=True)
class Difference:
    """The first place at which a slate came out otherwise; `what`: item, length, explored, propensity, or why."""

    recommendation_id: str
    position: int
    what: str


@dataclass
class Replay:
    """What came of it. `slates` were drawn again; `untold`: {why: how many could not be, for want of what they keep}.

    `with_deleted_items`: slates that show an item which has left the catalog since.
    """

    slates: int = 0
    equal: int = 0
    with_deleted_items: int = 0
    different: list[Difference] = field(default_factory=list)
    untold: dict[str, int] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def replay(
    shop_id: int, slates: Iterable[LoggedSlate], *, progress: Callable[[int], None] = lambda rows: None
) -> Replay:
    """Draw each slate again from what was logged with it, whatever became of model, catalog and policy since."""
    found, terms_of = Replay(), logged_terms(shop_id)
    waiting: list[SlateRecord] = []
    for number, slate in enumerate(slates, start=1):
        record = _readable(slate, terms_of, found.untold)
        if record is not None:
            found.slates += 1
            difference = _difference(slate, record, terms_of[slate.policy_hash])
            found.equal += difference is None
            found.different += [difference] if difference else []
            waiting.append(record)
        if len(waiting) == _CHUNK:
            found.with_deleted_items += _with_deleted_items(shop_id, waiting)
            waiting.clear()
        progress(number)
    found.with_deleted_items += _with_deleted_items(shop_id, waiting)
    return found


def _readable(slate: LoggedSlate, terms_of: dict[str, Terms], untold: dict[str, int]) -> SlateRecord | None:
    """The record of a slate; where there is none that can be drawn from, why is counted."""
    why = _unrecorded(slate) if slate.record is None else "unknown policy" if slate.policy_hash not in terms_of else ""
    try:
        if not why:
            return SlateRecord.decode(slate.record or b"")
    except RecordError as problem:
        why = "other schema" if "schema" in str(problem) else "damaged record"
    untold[why] = untold.get(why, 0) + 1
    return None


def _unrecorded(slate: LoggedSlate) -> str:
    """Two policies that make a slate together leave nothing that one could be judged by."""
    return "interleaved" if any("team" in item for item in slate.items) else "older schema"


def _difference(logged: LoggedSlate, record: SlateRecord, terms: Terms) -> Difference | None:
    try:
        drawn = draw_again(record, terms.knobs, terms.rules, logged.seed)
    except InputError as problem:
        return Difference(str(logged.recommendation_id), 1, str(problem))
    position, what = _first_difference(logged.items, record, drawn)
    return Difference(str(logged.recommendation_id), position, what) if what else None


def _first_difference(items: list[dict[str, Any]], record: SlateRecord, drawn: Slate) -> tuple[int, str]:
    shown, again = record.shown_K.tolist(), drawn.indices.tolist()
    for position, (item, was, now) in enumerate(zip(items, shown, again, strict=False), start=1):
        if was != now or item["position"] != position:
            return position, "item"
        if item["explore"] != bool(drawn.explored[position - 1]):
            return position, "explored"
        if abs(item["propensity"] - drawn.propensities[position - 1]) > SAME_PROPENSITY:
            return position, "propensity"
    same_length = len(items) == len(shown) == len(again)
    return (0, "") if same_length else (min(len(items), len(shown), len(again)) + 1, "length")


def _with_deleted_items(shop_id: int, records: list[SlateRecord]) -> int:
    shown = [set(record.codes_C[record.shown_K].tolist()) for record in records]
    there = numbers_of_items(shop_id, set().union(*shown))
    return sum(not numbers <= there for numbers in shown)
