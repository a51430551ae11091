"""Why a run ended as it did, in words a merchant understands, in any language.

A reason is stored as a code with facts, and as an English sentence for the API and the command line.
"""

from dataclasses import dataclass, field
from typing import Any

from django.utils import translation
from django.utils.translation import gettext_lazy

SENTENCES = {
    "worse_than_popularity": gettext_lazy(
        "It ranks what visitors want next no better (%(found)s of 100) than bestsellers do (%(popularity)s of 100), "
        "so your shop is better off without it."
    ),
    "worse_than_active": gettext_lazy(
        "It ranks what visitors want next less well (%(found)s of 100) than %(version)s did (%(active)s of 100); "
        "up to %(tolerance)s less would have counted as a tie."
    ),
    "not_evaluated": gettext_lazy("It holds no evaluation, so nobody knows how good it is."),
    "too_little_data": gettext_lazy(
        "There is too little to learn from: %(interactions)s interactions of %(visitors)s visitors. "
        "Send events or import a history, then retrain."
    ),
    "bad_data": gettext_lazy("The data could not be used: %(message)s"),
    "trainer_failed": gettext_lazy("Training stopped: %(message)s"),
    "trainer_killed": gettext_lazy(
        "Training was killed %(attempts)s times, most likely for lack of memory. "
        "Try a faster preset or a larger machine."
    ),
    "worker_lost": gettext_lazy("The worker was lost %(attempts)s times. Look at its log, then retrain."),
    "store_failed": gettext_lazy("The result could not be kept: %(message)s"),
    "internal": gettext_lazy("Forage made a mistake; the worker\u2019s log has the details (%(message)s)."),
    "cancelled": gettext_lazy("It was cancelled; the model that serves was not touched."),
}


@dataclass(frozen=True)
class Reason:
    """Why, as a code of SENTENCES and its facts (numbers are formatted already)."""

    code: str
    facts: dict[str, Any] = field(default_factory=dict)

    def columns(self) -> dict[str, Any]:
        """The columns of `Run` that keep it."""
        with translation.override("en-gb"):
            return {"reason": sentence(self.code, self.facts), "reason_code": self.code, "reason_facts": self.facts}


def sentence(code: str, facts: dict[str, Any]) -> str:
    """The reason in the language of the moment; empty for none."""
    if not code:
        return ""
    return str(SENTENCES[code]) % facts
