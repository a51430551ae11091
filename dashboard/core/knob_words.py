"""The knobs in a merchant's words, one entry each: slider, cost line, experiment, audit and glossary read this.

What a knob is, and its metric, is said in recommender/slate/knobs.py. A test names the entry that is missing.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils.functional import Promise
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from dashboard.core import formats

if TYPE_CHECKING:
    from recommender.slate.metrics import SlateMetrics

Text = str | Promise


@dataclass(frozen=True)
class KnobWords:
    """`word` and `meaning` stand in the glossary, `low` and `high` at the ends of the slider; `cost` is the sentence
    below it: what the knob brings or costs by these metrics. `axis`: its metric as a chart names it, a share or a
    number."""

    word: Text
    meaning: Text
    low: Text
    high: Text
    cost: Callable[["SlateMetrics"], str]
    axis: Text
    is_share: bool = False
    is_main: bool = False  # the others stand folded away

    @property
    def label(self) -> str:
        return str(capfirst(str(self.word)))


def _exploration(metrics: "SlateMetrics") -> str:
    if metrics.share_explored < 0.005:
        return _("Nothing is spent on finding out.")
    words = {"lost": formats.percent(metrics.relevance_lost, 1), "share": formats.percent(metrics.share_explored)}
    return (
        _("%(share)s of the slots is spent on finding out; all knobs together give up %(lost)s of expected relevance.")
        % words
    )


def _diversity(metrics: "SlateMetrics") -> str:
    if (distance := metrics.intra_list_distance) is None:
        return _("Too few items to compare.")
    return _("Two items of a slate are %(distance)s apart on average.") % {"distance": formats.number(distance, 2)}


def _calibration(metrics: "SlateMetrics") -> str:
    if (divergence := metrics.calibration_kl) is None:
        return _("No visitor’s own mix of categories is known yet, or the knob is off.")
    return _("The mix of categories is %(distance)s away from the visitor’s own.") % {
        "distance": formats.number(divergence, 2)
    }


def _novelty(metrics: "SlateMetrics") -> str:
    if (bits := metrics.self_information) is None:
        return _("How well known your items are is not known yet.")
    return _("An average item of the slate gets 1 in %(count)s interactions.") % {"count": formats.number(2**bits)}


def _fairness(metrics: "SlateMetrics") -> str:
    if (gap := metrics.exposure_gap) is None:
        return _("Your items name no brand.")
    return _("%(share)s of the slots would have to go to other brands to be equal.") % {"share": formats.percent(gap)}


def _fatigue(metrics: "SlateMetrics") -> str:
    if (tired := metrics.chance_tired) is None:
        return _("None of these visitors has left anything lately that they were shown.")
    return _("Items of the slate have lost %(share)s of their chance by having been shown and left.") % {
        "share": formats.percent(tired, 1)
    }


KNOB_WORDS: dict[str, KnobWords] = {
    "exploration": KnobWords(
        gettext_lazy("exploration"),
        gettext_lazy(
            "How much of each slate is spent on learning. At 0 only what is already known to work is shown; "
            "higher values give new and little-shown items a chance."
        ),
        low=gettext_lazy("Show what works"),
        high=gettext_lazy("Find out what else works"),
        cost=_exploration,
        axis=gettext_lazy("slots spent on finding out"),
        is_share=True,
        is_main=True,
    ),
    "diversity": KnobWords(
        gettext_lazy("diversity"),
        gettext_lazy("How different the items of one slate are from each other."),
        low=gettext_lazy("Similar items"),
        high=gettext_lazy("Varied items"),
        cost=_diversity,
        axis=gettext_lazy("distance of two items of a slate"),
        is_main=True,
    ),
    "calibration": KnobWords(
        gettext_lazy("calibration"),
        gettext_lazy("How closely the mix of categories in a slate follows the visitor’s own mix."),
        low=gettext_lazy("Strongest interest only"),
        high=gettext_lazy("Each visitor’s own mix"),
        cost=_calibration,
        axis=gettext_lazy("distance from the visitor’s own mix"),
        is_main=True,
    ),
    "novelty": KnobWords(
        gettext_lazy("novelty"),
        gettext_lazy("How much little-known items are lifted above bestsellers."),
        low=gettext_lazy("Bestsellers"),
        high=gettext_lazy("Long tail"),
        cost=_novelty,
        axis=gettext_lazy("how little known the items are, in bits"),
    ),
    "fairness": KnobWords(
        gettext_lazy("fairness"),
        gettext_lazy(
            "How strongly the attention given to brands or suppliers is pulled toward the shares that you set."
        ),
        low=gettext_lazy("As they come"),
        high=gettext_lazy("Equal share of brands"),
        cost=_fairness,
        axis=gettext_lazy("slots that are missing for the shares you set"),
        is_share=True,
    ),
    "fatigue": KnobWords(
        gettext_lazy("fatigue"),
        gettext_lazy(
            "How far an item that a visitor was shown and did not open stands back for them. By how much, and when it "
            "has recovered, Forage learns from your visitors; where they do not tire it changes nothing."
        ),
        low=gettext_lazy("Show it again"),
        high=gettext_lazy("As your visitors tire"),
        axis=gettext_lazy("chance lost by what was shown and left"),
        cost=_fatigue,
    ),
}
