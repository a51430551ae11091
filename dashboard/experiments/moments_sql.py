"""What sums up experiments, and plans them. From the top: who, when, what they did, one row per visitor, sums."""

from dashboard.events.selectors import is_person

# Money of a line in the shop's currency; ingest splits an event's value over its lines. Others cannot be added up.
LINE_REVENUE = "CASE WHEN i.currency IN ('', %(currency)s) THEN COALESCE(i.value, 0) ELSE 0 END"
_ORDER = "COALESCE(NULLIF(i.order_id, ''), i.event_id)"

COHORT = f"""
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
)"""  # noqa: S608  the only things put in are constants of this code

_BEHAVIOUR = f"""
, slate AS MATERIALIZED (
    SELECT e.recommendation_id, e.visitor_id, e.variant, e.latency_ms, e.fallback, e.simulated, e.items,
           c.since, c.until
    FROM cohort c JOIN events_exposure e
      ON {{which_slate}} AND e.visitor_id = c.visitor_id
     AND e.served_at >= c.since AND e.served_at < c.until AND e.served_at <= %(now)s
), slates AS MATERIALIZED (
    SELECT visitor_id, count(*) AS slates, count(latency_ms) AS timed, COALESCE(sum(latency_ms), 0) AS latency,
           count(*) FILTER (WHERE fallback <> '') AS fallbacks, bool_or(simulated) AS simulated,
           count(DISTINCT variant) > 1 AS changed_sides
    FROM slate GROUP BY visitor_id
), shown AS MATERIALIZED (
    SELECT visitor_id, count(DISTINCT item ->> 'item_id') AS items
    FROM slate CROSS JOIN LATERAL jsonb_array_elements(items) AS item GROUP BY visitor_id
), rendered AS MATERIALIZED (
    SELECT s.visitor_id, count(DISTINCT i.recommendation_id) AS slates
    FROM slate s JOIN events_impression i
      ON i.shop_id = %(shop)s AND i.visitor_id = s.visitor_id AND i.recommendation_id = s.recommendation_id
     AND i.timestamp < s.until AND i.timestamp <= %(now)s
    GROUP BY s.visitor_id
), act AS MATERIALIZED (
    SELECT i.visitor_id,
           bool_or(i.type = 'add_to_cart') AS carted,
           count(DISTINCT {_ORDER}) FILTER (WHERE i.type = 'purchase') AS orders,
           COALESCE(sum({LINE_REVENUE}) FILTER (WHERE i.type = 'purchase'), 0) AS revenue,
           COALESCE(sum(i.quantity) FILTER (WHERE i.type = 'purchase'), 0) AS pieces,
           count(DISTINCT {_ORDER}) FILTER (WHERE i.type = 'refund') AS refunds
    FROM cohort c JOIN events_interaction i
      ON i.shop_id = %(shop)s AND i.visitor_id = c.visitor_id
     AND i.timestamp >= c.since AND i.timestamp < c.until AND i.timestamp <= %(now)s
    GROUP BY i.visitor_id
), earlier AS MATERIALIZED (
    SELECT i.visitor_id, bool_or(i.type = 'add_to_cart') AS carted, count(DISTINCT NULLIF(i.item_id, '')) AS items,
           sum({LINE_REVENUE}) FILTER (WHERE i.type = 'purchase') AS spent,
           count(DISTINCT {_ORDER}) FILTER (WHERE i.type = 'purchase') AS orders,
           sum(i.quantity) FILTER (WHERE i.type = 'purchase') AS pieces,
           count(*) FILTER (WHERE i.type = 'select_item' AND i.recommendation_id IS NOT NULL) AS clicks
    FROM cohort c JOIN events_interaction i
      ON i.shop_id = %(shop)s AND i.visitor_id = c.visitor_id
     AND i.timestamp >= c.since - %(before)s AND i.timestamp < c.since
    GROUP BY i.visitor_id
), earlier_slates AS MATERIALIZED (
    SELECT e.visitor_id, count(*) AS slates
    FROM cohort c JOIN events_exposure e
      ON e.shop_id = %(shop)s AND e.visitor_id = c.visitor_id
     AND e.served_at >= c.since - %(before)s AND e.served_at < c.since
    GROUP BY e.visitor_id
), response AS MATERIALIZED (
    SELECT s.visitor_id, s.recommendation_id, s.since, i.item_id, i.type, i.timestamp
    FROM slate s JOIN events_interaction i
      ON i.recommendation_id = s.recommendation_id AND i.shop_id = %(shop)s AND i.visitor_id = s.visitor_id
     AND i.timestamp < s.until AND i.timestamp <= %(now)s
), click AS MATERIALIZED (
    SELECT r.visitor_id, count(*) AS clicks, count(DISTINCT r.recommendation_id) AS slates,
           greatest(extract(epoch FROM min(r.timestamp) - min(r.since)), 0) AS first_after,
           count(*) FILTER (WHERE NOT item.in_stock AND item.updated_at <= r.timestamp) AS out_of_stock
    FROM response r LEFT JOIN catalog_item item ON item.shop_id = %(shop)s AND item.item_id = r.item_id
    WHERE r.type = 'select_item' GROUP BY r.visitor_id
), led AS MATERIALIZED (
    SELECT r.visitor_id,
           count(DISTINCT r.recommendation_id) FILTER (WHERE i.type = 'add_to_cart') AS carted,
           count(DISTINCT r.recommendation_id) FILTER (WHERE i.type = 'purchase') AS bought
    FROM response r JOIN events_interaction i
      ON i.shop_id = %(shop)s AND i.visitor_id = r.visitor_id AND i.item_id = r.item_id
     AND i.timestamp >= r.timestamp AND i.timestamp < r.timestamp + %(answer)s AND i.timestamp <= %(now)s
    WHERE r.type = 'select_item' AND i.type IN ('add_to_cart', 'purchase')
    GROUP BY r.visitor_id
), found AS MATERIALIZED (
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
), visitor AS MATERIALIZED (
    SELECT c.visitor_id, c.variant, c.day, c.since,
           COALESCE(a.carted, false)::int AS carted, COALESCE(a.orders, 0) AS orders,
           COALESCE(a.revenue, 0)::float AS revenue, COALESCE(a.pieces, 0) AS pieces,
           COALESCE(a.refunds, 0) AS refunds,
           COALESCE(p.spent, 0)::float AS spent, COALESCE(p.carted, false)::int AS carted_before,
           COALESCE(p.items, 0) AS items_before, COALESCE(p.orders, 0) AS orders_before,
           COALESCE(p.pieces, 0) AS pieces_before, COALESCE(p.clicks, 0) AS clicks_before,
           COALESCE(b.slates, 0) AS slates_before, p.visitor_id IS NULL AND b.visitor_id IS NULL AS is_new,
           s.slates, s.timed, s.latency, s.fallbacks, s.simulated::int AS simulated,
           s.changed_sides::int AS changed_sides, COALESCE(w.items, 0) AS items_shown,
           COALESCE(r.slates, 0) AS slates_rendered, COALESCE(k.slates, 0) AS slates_clicked,
           COALESCE(l.carted, 0) AS slates_carted, COALESCE(l.bought, 0) AS slates_bought,
           COALESCE(k.clicks, 0) AS clicks, COALESCE(k.out_of_stock, 0) AS out_of_stock,
           COALESCE(k.first_after, 0)::float AS first_after, (k.visitor_id IS NOT NULL)::int AS clicked,
           COALESCE(f.items, 0) AS items
    FROM cohort c
    JOIN slates s USING (visitor_id)
    LEFT JOIN shown w USING (visitor_id)
    LEFT JOIN rendered r USING (visitor_id)
    LEFT JOIN act a USING (visitor_id)
    LEFT JOIN earlier p USING (visitor_id)
    LEFT JOIN earlier_slates b USING (visitor_id)
    LEFT JOIN click k USING (visitor_id)
    LEFT JOIN led l USING (visitor_id)
    LEFT JOIN found f USING (visitor_id)
), average AS (
    SELECT day, sum(clicks_before)::float / NULLIF(sum(slates_before), 0) AS clicks,
           sum(spent) / NULLIF(sum(orders_before), 0) AS order_value,
           sum(pieces_before)::float / NULLIF(sum(orders_before), 0) AS order_pieces
    FROM visitor GROUP BY day
)
"""  # noqa: S608

# y, x and c. The covariate of a ratio: what the visitor's past brought beyond the average of the day's visitors.
_METRICS = """
FROM visitor v JOIN average USING (day) CROSS JOIN LATERAL (VALUES
    ('add_to_cart_rate', carted::float, carted_before::float, 0::float),
    ('click_through', v.clicks, slates, clicks_before - slates_before * COALESCE(average.clicks, 0)),
    ('conversion_rate', (orders > 0)::int, (orders_before > 0)::int, 0),
    ('orders_per_visitor', orders, spent, 0),
    ('revenue_per_visitor', revenue, spent, 0),
    ('average_order', revenue, orders, spent - orders_before * COALESCE(order_value, 0)),
    ('items_per_order', pieces, orders, pieces_before - orders_before * COALESCE(order_pieces, 0)),
    ('items_discovered', items, items_before, 0),
    ('items_shown', items_shown, items_before, 0),
    ('seconds_to_click', first_after, clicked, 0),
    ('refund_rate', refunds, orders, 0),
    ('out_of_stock_clicks', out_of_stock, v.clicks, 0),
    ('slate_latency', latency, timed, 0),
    ('fallback_share', fallbacks, slates, 0),
    ('slates_rendered', slates_rendered, slates, 0),
    ('slates_clicked', slates_clicked, slates, 0),
    ('slates_carted', slates_carted, slates, 0),
    ('slates_bought', slates_bought, slates, 0),
    ('simulated_visitors', simulated, 0, 0),
    ('changed_sides', changed_sides, 0, 0)
) AS value (metric, y, x, c)
"""
SUMS_SQL = "count(*), sum(y), sum(y * y), sum(x), sum(x * x), sum(x * y), sum(c), sum(c * c), sum(c * y), sum(c * x)"
COLUMNS = "n, sum_y, sum_yy, sum_x, sum_xx, sum_xy, sum_c, sum_cc, sum_cy, sum_cx"

# Whose first slate was before the open days is in a day that is closed: of an old experiment nothing else is read.
_NOT_CLOSED = f"""
    served_at >= %(open_from)s AND NOT EXISTS (
        SELECT FROM events_exposure earlier
        WHERE earlier.experiment_id = %(experiment)s AND earlier.shop_id = %(shop)s
          AND earlier.visitor_id = events_exposure.visitor_id AND earlier.served_at < %(open_from)s
          AND {is_person("earlier", "served_at")})
"""
OF_EXPERIMENT = {
    "which": f"experiment_id = %(experiment)s AND {_NOT_CLOSED}",
    "which_slate": "e.experiment_id = %(experiment)s",
}
OF_PLACEMENT = {
    "which": "placement = %(placement)s AND served_at >= %(since)s AND (hashtext(visitor_id) & 1023) < %(parts)s",
    "which_slate": "e.shop_id = %(shop)s AND e.placement = %(placement)s",
}

# The groups that a visitor was in before the first slate, so that the experiment cannot have put anybody there.
PART = """
, part AS (
    SELECT visitor_id, CASE WHEN is_new THEN 'new' ELSE 'returning' END AS part FROM visitor
    UNION ALL
    SELECT v.visitor_id, 'device:' || lower(known.attributes ->> 'device')
    FROM visitor v JOIN audiences_visitor known ON known.shop_id = %(shop)s AND known.visitor_id = v.visitor_id
    WHERE jsonb_typeof(known.attributes -> 'device') = 'string' AND length(known.attributes ->> 'device') <= 40
    UNION ALL
    SELECT visitor_id, 'audience:' || audience_id FROM (
        SELECT DISTINCT ON (v.visitor_id, change.audience_id) v.visitor_id, change.audience_id, change.has_entered
        FROM visitor v JOIN audiences_audiencechange change
          ON change.shop_id = %(shop)s AND change.visitor_id = v.visitor_id AND change.at <= v.since
        ORDER BY v.visitor_id, change.audience_id, change.id DESC
    ) AS latest WHERE has_entered
)"""

_OF_PARTS = """
, of_parts AS (
    INSERT INTO experiments_partmoment (experiment_id, part, variant, day, metric, {columns})
    SELECT %(experiment)s, part, variant, day, metric, {sums}
    {metrics} JOIN part ON part.visitor_id = v.visitor_id
    WHERE metric = %(primary)s
    GROUP BY part, variant, day, metric
)
"""

INSERT_MOMENTS = f"""
{COHORT.format(**OF_EXPERIMENT)}
{_BEHAVIOUR.format(**OF_EXPERIMENT)}
{PART}
{_OF_PARTS.format(columns=COLUMNS, sums=SUMS_SQL, metrics=_METRICS)}
INSERT INTO experiments_dailymoment (experiment_id, variant, day, metric, {COLUMNS})
SELECT %(experiment)s, variant, day, metric, {SUMS_SQL}
{_METRICS}
GROUP BY variant, day, metric
"""

#: The same sums of a placement's visitors as they are, for planning: of `parts` of 1024 of them.
PLACEMENT_MOMENTS = f"""
{COHORT.format(**OF_PLACEMENT)}
{_BEHAVIOUR.format(**OF_PLACEMENT)}
SELECT metric, {SUMS_SQL}
{_METRICS}
WHERE metric = ANY(%(metrics)s) GROUP BY metric
"""
