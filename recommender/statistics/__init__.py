"""Statistics of experiments, from summable moments."""

from recommender.statistics.checks import (
    LEAST_EFFECTIVE,
    SRM_THRESHOLD,
    GuardrailState,
    benjamini_hochberg,
    effective_visitors,
    guardrail,
    holm,
    srm_p,
)
from recommender.statistics.comparison import (
    BASELINE_NEGATIVE,
    BASELINE_ZERO,
    DEFAULT_SEQUENTIAL_N,
    KINDS,
    NO_VARIANCE,
    NO_VISITORS,
    Bayes,
    Comparison,
    Kind,
    Sequential,
    compare,
    sequence_rho,
)
from recommender.statistics.moments import SUMS, Moments
from recommender.statistics.planning import (
    baseline_and_variance,
    days_needed,
    detectable_effect,
    sample_size_per_arm,
)
from recommender.statistics.preference import Preference, preference, preferences_needed
from recommender.statistics.rising import RateRatios, rate_ratio, rate_ratios
from recommender.statistics.shrinkage import Shrunk, shrink

__all__ = [
    "BASELINE_NEGATIVE",
    "BASELINE_ZERO",
    "DEFAULT_SEQUENTIAL_N",
    "KINDS",
    "LEAST_EFFECTIVE",
    "NO_VARIANCE",
    "NO_VISITORS",
    "SRM_THRESHOLD",
    "SUMS",
    "Bayes",
    "Comparison",
    "GuardrailState",
    "Kind",
    "Moments",
    "Preference",
    "RateRatios",
    "Sequential",
    "Shrunk",
    "baseline_and_variance",
    "benjamini_hochberg",
    "compare",
    "days_needed",
    "detectable_effect",
    "effective_visitors",
    "guardrail",
    "holm",
    "preference",
    "preferences_needed",
    "rate_ratio",
    "rate_ratios",
    "sample_size_per_arm",
    "sequence_rho",
    "shrink",
    "srm_p",
]
