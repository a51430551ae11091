"""The kinds of verdicts: how each looks, and what it asks of the merchant."""

from dataclasses import dataclass
from typing import Literal

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

Text = str | Promise

State = Literal["ship", "stop", "distrust", "even", "weigh", "unproven", "early", "preferred"]
Offer = Literal["publish", "stop", ""]


@dataclass(frozen=True)
class Kind:
    """What every verdict of a state has in common. `found` is said of it once the experiment has ended;
    `todo` is what the merchant is asked where it waits for a decision; `offers` the one button that stands beside it:
    none where the data does not carry it."""

    icon: str
    tone: Literal["positive", "negative", "caution", "info"]
    found: Text
    offers: Offer = ""
    todo: Text = ""


KINDS: dict[State, Kind] = {
    "ship": Kind(
        "check",
        "positive",
        gettext_lazy("Better"),
        "publish",
        gettext_lazy("A variant does better. Publish it, or let the experiment run on."),
    ),
    "stop": Kind(
        "stop",
        "negative",
        gettext_lazy("Did harm"),
        "stop",
        gettext_lazy("A variant does harm. Stop it, or see what got worse."),
    ),
    "distrust": Kind(
        "alert",
        "caution",
        gettext_lazy("Not to be trusted"),
        "stop",
        gettext_lazy("The result cannot be trusted. Find the cause before you believe it."),
    ),
    "even": Kind(
        "stop",
        "info",
        gettext_lazy("No clear difference"),
        "stop",
        gettext_lazy("All planned visitors came and no clear difference showed. Keep A, or test a bolder change."),
    ),
    "weigh": Kind(
        "alert",
        "caution",
        gettext_lazy("Better, safety unproven"),
        "",
        gettext_lazy("A variant does better, but not all that you guard is proven. Weigh it, or let it run on."),
    ),
    "preferred": Kind(
        "check",
        "positive",
        gettext_lazy("One is preferred"),
        "stop",
        gettext_lazy("Visitors prefer one of two policies. Stop the pre-screen, and test B against A where it is B."),
    ),
    "unproven": Kind("clock", "info", gettext_lazy("Better, safety unproven")),
    "early": Kind("clock", "info", gettext_lazy("Nothing clear")),
}
DECISIVE = tuple(state for state, kind in KINDS.items() if kind.todo)  # somebody should act
