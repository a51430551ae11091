"""What the models page shows, gathered in one place so that views stay thin."""

from dataclasses import dataclass
from datetime import timedelta

from dashboard.accounts.models import Shop
from dashboard.core.charts import Figure
from dashboard.training import charts, quality, reasons, selectors, stages
from dashboard.training.event_weights import TypeWeight, weights_of
from dashboard.training.forecast import Forecast, forecasts
from dashboard.training.judgement import Judgement, judgement
from dashboard.training.models import RetrainPlan, Run
from dashboard.training.quality import ModelVersion
from dashboard.training.side_by_side import SideBySide, side_by_side
from dashboard.training.sufficiency import Sufficiency, sufficiency

TONES = {
    Run.State.QUEUED: "info",
    Run.State.RUNNING: "info",
    Run.State.EVALUATING: "info",
    Run.State.PUBLISHED: "positive",
    Run.State.REJECTED: "caution",
    Run.State.FAILED: "negative",
    Run.State.CANCELLED: "",
}
ICONS = {"positive": "check", "caution": "alert", "negative": "close"}


@dataclass(frozen=True)
class RunRow:
    """A run with its version, if it made one, and with its reason in the reader's language."""

    run: Run
    version: ModelVersion | None
    reason: str

    @property
    def key(self) -> str:
        """The run's number without thousands separators: it is a name."""
        return str(self.run.pk)

    @property
    def tone(self) -> str:
        return TONES[Run.State(self.run.state)]

    @property
    def icon(self) -> str:
        return ICONS.get(self.tone, "")

    @property
    def is_active(self) -> bool:
        return self.run.state in Run.ACTIVE_STATES

    @property
    def took(self) -> timedelta | None:
        ended = self.run.ended_at if self.run.started_at else None
        return ended - self.run.started_at if ended and self.run.started_at else None

    @property
    def steps(self) -> list[stages.Step]:
        return stages.steps(self.run)

    @property
    def time_left(self) -> timedelta | None:
        return stages.time_left(self.run, selectors.earlier_run(self.run)) if self.is_active else None

    @property
    def waits_for_a_worker(self) -> bool:
        return selectors.waits_for_a_worker(self.run)

    @property
    def judgement(self) -> Judgement | None:
        return judgement(self.run)

    @property
    def can_publish(self) -> bool:
        """Whether a person may let its version serve: held back, or served before."""
        ended_well = self.run.state in (Run.State.PUBLISHED, Run.State.REJECTED)
        return ended_well and self.version is not None and not self.version.is_active


@dataclass(frozen=True)
class ModelsPage:
    """Everything of the page. `compared` has the version that serves on the right."""

    serving: ModelVersion | None
    serving_run: Run | None
    active: RunRow | None
    rows: list[RunRow]
    plan: RetrainPlan
    sufficiency: Sufficiency
    forecasts: list[Forecast]
    weights: list[TypeWeight]
    quality: Figure | None
    choices: list[ModelVersion]
    other: ModelVersion | None
    compared: SideBySide | None

    @property
    def judged(self) -> RunRow | None:
        """The latest run whose version was compared with the one before it."""
        return next((row for row in self.rows if not row.is_active and row.judgement is not None), None)

    @property
    def explained(self) -> list[RunRow]:
        """The latest runs that did not end well, for the sentence above the table."""
        return [row for row in self.rows if row.reason and row.run.state != Run.State.CANCELLED][:2]


def run_row(run: Run) -> RunRow:
    artifact = getattr(run, "artifact", None)
    if artifact is not None:
        artifact.run = run  # already at hand: no second query
    version = quality.model_version(artifact) if artifact is not None else None
    return RunRow(run, version, reasons.sentence(run.reason_code, run.reason_facts) or run.reason)


def models_page(shop: Shop, *, compare_with: str = "") -> ModelsPage:
    """`compare_with`: the id of an artifact of this shop; anything else compares with the version before."""
    rows, plan = [run_row(run) for run in selectors.runs(shop)], selectors.retrain_plan(shop)
    artifacts = {artifact.pk: artifact for artifact in selectors.artifacts(shop)}
    versions = [quality.model_version(artifact) for artifact in artifacts.values()]
    serving = next((version for version in versions if version.is_active), None)
    others = [version for version in versions if version is not serving]
    earlier = [version for version in others if version.has_served] or others
    other = next((version for version in others if str(version.id) == compare_with), earlier[0] if earlier else None)
    return ModelsPage(
        serving=serving,
        serving_run=selectors.run(shop, serving.run_id) if serving else None,
        active=next((row for row in rows if row.is_active), None),
        rows=rows,
        plan=plan,
        sufficiency=sufficiency(shop),
        forecasts=forecasts(shop),
        weights=weights_of(plan),
        quality=charts.quality_over_time(versions),
        choices=others,
        other=other,
        compared=side_by_side(artifacts[other.id], artifacts[serving.id]) if other and serving else None,
    )
