"""Whether a shop has enough to learn from: asked before a run is queued, and told as what is needed."""

from dataclasses import dataclass

from django.utils.translation import gettext as _

from dashboard.accounts.models import Shop
from dashboard.core import errors, formats
from dashboard.training import selectors
from dashboard.training.learnt_rows import counted

# Below this nothing can be fitted at all; a person may train from here on, to see how it goes.
LEAST_INTERACTIONS, LEAST_VISITORS = 10, 2
# From here on a model begins to tell more than what sells best; by itself no shop's first training starts before.
USEFUL_INTERACTIONS, USEFUL_VISITORS = 1_000, 50


@dataclass(frozen=True)
class Sufficiency:
    """What a run would learn from now, counted up to what is useful: more need not be read to know it is enough."""

    interactions: int
    visitors: int

    @property
    def is_enough(self) -> bool:
        return self.interactions >= LEAST_INTERACTIONS and self.visitors >= LEAST_VISITORS

    @property
    def is_useful(self) -> bool:
        return self.interactions >= USEFUL_INTERACTIONS and self.visitors >= USEFUL_VISITORS

    @property
    def of_least(self) -> str:
        """What is still needed to train at all, as in "4 of 10 interactions"."""
        return self._lacking(LEAST_INTERACTIONS, LEAST_VISITORS)

    @property
    def of_useful(self) -> str:
        """What is still needed for a useful model, as in "640 of 1,000 interactions + 31 of 50 visitors"."""
        return self._lacking(USEFUL_INTERACTIONS, USEFUL_VISITORS)

    def _lacking(self, interactions: int, visitors: int) -> str:
        parts = []
        if self.interactions < interactions:
            of = {"there": formats.number(self.interactions), "needed": formats.number(interactions)}
            parts.append(_("%(there)s of %(needed)s interactions") % of)
        if self.visitors < visitors:
            of = {"there": formats.number(self.visitors), "needed": formats.number(visitors)}
            parts.append(_("%(there)s of %(needed)s visitors") % of)
        return " + ".join(parts)


def sufficiency(shop: Shop) -> Sufficiency:
    """Of the shop as it is now, by what its plan counts."""
    rows = counted(shop, selectors.retrain_plan(shop).counts_simulated).order_by()
    visitors = rows.values("visitor_id").distinct()[:USEFUL_VISITORS]
    return Sufficiency(rows[:USEFUL_INTERACTIONS].count(), visitors.count())


def require_enough(shop: Shop) -> None:
    """Raises `Invalid` that says what is needed."""
    found = sufficiency(shop)
    if not found.is_enough:
        message = _("There is too little to learn from yet: %(lacking)s needed. Send events or import a history first.")
        raise errors.Invalid(message % {"lacking": found.of_least})
