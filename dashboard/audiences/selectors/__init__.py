"""Reads: audiences of a shop, who belongs to them, what is known of a visitor."""

from dashboard.audiences.selectors.audiences import (
    CompiledAudience,
    audience_of,
    audiences_asking_for,
    audiences_by_id,
    audiences_of,
    barred_audiences,
    belongs_to,
    compiled_audiences,
    met_audiences,
    ready_audiences,
    usable_audience,
)
from dashboard.audiences.selectors.changes import (
    changes_after,
    changes_between,
    changes_of_visitor,
    last_change_id,
    told_audiences,
)
from dashboard.audiences.selectors.followed import latest_members, latest_sizes
from dashboard.audiences.selectors.members import (
    Size,
    audience_size,
    listed_condition,
    member_page,
    members_among,
)
from dashboard.audiences.selectors.visitors import attributes_known, visitor_attributes
from dashboard.audiences.selectors.weeks import latest_weeks, weeks_of

__all__ = [
    "CompiledAudience",
    "Size",
    "attributes_known",
    "audience_of",
    "audience_size",
    "audiences_asking_for",
    "audiences_by_id",
    "audiences_of",
    "barred_audiences",
    "belongs_to",
    "changes_after",
    "changes_between",
    "changes_of_visitor",
    "compiled_audiences",
    "last_change_id",
    "latest_members",
    "latest_sizes",
    "latest_weeks",
    "listed_condition",
    "member_page",
    "members_among",
    "met_audiences",
    "ready_audiences",
    "told_audiences",
    "usable_audience",
    "visitor_attributes",
    "weeks_of",
]
