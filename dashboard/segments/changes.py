"""What became of segments between two artifacts, told from where their visitors went."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

LEAST_TOLD = 0.1  # of the visitors: smaller streams are left out of the telling

Kind = Literal["new", "was", "split", "merged", "gone"]


@dataclass(frozen=True)
class Other:
    """A segment that visitors came from or went to."""

    number: int
    name: str
    visitors: int


@dataclass(frozen=True)
class Change:
    """`kind`: a segment is new; it was another one, whose number has gone; it split from one that stays; several have
    merged in it; or it is gone. `visitors`: those in both artifacts, this is about them; `others`: whence, whither."""

    kind: Kind
    number: int
    name: str
    visitors: int
    others: list[Other]


def told(moves: Sequence[Sequence[int]], before: Mapping[int, str], now: Mapping[int, str]) -> list[Change]:
    """`moves`: (number before, number now, visitors); `before` and `now`: names by number."""
    new = [_new(number, moves, before, now) for number in sorted(set(now) - set(before))]
    explained = {other.number for change in new if change.kind in ("was", "merged") for other in change.others}
    gone = [_gone(number, moves, before, now) for number in sorted(set(before) - set(now) - explained)]
    return new + gone


def _new(number: int, moves: Sequence[Sequence[int]], before: Mapping[int, str], now: Mapping[int, str]) -> Change:
    sources = {source: visitors for source, target, visitors in moves if target == number}
    total = sum(sources.values())
    ended = {source: visitors for source, visitors in sources.items() if source not in now}
    others = _others(sources, before, total)
    kind: Kind = "new"
    if total and max(sources.values()) * 2 > total:
        largest = max(sources, key=lambda source: sources[source])
        kind = "split" if largest in now else "was"
    elif total and sum(ended.values()) * 2 >= total and len(ended) > 1:
        kind = "merged"
    if kind in ("was", "merged"):
        others = _others(ended, before, total)
    return Change(kind, number, now[number], total, others)


def _gone(number: int, moves: Sequence[Sequence[int]], before: Mapping[int, str], now: Mapping[int, str]) -> Change:
    targets = {target: visitors for source, target, visitors in moves if source == number}
    total = sum(targets.values())
    return Change("gone", number, before[number], total, _others(targets, now, total))


def _others(visitors_of: Mapping[int, int], names: Mapping[int, str], total: int) -> list[Other]:
    """Largest first."""
    told_of = [(n, v) for n, v in visitors_of.items() if v >= LEAST_TOLD * total and n in names]
    return [Other(n, names[n], v) for n, v in sorted(told_of, key=lambda pair: (-pair[1], pair[0]))]
