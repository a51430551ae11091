"""How a slate is made of candidates: knobs, rules, and the one sampling step with exact propensities."""

from recommender.slate.candidates import FIELD_COLUMNS, SlateCandidates
from recommender.slate.knobs import DEFAULT_KNOBS, KNOB_NAMES, KNOBS, Knob, KnobError, Knobs, policy_hash
from recommender.slate.rules import NOTE_LENGTH, RULE_KINDS, Range, Rule, RuleError
from recommender.slate.sampling import Slate, chances_of, make_slate

__all__ = [
    "DEFAULT_KNOBS",
    "FIELD_COLUMNS",
    "KNOBS",
    "KNOB_NAMES",
    "NOTE_LENGTH",
    "RULE_KINDS",
    "Knob",
    "KnobError",
    "Knobs",
    "Range",
    "Rule",
    "RuleError",
    "Slate",
    "SlateCandidates",
    "chances_of",
    "make_slate",
    "policy_hash",
]
