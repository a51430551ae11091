"""What serving is asked and what it answers."""

from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any, NamedTuple
from uuid import UUID

from django.utils.translation import gettext as _

from dashboard.accounts.models import Shop
from dashboard.catalog.filters import NO_FILTERS, ItemFilters
from dashboard.core import errors
from dashboard.policies.selectors import ServedPolicy
from dashboard.policies.services import placements

MAX_SLATE_SIZE = placements.MAX_SLATE_SIZE
MAX_CONTEXT_ITEMS = 50
MAX_CART_ITEMS = 200
MAX_EXCLUDED_ITEMS = 1_000
MAX_PLACEMENTS = 10
_LIMITS = {"context_items": MAX_CONTEXT_ITEMS, "cart_items": MAX_CART_ITEMS, "exclude_items": MAX_EXCLUDED_ITEMS}


@dataclass(frozen=True)
class SlateRequest:
    """One request for a slate. Without visitor and session it is anonymous: context and popularity decide.

    `n` None takes the placement's own size; `now` and `seed` make an answer repeatable. Raises `Invalid` by field.
    """

    shop: Shop
    placement: str
    visitor_id: str = ""
    session_id: str = ""
    context_items: tuple[str, ...] = ()
    cart_items: tuple[str, ...] = ()
    n: int | None = None
    filters: ItemFilters = NO_FILTERS
    exclude_items: tuple[str, ...] = ()
    explain: bool = False
    now: datetime | None = None
    seed: int | None = None
    simulated: bool = False

    def __post_init__(self) -> None:
        if self.n is not None and not 1 <= self.n <= MAX_SLATE_SIZE:
            raise _invalid("n", _("Ask for 1 to %(most)s items.") % {"most": MAX_SLATE_SIZE})
        for name, most in _LIMITS.items():
            if len(getattr(self, name)) > most:
                raise _invalid(name, _("At most %(most)s items.") % {"most": most})


class SlateItem(NamedTuple):
    """An item in its position, with the probability of it standing there given those before it.

    `score` is the relevance in 0..1; `source` is who proposed it (a model or a fallback); `reason`
    is a code of serving.reasons, `because_of` the item of the visitor's history that it rests on. `left`: how often the
    visitor was shown it lately and did not open it, where fatigue was asked for. `team`: which of two policies that
    make the slate together chose it.
    """

    item_id: str
    position: int
    score: float
    source: str
    reason: str
    propensity: float
    explore: bool
    title: str = ""
    because_of: str = ""
    explanation: str = ""
    left: int = 0
    team: str = ""

    def as_logged(self) -> dict[str, Any]:
        """What the API answers and the exposure keeps: the same."""
        logged = dict(zip(_LOGGED, self, strict=False))
        if self.team:
            logged["team"] = self.team
        return logged


_LOGGED = ("item_id", "position", "score", "source", "reason", "propensity", "explore")  # the first fields


@dataclass(frozen=True)
class Slate:
    """The answer, with all that the exposure logs. `fallback` is empty where the model answered.

    `withheld`: why it is empty, where it must be. `candidates`: how many items it was drawn from. `record`:
    `recommender.slate.record.SlateRecord`, encoded.
    """

    recommendation_id: UUID
    placement: str
    policy: ServedPolicy = field(repr=False)
    artifact_id: int | None
    experiment_id: int | None
    variant: str
    fallback: str
    items: tuple[SlateItem, ...]
    temperature: float
    seed: int
    candidates: int
    record: bytes | None = field(repr=False)
    audience_id: int | None = None
    withheld: str = ""

    @property
    def policy_version(self) -> int:
        return self.policy.version

    @cached_property
    def logged_items(self) -> list[dict[str, Any]]:
        return [item.as_logged() for item in self.items]

    def as_answer(self, *, explain: bool) -> dict[str, Any]:
        """What the API writes, and the command with --json."""
        return {
            "recommendation_id": str(self.recommendation_id),
            "placement": self.placement,
            "policy_version": self.policy_version,
            "artifact": self.artifact_id,
            "experiment": self.experiment_id,
            "variant": self.variant or None,
            "fallback": self.fallback or None,
            "withheld": self.withheld or None,
            "items": self._explained_items if explain else self.logged_items,
        }

    @property
    def _explained_items(self) -> list[dict[str, Any]]:
        rows = zip(self.logged_items, self.items, strict=True)
        return [{**logged, "explanation": item.explanation} for logged, item in rows]


def _invalid(name: str, message: str) -> errors.Invalid:
    return errors.Invalid(message, fields={name: message})
