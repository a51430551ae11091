"""What the register shows: a page of the experiments that have ended, and what all of them add up to."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.core.paginator import Paginator

from dashboard.accounts.models import Shop
from dashboard.experiments import selectors
from dashboard.experiments.models import Experiment
from dashboard.experiments.verdict_kinds import KINDS, Kind

EXPERIMENTS_A_PAGE = 50


@dataclass(frozen=True)
class RegisterRow:
    """An experiment that has ended; `verdict`: none where it had no visitor whose time was up."""

    entry: selectors.Entry
    differences: list[selectors.Difference]
    verdict: Kind | None

    @property
    def published(self) -> str:
        """The key of the variant that everyone sees since; empty where it was stopped."""
        experiment = self.entry.experiment
        return self.entry.summary.variant if experiment.state == Experiment.State.SHIPPED else ""


def register_page(shop: Shop, *, tag: str, number: str) -> dict[str, Any]:
    register = selectors.register_of(shop, tag=tag)
    page = Paginator(register.entries, EXPERIMENTS_A_PAGE).get_page(number)
    return {"register": register, "page": page, "rows": [_row(entry) for entry in page], "tag": tag.casefold()}


def _row(entry: selectors.Entry) -> RegisterRow:
    verdict = next((kind for state, kind in KINDS.items() if state == entry.experiment.verdict), None)
    return RegisterRow(entry, selectors.differences_of(entry.experiment), verdict)


def learning_form(experiment: Experiment, sent: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Note and tags as they are kept, or as they were sent."""
    kept = {"note": experiment.decision, "tags": ", ".join(experiment.tags)}
    return {"experiment": experiment, **{name: (kept if sent is None else sent).get(name, "") for name in kept}}
