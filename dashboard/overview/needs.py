"""What needs the merchant: each with a sentence and the button that settles it, most urgent first."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from dashboard.accounts.models import Shop
from dashboard.catalog.models import Item
from dashboard.core import clock, formats
from dashboard.events.models import Interaction
from dashboard.experiments.selectors import ready_experiments
from dashboard.experiments.verdicts import KINDS
from dashboard.training.models import Run

QUIET_AFTER = timedelta(hours=24)


@dataclass(frozen=True)
class Need:
    """One line of the list. `tone` colours the icon; `is_decision` gives the one primary button."""

    icon: str
    tone: str
    title: str
    text: str
    action: str
    href: str
    is_decision: bool = False


def needs(shop: Shop) -> list[Need]:
    checks: list[Callable[[Shop], Need | None]] = [_quiet, _last_run, _training, _uncategorised]
    return [*_decisions(shop), *(need for check in checks if (need := check(shop)))]


def _decisions(shop: Shop) -> list[Need]:
    """Told by the verdict of the last refresh, so that this page computes no statistics."""
    return [
        Need(
            icon="experiments",
            tone=KINDS[experiment.verdict].tone,  # type: ignore[index]
            title=_("“%(name)s” is ready for your decision") % {"name": experiment.name},
            text=str(KINDS[experiment.verdict].todo),  # type: ignore[index]
            action=_("Decide"),
            href=reverse("experiments:detail", args=[shop.slug, experiment.pk]),
            is_decision=True,
        )
        for experiment in ready_experiments(shop)
    ]


def _quiet(shop: Shop) -> Need | None:
    latest = Interaction.objects.filter(shop=shop).order_by("-timestamp").values_list("timestamp", flat=True).first()
    if latest is None or clock.now() - latest < QUIET_AFTER:
        return None
    return Need(
        icon="alert",
        tone="caution",
        title=_("No events since %(time)s") % {"time": formats.short_time(latest)},
        text=_("Slates stay as they are, but learn nothing new. Look whether the snippet is still in your pages."),
        action=_("Look"),
        href=reverse("events:index", args=[shop.slug]),
    )


def _last_run(shop: Shop) -> Need | None:
    run = Run.objects.filter(shop=shop).exclude(state__in=Run.ACTIVE_STATES).order_by("-pk").first()
    titles = {Run.State.FAILED: _("The last training failed"), Run.State.REJECTED: _("A new model was held back")}
    title = titles.get(Run.State(run.state)) if run else None
    if run is None or title is None:
        return None
    return Need(
        icon="models",
        tone="caution",
        title=title,
        text=run.reason or _("The model before keeps serving."),
        action=_("Look"),
        href=reverse("training:index", args=[shop.slug]),
    )


def _training(shop: Shop) -> Need | None:
    run = Run.objects.filter(shop=shop, state__in=Run.ACTIVE_STATES).first()
    if run is None:
        return None
    return Need(
        icon="models",
        tone="info",
        title=_("A new model is training"),
        text=_("%(progress)s done. Nothing to do.") % {"progress": formats.percent(run.progress)},
        action=_("Watch"),
        href=reverse("training:index", args=[shop.slug]),
    )


def _uncategorised(shop: Shop) -> Need | None:
    count = Item.objects.filter(shop=shop, deleted_at__isnull=True, categories=[]).count()
    if not count:
        return None
    title = ngettext("%(count)s item has no category", "%(count)s items have no category", count)
    return Need(
        icon="catalog",
        tone="caution",
        title=title % {"count": formats.number(count)},
        text=_("They can be recommended, but not balanced by category."),
        action=_("Fix"),
        href=reverse("catalog:index", args=[shop.slug]),
    )
