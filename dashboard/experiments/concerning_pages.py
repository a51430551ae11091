"""What the page of a segment tells of audiences, overrides and experiments that concern it."""

from dataclasses import dataclass
from typing import Any

from dashboard.accounts.models import Shop
from dashboard.experiments.selectors import ServedOverride, concerning_segment
from dashboard.policies.rule_words import rule_sentence
from dashboard.policies.wording import override_knobs
from recommender.slate import Knobs, Rule


@dataclass(frozen=True)
class OverrideLine:
    """An override, and what it changes in words."""

    served: ServedOverride
    words: str


def concerning_page(shop: Shop, number: int) -> dict[str, Any]:
    found = concerning_segment(shop, number)
    return {
        "number": number,
        "found": found,
        "overrides": [OverrideLine(served, _words(served)) for served in found.overrides],
    }


def _words(served: ServedOverride) -> str:
    knobs = override_knobs(Knobs.from_dict(served.policy.knobs), served.stored)
    rules = [rule_sentence(Rule.from_dict(rule)) for rule in served.stored["rules"]]
    return ", ".join([*(f"{change.label} {change.before} → {change.after}" for change in knobs), *rules])
