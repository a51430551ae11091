"""Why a run ended as it did, in words a merchant understands, in any language.

A reason is stored as a code with facts, and as an English sentence for the API and the command line.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.utils import translation
from django.utils.translation import gettext, gettext_lazy

from dashboard.core import formats
from dashboard.training.models import Run

SENTENCES = {
    "worse_than_popularity": gettext_lazy(
        "It ranks what visitors want next no better (%(found)s of 100) than bestsellers do (%(popularity)s of 100), "
        "so your shop is better off without it."
    ),
    "worse_than_active": gettext_lazy(
        "It ranks what visitors want next less well (%(found)s of 100) than %(version)s did (%(active)s of 100); "
        "up to %(tolerance)s less would have counted as a tie."
    ),
    "worse_on_same_visitors": gettext_lazy(
        "Of the %(visitors)s newest visitors on whom both could be judged, it ranks what they want next less well "
        "(%(found)s of 100) than %(version)s (%(active)s of 100): a change of %(low)s to %(high)s. Up to %(tolerance)s "
        "less would have counted as a tie."
    ),
    "less_thorough": gettext_lazy(
        "It was trained less thoroughly (%(preset)s) than %(version)s (%(active_preset)s), so it takes over only where "
        "it is at least as good. On the same %(visitors)s visitors it ranks what they want next at %(found)s of 100, "
        "%(version)s at %(active)s: a change of %(low)s to %(high)s."
    ),
    "less_thorough_untested": gettext_lazy(
        "It was trained less thoroughly (%(preset)s) than %(version)s (%(active_preset)s), and only %(visitors)s "
        "visitors could tell which of the two is better. %(version)s goes on."
    ),
    "another_serves": gettext_lazy(
        "%(version)s was published while it trained, and it was compared with the version before. Retrain to compare "
        "it with %(version)s, or publish it if you know better."
    ),
    "a_repetition": gettext_lazy("It repeats %(version)s, to be looked at. Publish it if it shall serve."),
    "narrower": gettext_lazy(
        "It shows %(found)s of 100 items to anybody; %(version)s shows %(active)s to the same visitors. Most of your "
        "catalog would be out of sight."
    ),
    "more_alike": gettext_lazy(
        "The items of one list are more alike (%(found)s of 100 different) than those of %(version)s (%(active)s of "
        "100) for the same visitors."
    ),
    "segments_moved": gettext_lazy(
        "Only %(kept)s of 100 of %(visitors)s visitors would stay in the segment in which %(version)s has them; "
        "audiences and the names you gave would mean other people."
    ),
    "slower": gettext_lazy(
        "It takes %(found)s milliseconds to find what suits a visitor, %(version)s takes %(active)s: pages would wait."
    ),
    "larger": gettext_lazy("It takes %(found)s MiB, %(version)s takes %(active)s: serving might run out of memory."),
    "nobody_to_ask": gettext_lazy(
        "Nobody could be asked how good it is. It learnt from %(interactions)s interactions of %(visitors)s visitors, "
        "of whom none came back to something new. Left out before: %(left_out)s."
    ),
    "not_evaluated": gettext_lazy("It holds no evaluation, so nobody knows how good it is."),
    "too_little_data": gettext_lazy(
        "There is too little to learn from: %(interactions)s interactions of %(visitors)s visitors. "
        "Send events or import a history, then retrain."
    ),
    "nothing_to_learn": gettext_lazy(
        "There is too little to learn from: %(interactions)s interactions of %(visitors)s visitors. Left out: "
        "%(left_out)s. Send events or import a history, then retrain."
    ),
    "bad_data": gettext_lazy("The data could not be used: %(message)s"),
    "trainer_failed": gettext_lazy("Training stopped: %(message)s"),
    "trainer_killed": gettext_lazy(
        "Training was killed %(attempts)s times, most likely for lack of memory. "
        "Try a faster preset or a larger machine."
    ),
    "took_too_long": gettext_lazy(
        "Training was ended after %(minutes)s minutes, the most that it may take. Try a faster preset, or ask whoever "
        "runs Forage for more."
    ),
    "worker_lost": gettext_lazy("The worker was lost %(attempts)s times. Look at its log, then retrain."),
    "store_failed": gettext_lazy("The result could not be kept: %(message)s"),
    "internal": gettext_lazy("Forage made a mistake; the worker\u2019s log has the details (%(message)s)."),
    "cancelled": gettext_lazy("It was cancelled; the model that serves was not touched."),
}


# The reasons by which the library counts (recommender/data), and those by which the snapshot leaves rows out.
LEFT_OUT = {
    "bot_interactions": gettext_lazy("%(count)s of visitors that are programs"),
    "simulated_interactions": gettext_lazy("%(count)s of simulated shoppers"),
    "unproven_purchases": gettext_lazy("%(count)s purchases that only a browser claimed"),
    "program_interactions": gettext_lazy("%(count)s of visitors that view like programs"),
    "impossible_times": gettext_lazy("%(count)s at impossible times"),
    "unnamed": gettext_lazy("%(count)s without a visitor or an item"),
    "no_interest": gettext_lazy("%(count)s of kinds that tell no interest"),
    "weigh_nothing": gettext_lazy("%(count)s of kinds that count nothing"),
    "repeats": gettext_lazy("%(count)s repeats"),
    "taken_back": gettext_lazy("%(count)s that were taken back"),
    "too_old": gettext_lazy("%(count)s older ones of very long histories"),
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
    return str(SENTENCES[code]) % {name: _words(name, value) for name, value in facts.items()}


def _words(name: str, value: Any) -> Any:
    """A fact as the sentence says it: presets by their names, counts with their separators."""
    if name == "left_out":
        return left_out_words(value)
    if name in ("preset", "active_preset"):
        return Run.Preset(value).label if value in Run.Preset.values else value
    return formats.number(value) if isinstance(value, int) else value


def left_out_words(left_out: Mapping[str, int]) -> str:
    """What became of the rows that nothing was learnt from: "4,120 of visitors that view like programs, …"."""
    rows = {name: count for name in LEFT_OUT if (count := left_out.get(name))}
    told = [str(LEFT_OUT[name]) % {"count": formats.number(count)} for name, count in rows.items()]
    return ", ".join(told) or gettext("nothing")
