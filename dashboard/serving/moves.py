"""Why each item of a preview stands where it does: what its slate would have been without one of the changes."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from django.utils.translation import gettext as _

from dashboard.core.knob_words import KNOB_WORDS
from dashboard.policies.selectors import ServedPolicy
from dashboard.serving.composing import prepare
from dashboard.serving.request_context import RequestContext
from recommender.slate import KNOB_NAMES, Knobs

OPTIONS_OF = {
    "exploration": ("explore_max_age_days", "explore_floor"),
    "fairness": ("fairness_attribute", "fairness_target"),
}  # {knob: what else says how it acts}
MOST_NAMED = 2  # causes of one item: a line holds no more


@dataclass(frozen=True)
class Without:
    """The slate of the proposed policy without one thing. `cause`: what that is; positions by item."""

    cause: str
    positions: Mapping[str, int]


@dataclass(frozen=True)
class Moves:
    """`changes`: the proposal without each of its changes; where it changes nothing, without each knob that is on."""

    changes: Sequence[Without]
    is_changed: bool

    def why(self, item_id: str, position: int | None) -> str:
        """Of an item that stands at a position of the proposed slate, or has left it; empty where none of the changes
        matters to it."""
        moved = [entry for entry in self.changes if entry.positions.get(item_id) != position]
        if not moved:
            return _("Only the changes together do this.") if self.is_changed and len(self.changes) > 1 else ""
        return " ".join(self._sentence(entry, item_id, position) for entry in moved[:MOST_NAMED])

    def _sentence(self, entry: Without, item_id: str, position: int | None) -> str:
        words = {"cause": entry.cause, "position": entry.positions.get(item_id)}
        if position is None:
            return _("%(cause)s takes it out from %(position)s.") % words
        if words["position"] is None:
            return _("%(cause)s brings it here.") % words
        if words["position"] > position:  # type: ignore[operator]
            return _("%(cause)s lifts it from %(position)s.") % words
        return _("%(cause)s lowers it from %(position)s.") % words


def moves_of(context: RequestContext, now: ServedPolicy, then: ServedPolicy, n: int, draw: int) -> Moves:
    """All slates are drawn with the same seed, so that what differs is the change's doing. A few milliseconds each."""
    changes = list(_without_changes(now, then))
    asked = changes or list(_without_knobs(then))
    return Moves([Without(cause, _positions(context, policy, n, draw)) for cause, policy in asked], bool(changes))


def _without_changes(now: ServedPolicy, then: ServedPolicy) -> Iterator[tuple[str, ServedPolicy]]:
    for name in KNOB_NAMES:
        own = (name, *OPTIONS_OF.get(name, ()))
        earlier = {field: getattr(now.knobs, field) for field in own}
        if any(getattr(then.knobs, field) != value for field, value in earlier.items()):
            yield KNOB_WORDS[name].label, replace(then, knobs=replace(then.knobs, **earlier))
    if now.rules != then.rules:
        yield _("A rule"), replace(then, rules=now.rules)


def _without_knobs(then: ServedPolicy) -> Iterator[tuple[str, ServedPolicy]]:
    off = Knobs()
    for name in KNOB_NAMES:
        if getattr(then.knobs, name) != getattr(off, name):
            yield KNOB_WORDS[name].label, replace(then, knobs=replace(then.knobs, **{name: getattr(off, name)}))


def _positions(context: RequestContext, policy: ServedPolicy, n: int, draw: int) -> dict[str, int]:
    prepared = prepare(context, policy, n)
    chosen = prepared.draw(n, draw).indices.tolist()
    return {prepared.candidates.item_ids[index]: position for position, index in enumerate(chosen, start=1)}
