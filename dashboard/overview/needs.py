"""What needs the merchant, the inbox: each with a sentence and the button that settles it, most urgent first."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from dashboard.accounts.models import Shop
from dashboard.catalog.feed_selectors import feed_imports
from dashboard.catalog.selectors import CatalogCounts, catalog_counts
from dashboard.core import clock, formats
from dashboard.events.models import Interaction
from dashboard.experiments.selectors import ready_experiments
from dashboard.experiments.verdict_kinds import KINDS
from dashboard.overview.models import PutOff
from dashboard.overview.need import Need
from dashboard.overview.placement_needs import idle_rule_needs, shortage_needs
from dashboard.overview.webhook_needs import webhook_needs
from dashboard.training.models import Run
from dashboard.training.reasons import sentence

QUIET_AFTER = timedelta(hours=24)
REFUSALS_ARE_NEWS_FOR = timedelta(days=7)


@dataclass(frozen=True)
class Inbox:
    """The lines to read now, and those that were put off with the moment when they come back."""

    open: list[Need]
    put_off: list[tuple[Need, datetime]]

    @property
    def first(self) -> Need | None:
        """What to do next; news to watch is nothing to do."""
        return next((need for need in self.open if need.tone != "info"), None)


def inbox(shop: Shop, catalog: CatalogCounts | None = None) -> Inbox:
    """`catalog`: where somebody has counted it already."""
    later = dict(PutOff.objects.filter(shop=shop, until__gt=clock.now()).values_list("key", "until"))
    found = needs(shop, catalog or catalog_counts(shop.pk))
    return Inbox(
        open=[need for need in found if need.key not in later],
        put_off=[(need, later[need.key]) for need in found if need.key in later],
    )


def needs(shop: Shop, catalog: CatalogCounts) -> list[Need]:
    checks: list[Callable[[Shop], Need | None]] = [_quiet, _last_run, _refused_rows, _training]
    urgent = [*shortage_needs(shop), *_decisions(shop), *idle_rule_needs(shop)]
    found = [
        *webhook_needs(shop),
        *(check(shop) for check in checks),
        _booked(shop, catalog.booked),
        _uncategorised(shop, catalog.uncategorised),
    ]
    return [*urgent, *(need for need in found if need)]


def _decisions(shop: Shop) -> list[Need]:
    """Told by the verdict of the last refresh, so that this page computes no statistics."""
    return [
        Need(
            key=f"experiment:{experiment.pk}:{experiment.verdict}",
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
        key=f"quiet:{latest:%Y-%m-%d}",
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
        key=f"run:{run.pk}",
        icon="models",
        tone="caution",
        title=title,
        text=sentence(run.reason_code, run.reason_facts) or run.reason or _("The model before keeps serving."),
        action=_("Look"),
        href=reverse("training:run", args=[shop.slug, run.pk]),
    )


def _refused_rows(shop: Shop) -> Need | None:
    """Of the last feed that was imported, while it is news."""
    latest = next(iter(feed_imports(shop.pk, limit=1)), None)
    if latest is None or not latest.refused or latest.created_at < clock.now() - REFUSALS_ARE_NEWS_FOR:
        return None
    title = ngettext("%(count)s row of a feed was refused", "%(count)s rows of a feed were refused", latest.refused)
    return Need(
        key=f"import:{latest.pk}",
        icon="catalog",
        tone="caution",
        title=title % {"count": formats.number(latest.refused)},
        text=_("“%(name)s”: the report says line by line what is wrong. All other rows were taken.")
        % {"name": latest.name},
        action=_("Look"),
        href=reverse("catalog:import", args=[shop.slug, latest.pk]),
    )


def _training(shop: Shop) -> Need | None:
    run = Run.objects.filter(shop=shop, state__in=Run.ACTIVE_STATES).first()
    if run is None:
        return None
    return Need(
        key="",
        icon="models",
        tone="info",
        title=_("A new model is training"),
        text=_("%(progress)s done. Nothing to do.") % {"progress": formats.percent(run.progress)},
        action=_("Watch"),
        href=reverse("training:index", args=[shop.slug]),
    )


def _booked(shop: Shop, count: int) -> Need | None:
    """What was found to be no merchandise, until somebody has said whether that is so."""
    if not count:
        return None
    title = ngettext("%(count)s item looks like no merchandise", "%(count)s items look like no merchandise", count)
    return Need(
        key="merchandise",
        icon="catalog",
        tone="caution",
        title=title % {"count": formats.number(count)},
        text=_("Postage, fees and the like are nobody's taste: say which are."),
        action=_("Look"),
        href=reverse("catalog:merchandise", args=[shop.slug]),
    )


def _uncategorised(shop: Shop, count: int) -> Need | None:
    if not count:
        return None
    title = ngettext("%(count)s item has no category", "%(count)s items have no category", count)
    return Need(
        key="uncategorised",
        icon="catalog",
        tone="caution",
        title=title % {"count": formats.number(count)},
        text=_("They can be recommended, but not balanced by category."),
        action=_("Fix"),
        href=reverse("catalog:fix", args=[shop.slug]) + "?lacking=category",
    )
