"""The month before the sample shop was opened: what its merchant tried, decided and set, between simulated visits.

The visits are made by serving (traffic/), decisions by the services that pages call, from the results of that moment;
only the clock is set back. What each experiment compares, and whether its variants truly differ: docs/sample-shop.md.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
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
from dashboard.policies.models import Placement, Policy
from dashboard.policies.selectors import placement_by_slug, policy_published_now
from dashboard.policies.services import add_rule, change_knobs, ensure_default_placements

DAYS = 28
CHANGE = 0.2  # the relative change that an experiment is planned to show: a few weeks of this shop's visitors
MOST_PLANNED = 12_000  # three weeks of them
DEAR = 6.0  # pounds: what one piece in ten costs
Live = Callable[[datetime], object]


@dataclass(frozen=True)
class Scene:
    """Something that happens so many days before now."""

    days_ago: float
    play: Callable[["Story"], object]


class Story:
    """`live(moment)` lets the visits before it happen; `retrain()` trains and publishes a model."""

    def __init__(
        self, shop: Shop, *, now: datetime, by: User | None, live: Live, retrain: Callable[[], object]
    ) -> None:
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

    def experiment(
        self, slug: str, name: str, *, metric: str = DEFAULT_PRIMARY, rule: dict[str, Any] | None = None, **knobs: float
    ) -> Experiment:
        """B has these knobs, and the rule beside those that are published. Planned by the metric's own power."""
        placement = placement_by_slug(self.shop, slug)
        rules = policy_published_now(placement).rules
        return start_experiment(
            placement=placement,
            treatment_knobs=knobs,
            treatment_rules=[*rules, rule] if rule else None,
            name=name,
            by=self.by,
            now=clock.now(),
            terms=Terms(primary_metric=metric, planned_visitors=_planned(placement, metric)),
            salt=f"sample-{slug}-{Experiment.objects.filter(shop=self.shop).count()}",
        )

    def decide(self, slug: str) -> None:
        """Publish what does better and harms nothing; else stop."""
        if (experiment := self._running(slug)) is None:
            return
        is_better = results_of(experiment).primary.conclusion == "up" and not self._harms(experiment)
        (ship_experiment if is_better else stop_experiment)(experiment=experiment, by=self.by)

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
    """A well-meant mistake to learn from: Home lifts what nobody knows."""
    home = placement_by_slug(story.shop, "home")
    change_knobs(placement=home, knobs={"novelty": 1.0, "exploration": 0.2}, by=story.by)
    story.experiment("home", _("Well-known items first on Home"), metric="click_through", novelty=0.0, exploration=0.1)


def lift_the_dear(story: Story) -> None:
    """Tempting, and harmful: each slate looks for dear things of its own, and takes twice as long."""
    dear = {"kind": "boost", "match": {"price": {"min": DEAR}}, "strength": 1.0}
    story.experiment("product", _("Dear things first on the product page"), metric="revenue_per_visitor", rule=dear)


def explore_more(story: Story) -> None:
    story.experiment("home", _("More exploration on Home"), metric="click_through", exploration=0.4)


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


SCENES = (
    Scene(DAYS + 1, lambda story: begin_anew(story.shop)),
    Scene(28, lift_the_unknown),
    Scene(17, lambda story: story.decide("home")),
    Scene(16, lift_the_dear),
    Scene(15, explore_more),
    *(Scene(day, lambda story: story.watch("product")) for day in (11, 9, 8)),
    Scene(7, lambda story: story.retrain()),
    Scene(6, lift_christmas),
    *(Scene(day, lambda story: story.watch("product")) for day in (6, 5, 4)),
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
