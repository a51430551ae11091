"""What sums up experiments, and plans them. From the top: who, when, what they did, one row per visitor, sums."""

from dashboard.events.selectors import is_person

# Money of a line in the shop's currency; ingest splits an event's value over its lines. Others cannot be added up.
LINE_REVENUE = "CASE WHEN i.currency IN ('', %(currency)s) THEN COALESCE(i.value, 0) ELSE 0 END"

_VISITORS = f"""
WITH first_exposure AS (
    SELECT DISTINCT ON (visitor_id) visitor_id, variant, served_at
    FROM events_exposure
    WHERE {{which}} AND shop_id = %(shop)s AND visitor_id <> '' AND served_at <= %(now)s
      AND {is_person("events_exposure", "served_at")}
    ORDER BY visitor_id, served_at, recommendation_id
), cohort AS MATERIALIZED (
    SELECT visitor_id, variant, served_at AS since, served_at + %(window)s AS until,
           (served_at AT TIME ZONE %(zone)s)::date AS day
    FROM first_exposure
    WHERE (served_at AT TIME ZONE %(zone)s)::date >= %(first_day)s
), slate AS MATERIALIZED (
    SELECT e.recommendation_id, e.visitor_id, e.variant, e.latency_ms, e.fallback, e.simulated, e.items,
           c.since, c.until
    FROM cohort c JOIN events_exposure e
      ON {{which_slate}} AND e.visitor_id = c.visitor_id
     AND e.served_at >= c.since AND e.served_at < c.until AND e.served_at <= %(now)s
), slates AS (
    SELECT visitor_id, count(*) AS slates, count(latency_ms) AS timed, COALESCE(sum(latency_ms), 0) AS latency,
           count(*) FILTER (WHERE fallback <> '') AS fallbacks, bool_or(simulated) AS simulated,
           count(DISTINCT variant) > 1 AS changed_sides
    FROM slate GROUP BY visitor_id
), act AS (
    SELECT i.visitor_id,
           bool_or(i.type = 'add_to_cart') AS carted,
           count(DISTINCT COALESCE(NULLIF(i.order_id, ''), i.event_id)) FILTER (WHERE i.type = 'purchase') AS orders,
           COALESCE(sum({LINE_REVENUE}) FILTER (WHERE i.type = 'purchase'), 0) AS revenue,
           count(DISTINCT COALESCE(NULLIF(i.order_id, ''), i.event_id)) FILTER (WHERE i.type = 'refund') AS refunds
    FROM cohort c JOIN events_interaction i
      ON i.shop_id = %(shop)s AND i.visitor_id = c.visitor_id
     AND i.timestamp >= c.since AND i.timestamp < c.until AND i.timestamp <= %(now)s
    GROUP BY i.visitor_id
), earlier AS (
    SELECT i.visitor_id, bool_or(i.type = 'add_to_cart') AS carted, count(DISTINCT NULLIF(i.item_id, '')) AS items,
           sum({LINE_REVENUE}) FILTER (WHERE i.type = 'purchase') AS spent
    FROM cohort c JOIN events_interaction i
      ON i.shop_id = %(shop)s AND i.visitor_id = c.visitor_id
     AND i.timestamp >= c.since - %(before)s AND i.timestamp < c.since
    GROUP BY i.visitor_id
), response AS MATERIALIZED (
    SELECT s.visitor_id, s.recommendation_id, s.since, i.item_id, i.type, i.timestamp
    FROM slate s JOIN events_interaction i
      ON i.recommendation_id = s.recommendation_id AND i.shop_id = %(shop)s AND i.visitor_id = s.visitor_id
     AND i.timestamp < s.until AND i.timestamp <= %(now)s
), click AS (
    SELECT r.visitor_id, count(*) AS clicks,
           count(*) FILTER (WHERE NOT item.in_stock AND item.updated_at <= r.timestamp) AS out_of_stock
    FROM response r LEFT JOIN catalog_item item ON item.shop_id = %(shop)s AND item.item_id = r.item_id
    WHERE r.type = 'select_item' GROUP BY r.visitor_id
), found AS (
    SELECT r.visitor_id, count(DISTINCT r.item_id) AS items
    FROM response r
    JOIN slate s ON s.recommendation_id = r.recommendation_id
    WHERE r.type IN ('select_item', 'view_item', 'add_to_cart', 'add_to_wishlist', 'purchase')
      AND s.items @> jsonb_build_array(jsonb_build_object('item_id', r.item_id, 'explore', true))
      AND NOT EXISTS (
          SELECT FROM events_interaction earlier
          WHERE earlier.shop_id = %(shop)s AND earlier.visitor_id = r.visitor_id
            AND earlier.item_id = r.item_id AND earlier.timestamp < r.since)
    GROUP BY r.visitor_id
), visitor AS (
    SELECT c.variant, c.day, COALESCE(a.carted, false)::int AS carted, COALESCE(a.orders, 0) AS orders,
           COALESCE(a.revenue, 0)::float AS revenue, COALESCE(a.refunds, 0) AS refunds,
           COALESCE(p.spent, 0)::float AS spent, COALESCE(p.carted, false)::int AS carted_before,
           COALESCE(p.items, 0) AS items_before, s.slates, s.timed, s.latency, s.fallbacks,
           s.simulated::int AS simulated, s.changed_sides::int AS changed_sides,
           COALESCE(k.clicks, 0) AS clicks, COALESCE(k.out_of_stock, 0) AS out_of_stock, COALESCE(f.items, 0) AS items
    FROM cohort c
    JOIN slates s USING (visitor_id)
    LEFT JOIN act a USING (visitor_id)
    LEFT JOIN earlier p USING (visitor_id)
    LEFT JOIN click k USING (visitor_id)
    LEFT JOIN found f USING (visitor_id)
)
"""  # noqa: S608  the only things put in are constants of this code

_METRICS = """
FROM visitor CROSS JOIN LATERAL (VALUES
    ('add_to_cart_rate', carted::float, carted_before::float),
    ('click_through', clicks, slates),
    ('orders_per_visitor', orders, spent),
    ('revenue_per_visitor', revenue, spent),
    ('items_discovered', items, items_before),
    ('refund_rate', refunds, orders),
    ('out_of_stock_clicks', out_of_stock, clicks),
    ('slate_latency', latency, timed),
    ('fallback_share', fallbacks, slates),
    ('simulated_visitors', simulated, 0),
    ('changed_sides', changed_sides, 0)
) AS value (metric, y, x)
"""

_OF_EXPERIMENT = {
    "which": "experiment_id = %(experiment)s",
    "which_slate": "e.experiment_id = %(experiment)s",
}
_OF_PLACEMENT = {
    "which": "placement = %(placement)s AND served_at >= %(since)s AND (hashtext(visitor_id) & 1023) < %(parts)s",
    "which_slate": "e.shop_id = %(shop)s AND e.placement = %(placement)s",
}

INSERT_MOMENTS = f"""
{_VISITORS.format(**_OF_EXPERIMENT)}
INSERT INTO experiments_dailymoment
    (experiment_id, variant, day, metric, n, sum_y, sum_yy, sum_x, sum_xx, sum_xy)
SELECT %(experiment)s, variant, day, metric, count(*), sum(y), sum(y * y), sum(x), sum(x * x), sum(x * y)
{_METRICS}
GROUP BY variant, day, metric
"""

#: The same sums of a placement's visitors as they are, for planning: of `parts` of 1024 of them.
PLACEMENT_MOMENTS = f"""
{_VISITORS.format(**_OF_PLACEMENT)}
SELECT count(*), sum(y), sum(y * y), sum(x), sum(x * x), sum(x * y)
{_METRICS}
WHERE metric = %(metric)s
"""
