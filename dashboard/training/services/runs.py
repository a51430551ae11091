"""Start and cancel runs."""

from collections.abc import Mapping
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from dashboard.accounts.audit_words import differences
from dashboard.accounts.models import Shop, User
from dashboard.accounts.services import record_audit
from dashboard.core import clock, errors, jobs
from dashboard.training import selectors, states
from dashboard.training.event_weights import chosen_weights
from dashboard.training.lineage import require_lineage
from dashboard.training.models import Artifact, RetrainPlan, Run
from dashboard.training.plan_times import checked_times
from dashboard.training.reasons import Reason
from dashboard.training.sufficiency import require_enough


@transaction.atomic
def start_run(
    *,
    shop: Shop,
    preset: str = Run.Preset.BALANCED,
    trigger: str = Run.Trigger.MANUAL,
    requested_by: User | None = None,
    label: str = "",
    for_workers: bool = True,
    seed: int = 0,
    repeats: Artifact | None = None,
) -> Run:
    """Queue a training of the shop; a worker takes it after the commit.

    `label` names who asked where that is no person (a key, a command). Where the broker does not answer the run stays
    queued, and the sweeper enqueues it again. Without `for_workers` the caller works on it (`execute_here`).
    Raises `Conflict` while another run of the shop has not ended.
    """
    if preset not in Run.Preset.values:
        message = _("Choose one of %(presets)s.") % {"presets": ", ".join(Run.Preset.values)}
        raise errors.Invalid(message, fields={"preset": message})
    try:
        with transaction.atomic():
            run = Run.objects.create(
                shop=shop,
                preset=preset,
                trigger=trigger,
                requested_by=requested_by,
                enqueued_at=clock.now() if for_workers else None,
                seed=seed,
                repeats=repeats,
            )
    except IntegrityError:
        raise _one_at_a_time(shop) from None
    record_audit(
        shop=shop, actor=requested_by, label=label, action="run.start", subject=str(run.pk), preset=preset, by=trigger
    )
    if for_workers:
        tell_workers(run.pk)
    return run


def request_run(*, shop: Shop, **options: Any) -> Run:
    """`start_run` where there is enough to learn from; otherwise `Invalid` says what is needed."""
    require_enough(shop)
    return start_run(shop=shop, **options)


def repeat_run(*, artifact: Artifact, label: str = "", for_workers: bool = True) -> Run:
    """Queue the training of a version once more, with its snapshot, configuration and seed, as far as they are there.
    Raises `Conflict` where it does not know them, or while a run has not ended."""
    require_lineage(artifact)
    run = selectors.run(artifact.shop, artifact.run_id)
    return start_run(
        shop=artifact.shop,
        preset=run.preset,
        trigger=Run.Trigger.COMMAND,
        label=label,
        for_workers=for_workers,
        seed=run.seed,
        repeats=artifact,
    )


def tell_workers(run_id: int) -> None:
    """Tell the workers of the train queue of a queued run, on commit. Twice is harmless: one of them gets the lease."""
    jobs.enqueue("training.train", queue="train", run_id=run_id)


@transaction.atomic
def cancel_run(*, run: Run, actor: User | None = None, label: str = "") -> None:
    """End a queued run at once; ask the worker of a running one to stop, which it does within seconds.

    Raises `Conflict` where the run has ended already.
    """
    locked = Run.objects.select_for_update().get(pk=run.pk)
    if locked.state not in Run.ACTIVE_STATES:
        raise errors.Conflict(_("Run %(id)d has ended already; there is nothing to cancel.") % {"id": run.pk})
    if locked.state == Run.State.QUEUED:
        states.move(run.pk, Run.State.CANCELLED, cancel_requested_at=clock.now(), **Reason("cancelled").columns())
    else:
        Run.objects.filter(pk=run.pk).update(cancel_requested_at=clock.now())
    record_audit(shop=run.shop, actor=actor, label=label, action="run.cancel", subject=str(run.pk))


@transaction.atomic
def change_plan(
    *,
    shop: Shop,
    retrains_nightly: bool,
    counts_simulated: bool,
    event_weights: Mapping[str, float] | None = None,
    actor: User | None = None,
    label: str = "",
    **when: Any,
) -> RetrainPlan:
    """Decide whether the shop retrains by itself, whether simulated shoppers count, and how much each type of event
    does: `event_weights` {type: 0..10}. `when`: `night_hour`, `night_preset`, `weekly_preset`, `weekly_day`,
    `retrains_on_news`. What is not given stays as it is. Raises `Invalid` for what cannot be."""
    values: dict[str, Any] = {"retrains_nightly": retrains_nightly, "counts_simulated": counts_simulated}
    values |= checked_times(when)
    if event_weights is not None:
        values["event_weights"] = chosen_weights(event_weights)
    before = RetrainPlan.objects.filter(shop=shop).values(*values).first() or {}
    plan = RetrainPlan.objects.update_or_create(shop=shop, defaults=values)[0]
    record_audit(shop=shop, actor=actor, label=label, action="retrain_plan.change", changes=differences(before, values))
    return plan


def _one_at_a_time(shop: Shop) -> errors.Conflict:
    running = selectors.active_run(shop)
    if running is None:
        return errors.Conflict(_("Another run of this shop has just ended. Try again."))
    message = _("Run %(id)d of this shop is %(state)s; one run at a time. Wait for it, or cancel it.")
    return errors.Conflict(message % {"id": running.pk, "state": running.get_state_display().lower()})
