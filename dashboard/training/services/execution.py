"""One attempt of a run, from the lease to the published artifact."""

import json
import logging
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.conf import settings

from dashboard.core import errors
from dashboard.core.tenancy import operator_scope, shop_scope
from dashboard.events.services import look_for_non_merchandise
from dashboard.segments.identity import earlier_numbers
from dashboard.training import gate, selectors
from dashboard.training.learnt_rows import left_out
from dashboard.training.limits import limits_of
from dashboard.training.lineage import bounds_of, goes_on, parent_of, weights_of
from dashboard.training.models import Artifact, Run
from dashboard.training.reasons import Reason
from dashboard.training.services import snapshot, trainer
from dashboard.training.services.lease import MAX_ATTEMPTS, CancelRequested, Lease, Timing, take_lease
from dashboard.training.services.publishing import keep_artifact, publish_artifact
from dashboard.training.services.report import TRAINER_TO, Report, Watch, without_folders
from dashboard.training.services.runs import tell_workers
from dashboard.training.states import LeaseLost
from dashboard.training.sufficiency import LEAST_INTERACTIONS, LEAST_VISITORS

logger = logging.getLogger(__name__)

# fsync and a rename take milliseconds here; an upload to an object store may be slow, and cannot beat meanwhile.
STORE_SECONDS = 600.0
Train = Callable[..., None]  # as `trainer.run_trainer`


class TooLittleData(Exception):
    """There is nothing to learn from; why, and what was left out."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason.code)
        self.reason = reason


def execute_run(
    *,
    run_id: int,
    timing: Timing = Timing(),  # noqa: B008
    watch: Watch | None = None,
    exactly: bool = False,
    train: Train = trainer.run_trainer,
) -> None:
    """Work on a queued run until it has ended; nothing happens where another worker has it or it is not queued.

    Delivered twice, or too late, it is harmless: the second finds no queued run. Every ending is written into the row
    with its reason. `watch` hears stage and progress as they are written. Of several that are queued it is the one
    whose turn it is, or `exactly` this one. `train` runs the command of the library, here or elsewhere.
    """
    with operator_scope("the run tells the shop"):
        lease = take_lease(run_id, timing, exactly=exactly)
    if lease is None:
        logger.debug("run %s is not queued; nothing to do", run_id)
        return
    try:
        with shop_scope(lease.run.shop_id):
            _end_well(lease, lambda: _carry_out(lease, watch, train))
    except LeaseLost as lost:
        logger.warning("%s", lost.message)


def execute_here(*, run_id: int, watch: Watch | None = None) -> None:
    """Work on a run in this process, with the attempts that workers would make. Ctrl-C cancels it."""
    for _attempt in range(MAX_ATTEMPTS):
        execute_run(run_id=run_id, watch=watch, exactly=True)


def work_folder(run: Run) -> Path:
    """Where the attempts of a run keep snapshot, checkpoint and result; gone when it has ended."""
    return Path(settings.DATA_DIR) / "runs" / str(run.pk)


def _end_well(lease: Lease, work: Callable[[], None]) -> None:
    """Do the work and write down how it ended, whatever it raises."""
    try:
        work()
    except LeaseLost:
        raise
    except trainer.TrainerKilled:
        _try_again(lease)
        return
    except KeyboardInterrupt:
        lease.move(Run.State.CANCELLED, **Reason("cancelled").columns())
        raise
    except SystemExit:  # the worker is being shut down: no fault of the run, so the attempt does not count
        lease.move(Run.State.QUEUED, attempt=lease.run.attempt - 1)
        tell_workers(lease.run.pk)
        raise
    except CancelRequested:
        lease.move(Run.State.CANCELLED, **Reason("cancelled").columns())
    except Exception as error:
        lease.move(Run.State.FAILED, **_failure(lease.run, error).columns())
    shutil.rmtree(work_folder(lease.run), ignore_errors=True)


def _failure(run: Run, error: Exception) -> Reason:
    if isinstance(error, TooLittleData):
        return error.reason
    if isinstance(error, trainer.TrainerTooSlow):
        return Reason("took_too_long", {"minutes": error.message})
    codes = {trainer.BadData: "bad_data", trainer.TrainerFailed: "trainer_failed", errors.Unavailable: "store_failed"}
    for kind, code in codes.items():
        if isinstance(error, kind):
            return Reason(code, {"message": without_folders(str(error))})
    logger.exception("run %s failed", run.pk, exc_info=error)
    return Reason("internal", {"message": without_folders(f"{type(error).__name__}: {error}")[:300]})


def _try_again(lease: Lease) -> None:
    """The trainer was killed, not wrong: queue the run again with its checkpoint, at most twice."""
    if lease.run.attempt >= MAX_ATTEMPTS:
        lease.move(Run.State.FAILED, **Reason("trainer_killed", {"attempts": lease.run.attempt}).columns())
        shutil.rmtree(work_folder(lease.run), ignore_errors=True)
        return
    lease.move(Run.State.QUEUED)
    tell_workers(lease.run.pk)


def _carry_out(lease: Lease, watch: Watch | None, train: Train) -> None:
    report = Report(lease, watch)
    folder = work_folder(lease.run)
    lease.run.compared_with = parent_of(lease.run)
    _export(lease, report, folder / "snapshot")
    result = folder / f"result-{lease.token}"
    command, limits = _command(lease.run, folder, result), limits_of(lease.run.shop)
    train(command, hear=report.hear, timing=lease.timing, limits=limits)
    lease.move(Run.State.EVALUATING)
    report.enter("publish", progress=TRAINER_TO, extra_seconds=STORE_SECONDS)
    artifact = keep_artifact(lease=lease, folder=result)
    _publish_or_hold_back(lease, artifact)


def _export(lease: Lease, report: Report, folder: Path) -> None:
    run, bounds = lease.run, bounds_of(lease.run)
    look_for_non_merchandise(shop=run.shop)
    found = snapshot.counts(shop=run.shop, bounds=bounds)
    if found["interactions"] < LEAST_INTERACTIONS or found["visitors"] < LEAST_VISITORS:
        without = left_out(shop=run.shop, counts_simulated=bounds.counts_simulated)
        raise TooLittleData(Reason("nothing_to_learn", {**found, "left_out": without}))
    seconds = found["interactions"] / snapshot.ROWS_PER_SECOND
    run.counts, run.snapshot_until = found, bounds.until
    changes: dict[str, Any] = {"counts": found, "compared_with": run.compared_with, "snapshot_until": bounds.until}
    report.enter("snapshot", progress=0.01, extra_seconds=seconds, checkpoint=str(folder), **changes)
    snapshot.export_snapshot(shop=run.shop, folder=folder, bounds=bounds)
    report.note(f"{found['interactions']:,} interactions, {found['visitors']:,} visitors, {found['items']:,} items")


def _command(run: Run, folder: Path, result: Path) -> list[str]:
    import pyarrow.parquet as pq  # 40 MB that a web process never needs

    data = folder / "snapshot"
    options = {
        "--interactions": data / "interactions.parquet",
        "--items": data / "items.parquet",
        "--out": result,
        "--checkpoint": folder / "checkpoint",
        "--preset": run.preset,
        "--seed": run.seed,
        "--progress": "json",
    }
    if weights := weights_of(run):
        options["--config"] = own = folder / "config.json"
        own.write_text(json.dumps({"events": weights}), encoding="utf-8")
    if not pq.read_metadata(data / "items.parquet").num_rows:
        del options["--items"]
    if (previous := _previous_artifact(run)) is not None:
        options["--previous"] = previous
    if earlier := earlier_numbers(run.shop):
        options["--earlier-segments"] = path = folder / "earlier-segments.json"
        path.write_text(json.dumps(earlier), encoding="utf-8")
    flags = ["--warm-start"] if goes_on(run) and previous is not None else []
    return [*settings.TRAINER_COMMAND, "train", *(str(part) for pair in options.items() for part in pair), *flags]


def _previous_artifact(run: Run) -> Path | None:
    """The folder of what serves, so that segments keep their numbers and the new version is compared with it; None
    where its files are gone."""
    try:
        return selectors.local_artifact_folder(run.compared_with) if run.compared_with else None
    except errors.NotFound:
        return None


def _contest(run: Run, artifact: Artifact) -> gate.Contest:
    if run.repeats is not None:
        return gate.Contest(artifact.metrics, run.preset, artifact.lineage, repeats=str(run.repeats))
    active = selectors.active_artifact(run.shop)
    if active is None:
        return gate.Contest(artifact.metrics, run.preset, artifact.lineage)
    return gate.Contest(
        artifact.metrics,
        run.preset,
        artifact.lineage,
        version=str(active),
        active_preset=selectors.run(run.shop, active.run_id).preset,
        is_compared=active.pk == run.compared_with_id,
    )


def _publish_or_hold_back(lease: Lease, artifact: Artifact) -> None:
    objection = gate.objection(_contest(lease.run, artifact))
    if objection is None:
        publish_artifact(artifact=artifact, token=lease.token)
    else:
        lease.move(Run.State.REJECTED, progress=1, **objection.columns())
