"""Daily moments of experiments, and what was expected of them."""

from celery import shared_task

from dashboard.core.tenancy import shop_scope
from dashboard.experiments.selectors import experiment_by_key
from dashboard.experiments.services import keep_schedule, refresh_running
from dashboard.serving.predictions import predict_experiment


@shared_task(name="experiments.refresh")
def refresh(**_: object) -> None:
    refresh_running()


@shared_task(name="experiments.predict")
def predict(*, shop_id: int, experiment_id: int, **_: object) -> None:
    """What the log says of B, before B has been shown to anybody."""
    with shop_scope(shop_id):
        experiment = experiment_by_key(shop_id, experiment_id)
        if experiment is not None:
            predict_experiment(experiment)


@shared_task(name="experiments.keep_schedule")
def keep_schedules(**_: object) -> None:
    keep_schedule()
