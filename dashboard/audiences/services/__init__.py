"""Writes: audiences, what shops send of visitors, their figures."""

from dashboard.audiences.services.audiences import archive_audience, change_audience, create_audience
from dashboard.audiences.services.counting import count_all_visitors, count_visitors
from dashboard.audiences.services.following import follow_audiences, forget_old_changes
from dashboard.audiences.services.privacy import change_privacy
from dashboard.audiences.services.visitors import forget_visitor, merge_visitor, set_attributes
from dashboard.audiences.services.weeks import sum_weeks

__all__ = [
    "archive_audience",
    "change_audience",
    "change_privacy",
    "count_all_visitors",
    "count_visitors",
    "create_audience",
    "follow_audiences",
    "forget_old_changes",
    "forget_visitor",
    "merge_visitor",
    "set_attributes",
    "sum_weeks",
]
