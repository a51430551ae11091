"""The SQL of the daily sums. Days are calendar days of the shop's zone."""

ANSWER_DAYS = 92  # behaviour that names an older slate counts for none

ALL_DAYS = """
    SELECT (timestamp AT TIME ZONE %(zone)s)::date FROM events_interaction WHERE shop_id = %(shop)s
    UNION SELECT (served_at AT TIME ZONE %(zone)s)::date FROM events_exposure WHERE shop_id = %(shop)s
    UNION SELECT day FROM events_dailykpi WHERE shop_id = %(shop)s
"""

DELETE_DAYS = "DELETE FROM events_dailykpi WHERE shop_id = %(shop)s AND day = ANY(%(days)s)"

# Which slates behaviour may answer: without a limit every month of exposures would be looked through for each row.
_ANSWERED = (
    f"e.served_at >= %(start)s::timestamptz - interval '{ANSWER_DAYS} days' "
    "AND e.served_at < %(end)s::timestamptz + interval '1 day'"
)

# `behaviour`, `slates`: one row each, with its day. `click`: every time that an item of a slate was clicked;
# `first_click`: the first of them within the time looked at.
# `present`: who did something or saw a slate, so that nobody reaches more visitors than there were.
# `sale`: purchase lines; `brought`: those that follow a click, with the placement of the last click before.
# What simulated shoppers did is summed in rows of its own: they are other visitors than the real ones, so both add up.
INSERT_DAYS = f"""
    WITH behaviour AS (
        SELECT *, (timestamp AT TIME ZONE %(zone)s)::date AS day FROM events_interaction
        WHERE shop_id = %(shop)s AND timestamp >= %(start)s AND timestamp < %(end)s
          AND (timestamp AT TIME ZONE %(zone)s)::date = ANY(%(days)s)
    ), slates AS (
        SELECT placement, simulated, visitor_id, session_id, (served_at AT TIME ZONE %(zone)s)::date AS day,
               jsonb_array_length(items) AS slots,
               jsonb_array_length(jsonb_path_query_array(items, '$[*] ? (@.explore == true)')) AS explored
        FROM events_exposure
        WHERE shop_id = %(shop)s AND served_at >= %(start)s AND served_at < %(end)s
          AND (served_at AT TIME ZONE %(zone)s)::date = ANY(%(days)s)
    ), click AS (
        SELECT i.recommendation_id, e.placement, i.simulated, i.visitor_id, i.item_id, i.timestamp,
               (i.timestamp AT TIME ZONE %(zone)s)::date AS day
        FROM events_interaction i
        JOIN events_exposure e ON e.recommendation_id = i.recommendation_id AND e.shop_id = i.shop_id AND {_ANSWERED}
        WHERE i.shop_id = %(shop)s AND i.timestamp < %(end)s
          AND i.timestamp >= %(start)s::timestamptz - make_interval(hours => %(hours)s)
          AND i.type IN ('select_item', 'view_item')
          AND (e.visitor_id = i.visitor_id OR (e.visitor_id = '' AND e.session_id = i.session_id))
          AND e.items @> jsonb_build_array(jsonb_build_object('item_id', i.item_id))
    ), first_click AS (
        SELECT DISTINCT ON (recommendation_id, item_id) placement, simulated, day
        FROM click ORDER BY recommendation_id, item_id, timestamp
    ), sale AS (
        SELECT id, day, simulated, visitor_id, item_id, timestamp,
               coalesce(nullif(order_id, ''), event_id) AS order_key,
               CASE WHEN currency IN ('', %(currency)s) THEN coalesce(value, 0) ELSE 0 END AS money
        FROM behaviour WHERE type = 'purchase'
    ), brought AS (
        SELECT DISTINCT ON (sale.id) sale.*, click.placement
        FROM sale JOIN click USING (visitor_id, item_id)
        WHERE click.timestamp <= sale.timestamp
          AND click.timestamp >= sale.timestamp - make_interval(hours => %(hours)s)
        ORDER BY sale.id, click.timestamp DESC
    ), slate_sums AS (
        SELECT day, placement, simulated, count(*) AS slates, sum(slots) AS slots, sum(explored) AS explored,
               count(DISTINCT coalesce(nullif(visitor_id, ''), session_id)) AS visitors
        FROM slates GROUP BY GROUPING SETS ((day, simulated, placement), (day, simulated))
    ), click_sums AS (
        SELECT day, placement, simulated, count(*) AS clicks FROM first_click WHERE day = ANY(%(days)s)
        GROUP BY GROUPING SETS ((day, simulated, placement), (day, simulated))
    ), brought_sums AS (
        SELECT day, placement, simulated, count(DISTINCT order_key) AS orders, sum(money) AS money
        FROM brought GROUP BY GROUPING SETS ((day, simulated, placement), (day, simulated))
    ), present AS (
        SELECT day, simulated, visitor_id FROM behaviour
        UNION SELECT day, simulated, coalesce(nullif(visitor_id, ''), session_id) FROM slates
    ), present_sums AS (
        SELECT day, simulated, count(*) AS visitors FROM present GROUP BY day, simulated
    ), shop_sums AS (
        SELECT day, simulated, count(*) AS interactions FROM behaviour GROUP BY day, simulated
    ), named AS (
        SELECT b.day, e.placement, b.simulated, count(*) AS interactions
        FROM behaviour b JOIN events_exposure e USING (recommendation_id, shop_id)
        WHERE {_ANSWERED} GROUP BY b.day, e.placement, b.simulated
    ), sale_sums AS (
        SELECT day, simulated, count(DISTINCT order_key) AS orders, sum(money) AS money
        FROM sale GROUP BY day, simulated
    ), keys AS (
        SELECT day, coalesce(placement, '') AS placement, simulated FROM slate_sums
        UNION SELECT day, coalesce(placement, ''), simulated FROM click_sums
        UNION SELECT day, coalesce(placement, ''), simulated FROM brought_sums
        UNION SELECT day, placement, simulated FROM named
        UNION SELECT day, '', simulated FROM shop_sums
    )
    INSERT INTO events_dailykpi (shop_id, day, placement, simulated, visitors, interactions, orders, revenue, slates,
        slate_visitors, clicks, attributed_orders, attributed_revenue, slots, explored_slots, summed_at)
    SELECT %(shop)s, k.day, k.placement, k.simulated,
        CASE WHEN k.placement = '' THEN coalesce(p.visitors, 0) ELSE coalesce(s.visitors, 0) END,
        coalesce(a.interactions, n.interactions, 0), coalesce(o.orders, 0), coalesce(o.money, 0),
        coalesce(s.slates, 0), coalesce(s.visitors, 0), coalesce(c.clicks, 0),
        coalesce(b.orders, 0), coalesce(b.money, 0), coalesce(s.slots, 0), coalesce(s.explored, 0), now()
    FROM keys k
    LEFT JOIN slate_sums s ON (s.day, s.simulated, coalesce(s.placement, '')) = (k.day, k.simulated, k.placement)
    LEFT JOIN click_sums c ON (c.day, c.simulated, coalesce(c.placement, '')) = (k.day, k.simulated, k.placement)
    LEFT JOIN brought_sums b ON (b.day, b.simulated, coalesce(b.placement, '')) = (k.day, k.simulated, k.placement)
    LEFT JOIN named n ON (n.day, n.simulated, n.placement) = (k.day, k.simulated, k.placement)
    LEFT JOIN shop_sums a ON (a.day, a.simulated, k.placement) = (k.day, k.simulated, '')
    LEFT JOIN present_sums p ON (p.day, p.simulated, k.placement) = (k.day, k.simulated, '')
    LEFT JOIN sale_sums o ON (o.day, o.simulated, k.placement) = (k.day, k.simulated, '')
"""  # noqa: S608  the only thing put in is a constant of this module
