"""Writes: ingest, imports, exposures, daily sums, identity, erasure."""

from dashboard.events.services.bots import count_again, mark_too_fast
from dashboard.events.services.exposures import record_exposure, store_exposures_later
from dashboard.events.services.identity import join_late_events, merge_visitor
from dashboard.events.services.imports import import_events
from dashboard.events.services.kpis import refresh_daily_kpis
from dashboard.events.services.merchandise import look_for_non_merchandise
from dashboard.events.services.not_interested import change_not_interested
from dashboard.events.services.partitions import keep_partitions
from dashboard.events.services.privacy import erase_visitor, forget_erased
from dashboard.events.services.record import OLDEST_DAYS, record_events
from dashboard.events.services.retention import change_retention, forget_old_events, kept_since

__all__ = [
    "OLDEST_DAYS",
    "change_not_interested",
    "change_retention",
    "count_again",
    "erase_visitor",
    "forget_erased",
    "forget_old_events",
    "import_events",
    "join_late_events",
    "keep_partitions",
    "kept_since",
    "look_for_non_merchandise",
    "mark_too_fast",
    "merge_visitor",
    "record_events",
    "record_exposure",
    "refresh_daily_kpis",
    "store_exposures_later",
]
