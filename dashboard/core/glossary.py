"""The words of docs/glossary.md that pages explain at their first use (`{% term "segment" %}`)."""

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from dashboard.core.knob_words import KNOB_WORDS

Text = str | Promise


@dataclass(frozen=True)
class Term:
    """A word of the glossary and what it means to a merchant, in a sentence or two."""

    word: Text
    meaning: Text


TERMS: dict[str, Term] = {
    "item": Term(
        _("item"), _("An entry of your catalog. The sizes and colours of one product are items of one group.")
    ),
    "visitor": Term(
        _("visitor"), _("Someone who behaves in your shop, known to Forage only by the id that your shop gives.")
    ),
    "interaction": Term(
        _("interaction"), _("Something a visitor did to an item: looked at it, put it into the cart, bought it.")
    ),
    "placement": Term(
        _("placement"), _("A place in your shop where recommendations are shown, such as the home page or the cart.")
    ),
    "policy": Term(
        _("policy"),
        _("How the recommendations of a placement are made: its knobs and rules. Each change is a new version."),
    ),
    "slate": Term(_("slate"), _("The ordered items that a visitor gets in one placement at one moment.")),
    "tried": Term(
        _("tried"),
        _("Of a slot: without exploration its item would not have stood anywhere in that slate."),
    ),
    "exposure": Term(_("exposure"), _("A slate that was served, kept with all that is needed to learn from it later.")),
    "impression": Term(_("impression"), _("An item of a slate that really came onto the visitor’s screen.")),
    "propensity": Term(
        _("propensity"),
        _(
            "How probable it was that this item got this position. Known exactly, so that results can be "
            "compared fairly."
        ),
    ),
    "interest-vector": Term(
        _("interest vector"),
        _("Where a visitor stands among all interests, learned from what visitors look at and buy."),
    ),
    "segment": Term(
        _("segment"),
        _(
            "Visitors with similar interests, found by the model. A visitor can belong to several segments to "
            "different degrees."
        ),
    ),
    "audience": Term(
        _("audience"), _("A condition over visitors, saved under a name: what they did, like, or are to your shop.")
    ),
    "override": Term(
        _("override"),
        _("What a placement does differently for one audience. Everything that it does not name is as for everybody."),
    ),
    "run": Term(_("run"), _("One training attempt of your model.")),
    "artifact": Term(
        _("model version"), _("What a successful run made. One version serves your shop; earlier ones are kept.")
    ),
    **{name: Term(words.word, words.meaning) for name, words in KNOB_WORDS.items()},
    "attributed-sales": Term(
        _("sales from recommendations"), _("Purchases of an item within 24 hours of a click on it in a slate.")
    ),
    "clear-member": Term(_("clear members"), _("Visitors who belong to this segment with a probability above 80%.")),
    "lift": Term(_("lift"), _("How many times more likely a member is to choose this than any visitor.")),
    "experiment": Term(
        _("experiment"),
        _(
            "Two or more ways of making slates, each shown to a random part of your visitors, to see which "
            "works better."
        ),
    ),
    "variant": Term(_("variant"), _("One of the ways that an experiment compares. A is what you have today.")),
    "guardrail": Term(_("guardrail"), _("A metric that must not get worse, whatever else improves.")),
    "interval": Term(
        _("range of plausible values"), _("The true value lies in this range in 95 of 100 such measurements.")
    ),
    "fallback": Term(
        _("fallback"),
        _("What a visitor gets when the model cannot answer: bestsellers or newest items, never nothing."),
    ),
}
