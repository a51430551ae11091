"""What the trainings of a shop may take: the operator's decision for the shop, else for all of the installation."""

from dataclasses import dataclass

from django.conf import settings

from dashboard.accounts.models import Shop
from dashboard.training.selectors import retrain_plan

MIB = 1024 * 1024


@dataclass(frozen=True)
class Limits:
    """0 is no limit. Memory and cores are the trainer's; `minutes` those of one attempt, waiting for a turn not
    counted; `artifact_bytes` of all versions that are kept."""

    memory_mib: int
    cores: int
    minutes: float
    artifact_bytes: int


def limits_of(shop: Shop) -> Limits:
    plan = retrain_plan(shop)
    return Limits(
        memory_mib=plan.most_memory_mib or settings.TRAINER_MEMORY_MIB,
        cores=plan.most_cores or settings.TRAINER_CORES,
        minutes=plan.most_minutes or settings.TRAINER_MINUTES,
        artifact_bytes=MIB * (plan.artifacts_mib or settings.ARTIFACTS_MIB),
    )
