"""Reads: audiences of a shop, who belongs to them, what is known of a visitor."""

from dashboard.audiences.selectors.audiences import (
    CompiledAudience,
    audience_of,
    audiences_by_id,
    audiences_of,
    compiled_audiences,
    met_audiences,
    ready_audiences,
)
from dashboard.audiences.selectors.members import (
    Size,
    audience_size,
    listed_condition,
    member_page,
    members_among,
)
from dashboard.audiences.selectors.visitors import attributes_known, visitor_attributes

__all__ = [
    "CompiledAudience",
    "Size",
    "attributes_known",
    "audience_of",
    "audience_size",
    "audiences_by_id",
    "audiences_of",
    "compiled_audiences",
    "listed_condition",
    "member_page",
    "members_among",
    "met_audiences",
    "ready_audiences",
    "visitor_attributes",
]
