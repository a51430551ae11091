"""A preview in words."""

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from dashboard.accounts.models import Shop
from dashboard.audiences.selectors import audiences_by_id
from dashboard.core import formats
from dashboard.core.knob_words import KNOB_WORDS
from dashboard.serving.preview import Preview
from recommender.slate import KNOB_NAMES
from recommender.slate.metrics import SlateMetrics

_NOTICEABLE = 0.0005


def cost_sentences(costs: SlateMetrics) -> list[tuple[str, str]]:
    """(knob, what it brings or costs at the proposed value)."""
    return [(name, KNOB_WORDS[name].cost(costs)) for name in KNOB_NAMES]


def answer(preview: Preview) -> tuple[str, str, str]:
    """(kind: more, less or same; relevance that is given up or won back; share of slots explored), for the headline."""
    change = preview.costs_after.relevance_lost - preview.costs_before.relevance_lost
    kind = "same" if abs(change) < _NOTICEABLE else "more" if change > 0 else "less"
    return kind, formats.percent(abs(change), 1), formats.percent(preview.costs_after.share_explored)


def moves_sentence(preview: Preview) -> str:
    if not preview.after:
        return _("No item may be shown here: check the rules and the stock.")
    if not preview.coming and not preview.leaving:
        return _("The same items. Every visitor’s draw differs.")
    return ngettext(
        "%(count)s item leaves for another one. Every visitor’s draw differs.",
        "%(count)s items leave for others. Every visitor’s draw differs.",
        preview.coming,
    ) % {"count": formats.number(preview.coming)}


def met_sentence(shop: Shop, preview: Preview) -> str:
    """Which override the visitor meets, now and by the draft; empty where the placement has none for them."""
    now, then = (met.audience_id if met else None for met in (preview.met_now, preview.met_then))
    names = audiences_by_id(shop, [number for number in (now, then) if number is not None])
    if now is not None and now == then:
        return _("This visitor meets the override for %(name)s.") % {"name": names[now]}
    if now is not None and then is None:
        return _("This visitor meets the override for %(name)s now, and none by the draft.") % {"name": names[now]}
    if then is None:
        return ""
    return _("By the draft this visitor meets the override for %(name)s.") % {"name": names[then]}
