"""Reads: a visitor's history, the live stream, health, daily sums."""

from dashboard.events.selectors.arrivals import MinuteCount, arrivals_by_minute
from dashboard.events.selectors.bots import bot_counts, bots, is_person, without_bots
from dashboard.events.selectors.days import (
    Day,
    Period,
    ShopDays,
    are_clicks_clearly_changed,
    are_sales_clearly_changed,
    clicks_change,
    last_days,
    placement_totals,
    ratio,
    sales_change,
    shop_days,
)
from dashboard.events.selectors.export import kept_behaviour
from dashboard.events.selectors.exposures import (
    LoggedSlate,
    SlateHead,
    candidate_count,
    logged_slates,
    only_simulated,
    recent_visitors,
    slates_by_ids,
    slates_of_people,
    slots_of_items,
)
from dashboard.events.selectors.health import (
    UnknownItems,
    event_totals,
    last_received_at,
    latest_interactions,
    rejected_counts,
    rejected_examples,
    unknown_items,
)
from dashboard.events.selectors.history import PastInteraction, recent_interactions
from dashboard.events.selectors.listing import INTERACTION_COLUMNS, interaction_page
from dashboard.events.selectors.not_interested import not_interested_days
from dashboard.events.selectors.outcomes import Outcome, slate_outcomes
from dashboard.events.selectors.privacy import earlier_ids, erased_visitors, privacy_of
from dashboard.events.selectors.retention import retention_days

__all__ = [
    "INTERACTION_COLUMNS",
    "Day",
    "LoggedSlate",
    "MinuteCount",
    "Outcome",
    "PastInteraction",
    "Period",
    "ShopDays",
    "SlateHead",
    "UnknownItems",
    "are_clicks_clearly_changed",
    "are_sales_clearly_changed",
    "arrivals_by_minute",
    "bot_counts",
    "bots",
    "candidate_count",
    "clicks_change",
    "earlier_ids",
    "erased_visitors",
    "event_totals",
    "interaction_page",
    "is_person",
    "kept_behaviour",
    "last_days",
    "last_received_at",
    "latest_interactions",
    "logged_slates",
    "not_interested_days",
    "only_simulated",
    "placement_totals",
    "privacy_of",
    "ratio",
    "recent_interactions",
    "recent_visitors",
    "rejected_counts",
    "rejected_examples",
    "retention_days",
    "sales_change",
    "shop_days",
    "slate_outcomes",
    "slates_by_ids",
    "slates_of_people",
    "slots_of_items",
    "unknown_items",
    "without_bots",
]
