"""Forgetting a visitor, and joining two ids of one."""

from django.db import connection, transaction

from dashboard.accounts.models import Shop
from dashboard.experiments.models import Assignment

# Of two assignments the earlier one is kept: what the visitor saw first is what the experiment is about.
_KEEP_EARLIER = """
    UPDATE experiments_assignment AS kept SET variant = other.variant, assigned_at = other.assigned_at
    FROM experiments_assignment AS other, experiments_experiment AS experiment
    WHERE experiment.id = other.experiment_id AND experiment.shop_id = %(shop)s
        AND other.visitor_id = %(visitor)s AND kept.visitor_id = %(into)s
        AND kept.experiment_id = other.experiment_id AND other.assigned_at < kept.assigned_at
"""
_RENAME_REST = """
    UPDATE experiments_assignment AS mine SET visitor_id = %(into)s FROM experiments_experiment AS experiment
    WHERE experiment.id = mine.experiment_id AND experiment.shop_id = %(shop)s AND mine.visitor_id = %(visitor)s
        AND NOT EXISTS (
            SELECT 1 FROM experiments_assignment AS theirs
            WHERE theirs.experiment_id = mine.experiment_id AND theirs.visitor_id = %(into)s)
"""


def forget_visitor(*, shop: Shop, visitor_id: str) -> int:
    """Erase which variants a visitor was assigned to. Returns how many; daily sums stay, they name nobody."""
    return Assignment.objects.filter(experiment__shop=shop, visitor_id=visitor_id).delete()[0]


@transaction.atomic
def merge_visitor(*, shop: Shop, visitor_id: str, into: str) -> int:
    """Give a visitor's variants to the id that it is merged into. Returns how many experiments that touches.

    Where both were assigned the earlier assignment is kept, whichever id it was made for. A visitor who thereby changes
    sides is counted by the experiment's own check for that.
    """
    parameters: dict[str, str | int] = {"shop": shop.pk, "visitor": visitor_id, "into": into}
    touched = Assignment.objects.filter(experiment__shop=shop, visitor_id=visitor_id).count()
    if touched:
        with connection.cursor() as cursor:
            cursor.execute(_KEEP_EARLIER, parameters)
            cursor.execute(_RENAME_REST, parameters)
        forget_visitor(shop=shop, visitor_id=visitor_id)
    return touched
