"""The month before the sample shop was opened: what its merchant tried, decided and set, between simulated visits.

The visits are made by serving (traffic/), decisions by the services that pages call, from the results of that moment;
only the clock is set back. What each experiment compares, and whether its variants truly differ: docs/sample-shop.md.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.utils.translation import gettext as _

from dashboard.accounts.models import AuditEntry, Shop, User
from dashboard.core import clock
from dashboard.events.models import Exposure, Impression, Interaction
from dashboard.events.services import record_events, refresh_daily_kpis
from dashboard.experiments.metrics import DEFAULT_PRIMARY
from dashboard.experiments.models import Experiment
from dashboard.experiments.selectors import results_of
from dashboard.experiments.selectors.planning import plan_for
from dashboard.experiments.services import (
    Terms,
    refresh_moments,
    ship_experiment,
    start_experiment,
    stop_experiment,
)
from dashboard.ledger.services import sum_closed_days
from dashboard.policies.models import Placement, Policy
from dashboard.policies.selectors import placement_by_slug
from dashboard.policies.services import add_rule, change_knobs, ensure_default_placements

DAYS = 28
CHANGE = 0.2  # the relative change that an experiment is planned to show: a few weeks of this shop's visitors
MOST_PLANNED = 12_000  # three weeks of them
# What the merchant tries: at first on the product page, in the two experiments there, and in the one on Home.
UNKNOWN_FIRST = {"novelty": 0.8, "exploration": 0.4}
KNOWN_FIRST = {"novelty": 0.0, "exploration": 0.05}
NEW_ALONE = {"novelty": 0.8, "exploration": 1.0}
EXPLORED_MORE = {"exploration": 0.4}
Live = Callable[[datetime], object]
Retrain = Callable[[Callable[[], object]], object]


@dataclass(frozen=True)
class Scene:
    """Something that happens so many days before now."""

    days_ago: float
    play: Callable[["Story"], object]


class Story:
    """`live(moment)` lets the visits before it happen; `retrain(meanwhile)` trains and publishes a model, and does
    something else beside."""

    def __init__(self, shop: Shop, *, now: datetime, by: User | None, live: Live, retrain: Retrain) -> None:
        self.shop, self.now, self.by = shop, now, by
        self.live, self.retrain = live, retrain

    def tell(self) -> None:
        for scene in SCENES:
            moment = self.now - timedelta(days=scene.days_ago)
            self.live(moment)
            began_at = clock.now()
            with clock.standing_at(moment):
                scene.play(self)
            _date_back(self.shop, began_at, moment)
        self.live(self.now)
        refuse_an_event(self)
        for experiment in Experiment.objects.filter(shop=self.shop):
            refresh_moments(experiment)
        refresh_daily_kpis(shop=self.shop, days=clock.latest_days(self.shop.timezone, DAYS + 1))
        self.account()

    def account(self) -> None:
        """Sum the ledger of the days so far; what arrives for them later is summed again. That goes by when things
        arrived, so this is done now, whenever the scene is set."""
        sum_closed_days(shop=self.shop, now=datetime.now(UTC))

    def experiment(self, slug: str, name: str, *, metric: str = DEFAULT_PRIMARY, **knobs: float) -> Experiment:
        """B has these knobs. Planned by the metric's own power."""
        placement = placement_by_slug(self.shop, slug)
        return start_experiment(
            placement=placement,
            treatment_knobs=knobs,
            name=name,
            by=self.by,
            now=clock.now(),
            terms=Terms(primary_metric=metric, planned_visitors=_planned(placement, metric)),
            salt=f"sample-{slug}-{Experiment.objects.filter(shop=self.shop).count()}",
        )

    def publish_winner(self, slug: str) -> None:
        """Publish what is proven to do better and harms nothing; the interval allows for looking on several days."""
        if (experiment := self._running(slug)) is None:
            return
        results = results_of(experiment)
        if results.primary.conclusion == "up" and not self._harms(experiment):
            ship_experiment(experiment=experiment, by=self.by, accepted=[risk.key for risk in results.risks])

    def decide(self, slug: str) -> None:
        """Publish the winner, or stop."""
        self.publish_winner(slug)
        if (experiment := self._running(slug)) is not None:
            stop_experiment(experiment=experiment, by=self.by)

    def watch(self, slug: str) -> None:
        """Stop it on the day on which something that is guarded got clearly worse."""
        experiment = self._running(slug)
        if experiment is not None and self._harms(experiment):
            stop_experiment(experiment=experiment, by=self.by)

    def _running(self, slug: str) -> Experiment | None:
        running = Experiment.objects.filter(shop=self.shop, placement__slug=slug, state=Experiment.State.RUNNING)
        for experiment in running:
            refresh_moments(experiment)
        return running.first()

    def _harms(self, experiment: Experiment) -> bool:
        return any(guard.state == "harmed" for guard in results_of(experiment).guards)


def begin_anew(shop: Shop) -> None:
    """Without what an interrupted start has left of the story: nobody could sign in before it was told."""
    for table in (Interaction, Impression, Exposure):
        table.objects.filter(shop=shop, simulated=True).delete()
    Experiment.objects.filter(shop=shop).delete()
    Placement.objects.filter(shop=shop).delete()
    ensure_default_placements(shop)


def lift_the_unknown(story: Story) -> None:
    """A well-meant mistake to learn from: the product page lifts what nobody knows."""
    change_knobs(placement=placement_by_slug(story.shop, "product"), knobs=UNKNOWN_FIRST, by=story.by)


def doubt_it(story: Story) -> None:
    story.experiment("product", _("Well-known items first on the product page"), metric="click_through", **KNOWN_FIRST)


def show_the_new_alone(story: Story) -> None:
    """Tempting, and harmful: who shows hardly anything that is known to suit finds much that is new, and few click."""
    story.experiment("product", _("Only new finds on the product page"), metric="items_discovered", **NEW_ALONE)


def explore_more(story: Story) -> None:
    story.experiment("home", _("More exploration on Home"), metric="click_through", **EXPLORED_MORE)


def lift_christmas(story: Story) -> None:
    """A rule that acts, and one that is still to come."""
    home, now = placement_by_slug(story.shop, "home"), clock.now()
    ends_at, starts_at = now + timedelta(days=20), now + timedelta(days=27)
    christmas = {"kind": "boost", "match": {"category": "Christmas"}, "strength": 0.2, "ends_at": ends_at.isoformat()}
    easter = {"kind": "boost", "match": {"category": "Easter"}, "strength": 0.3, "starts_at": starts_at.isoformat()}
    for rule in (christmas, easter):
        add_rule(placement=home, rule=rule, by=story.by)


def refuse_an_event(story: Story) -> None:
    """What the Events page shows of a sender that is not set up well: it named no visitor."""
    record_events(shop=story.shop, raw=[{"event_id": "sample-refused", "type": "view_item", "item_id": "22423"}])


# Before each all shoppers leave: a scene costs the time of the longest visit, so there are few, and two at one moment.
SCENES = (
    Scene(DAYS + 1, lambda story: begin_anew(story.shop)),
    Scene(28, lift_the_unknown),
    Scene(27, doubt_it),
    *(Scene(day, lambda story: story.publish_winner("product")) for day in (20, 17)),
    Scene(14, lambda story: story.decide("product")),
    Scene(13, show_the_new_alone),
    Scene(13, explore_more),
    *(Scene(day, lambda story: story.watch("product")) for day in (11, 9)),
    Scene(7, lambda story: story.retrain(story.account)),
    Scene(6, lift_christmas),
    *(Scene(day, lambda story: story.watch("product")) for day in (6, 4)),
    Scene(3, lambda story: story.decide("product")),
)


def _planned(placement: Placement, metric: str) -> int:
    """Visitors that show a change of CHANGE; bounded where a metric scatters so much that nobody would wait for it."""
    plan = plan_for(placement, metric=metric, change=CHANGE)
    return min(plan.planned_visitors, MOST_PLANNED)


def _date_back(shop: Shop, began_at: datetime, moment: datetime) -> None:
    """Rows of a scene carry its moment: their own times of creation are the database's."""
    made: list[Any] = [
        AuditEntry.objects.filter(shop=shop),
        Placement.objects.filter(shop=shop),
        Policy.objects.filter(placement__shop=shop),
        Experiment.objects.filter(shop=shop),
    ]
    for rows in made:
        rows.filter(created_at__gte=began_at).update(created_at=moment)
