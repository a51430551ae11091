"""What slates brought, position by position: clicks, and the purchases that followed them."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection

from dashboard.accounts.models import Shop

ATTRIBUTION_HOURS = 24  # a purchase this long after a click on the item is brought by the slate of the last click

# As the daily sums count (services/kpi_sql.py): a click is a `select_item` or `view_item` that names a slate of that
# visitor which held the item, once per slate and item.
_OUTCOMES = """
    WITH click AS (
        SELECT i.recommendation_id, e.placement, i.visitor_id, i.item_id, shown.position, i.timestamp
        FROM events_interaction i
        JOIN events_exposure e ON e.recommendation_id = i.recommendation_id AND e.shop_id = i.shop_id
            AND e.served_at >= %(since)s AND e.served_at <= %(until)s
        CROSS JOIN LATERAL (
            SELECT place AS position FROM jsonb_array_elements(e.items) WITH ORDINALITY AS entry (item, place)
            WHERE item->>'item_id' = i.item_id LIMIT 1
        ) AS shown
        WHERE i.shop_id = %(shop)s AND i.timestamp >= %(since)s AND i.recommendation_id IS NOT NULL
          AND i.type IN ('select_item', 'view_item')
          AND (e.visitor_id = i.visitor_id OR (e.visitor_id = '' AND e.session_id = i.session_id))
    ), brought AS (
        SELECT DISTINCT ON (sale.id) click.recommendation_id, click.position, click.placement,
            CASE WHEN sale.currency IN ('', %(currency)s) THEN coalesce(sale.value, 0) ELSE 0 END AS money
        FROM events_interaction sale JOIN click USING (visitor_id, item_id)
        WHERE sale.shop_id = %(shop)s AND sale.type = 'purchase' AND sale.timestamp >= %(since)s
          AND click.timestamp <= sale.timestamp
          AND click.timestamp >= sale.timestamp - make_interval(hours => %(hours)s)
        ORDER BY sale.id, click.timestamp DESC
    ), bought AS (
        SELECT recommendation_id, position, count(*) AS purchases, sum(money) AS money
        FROM brought WHERE placement = %(placement)s GROUP BY recommendation_id, position
    )
    SELECT DISTINCT ON (click.recommendation_id, click.position)
        click.recommendation_id, click.position, coalesce(purchases, 0), coalesce(money, 0)::float8
    FROM click LEFT JOIN bought USING (recommendation_id, position)
    WHERE click.placement = %(placement)s
    ORDER BY click.recommendation_id, click.position
"""


@dataclass(frozen=True)
class Outcome:
    """A place of a slate that was clicked, how many purchases followed, and their money in the shop's currency."""

    recommendation_id: UUID
    position: int
    purchases: int
    revenue: float


def slate_outcomes(shop: Shop, placement: str, *, since: datetime, until: datetime) -> list[Outcome]:
    """Of every slate of the placement that was served between two moments and clicked."""
    asked: dict[str, Any] = {"shop": shop.pk, "currency": shop.currency, "hours": ATTRIBUTION_HOURS}
    with connection.cursor() as cursor:
        cursor.execute(_OUTCOMES, {**asked, "placement": placement, "since": since, "until": until})
        return [Outcome(*row) for row in cursor.fetchall()]
