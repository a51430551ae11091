"""Statements that sum what members of the segments of an artifact did.

Each answers rows that begin with whose they are: the number of a segment, 0 for the whole shop, −1 for visitors whom
the artifact does not know. What bots did is left out, and purchases that a browser only claimed are none;
`%(simulated)s` says whether simulated shoppers count.
"""

from dashboard.events.selectors import is_person

NOBODYS, SHOPS = -1, 0
BROADLY = 5  # items by which breadth is told: of fewer nothing can be
BREADTH_BINS = 8  # from 1 kind to BROADLY
BELONGS = 0.25  # of the probability: who has so much of two segments belongs to both
CLEARLY, HARDLY = 0.8, 0.5
SLATES_LOOKED_AT = 2_000  # the newest of a segment and placement, for what is shown: enough for shares within 2 %
FEWEST_TOUCHES = 3  # of an item in both windows: fewer tell nothing of a rate

_WHOSE = "CASE WHEN grouping(number) = 1 THEN 0 ELSE number END"
_COUNTED = f"i.shop_id = %(shop)s AND (%(simulated)s OR NOT i.simulated) AND {is_person('i', 'received_at')}"
_MEMBER = """
    LEFT JOIN segments_segmentmembership m ON m.shop_id = {table}.shop_id AND m.artifact_id = %(artifact)s
        AND m.visitor_id = {table}.visitor_id
"""
_DONE = f"events_interaction i {_MEMBER.format(table='i')} WHERE {_COUNTED}"
_ITEM = "JOIN catalog_item item ON item.shop_id = %(shop)s AND item.item_id = t.item_id"
_ORDERS = "count(DISTINCT coalesce(nullif(order_id, ''), event_id)) FILTER (WHERE type = 'purchase' AND NOT low_trust)"
_MONEY = """
    coalesce(sum(value) FILTER (WHERE type = 'purchase' AND NOT low_trust AND currency IN ('', %(currency)s)), 0)
"""

DROP_TOUCHED = "DROP TABLE IF EXISTS forage_touched"
#: Which items each visitor looked at, wanted or bought; of the last weeks, and of as many before them.
TOUCHED = f"""
    CREATE TEMP TABLE forage_touched ON COMMIT DROP AS
    SELECT i.visitor_id, coalesce(m.number, -1) AS number, i.item_id,
        bool_or(i.timestamp > %(now_since)s) AS is_now,
        bool_or(i.timestamp > %(before_since)s AND i.timestamp <= %(now_since)s) AS was_before
    FROM {_DONE} AND i.item_id <> '' AND i.type = ANY(%(interests)s) AND NOT (i.type = 'purchase' AND i.low_trust)
        AND NOT EXISTS (SELECT FROM catalog_item booked WHERE booked.shop_id = i.shop_id
            AND booked.item_id = i.item_id AND NOT booked.is_merchandise)
    GROUP BY 1, 2, 3
"""  # noqa: S608  words of this module
PRICES = f"""
    SELECT percentile_disc(ARRAY[0.2, 0.4, 0.6, 0.8]) WITHIN GROUP (ORDER BY item.price)
    FROM forage_touched t {_ITEM} WHERE item.price IS NOT NULL
"""  # noqa: S608  words of this module
_SIZED = f"""
    SELECT t.visitor_id, t.number, count(*)::float8 AS items, count(nullif(item.brand, ''))::float8 AS brands,
        count(item.price)::float8 AS prices
    FROM forage_touched t LEFT {_ITEM} GROUP BY 1, 2
"""  # noqa: S608  words of this module
#: How many visitors have items, items of a known brand, and items with a price.
KNOWN = f"""
    SELECT {_WHOSE}, count(*), count(*) FILTER (WHERE brands > 0), count(*) FILTER (WHERE prices > 0)
    FROM ({_SIZED}) AS sized GROUP BY GROUPING SETS ((number), ())
"""  # noqa: S608  words of this module
#: kind, label, visitors, sums of each visitor's share of items and of its square: every visitor counts the same.
MIX = f"""
    WITH sized AS ({_SIZED}), labelled AS (
        SELECT t.visitor_id, t.number, found.kind, found.label, count(*)::float8 AS items
        FROM forage_touched t {_ITEM}
        CROSS JOIN LATERAL (
            SELECT DISTINCT 'category' AS kind, name AS label FROM unnest(item.categories) AS name
            UNION ALL SELECT 'brand', item.brand WHERE item.brand <> ''
            UNION ALL SELECT 'price', width_bucket(item.price, %(edges)s::numeric[])::text WHERE item.price IS NOT NULL
        ) AS found
        GROUP BY 1, 2, 3, 4
    ), shares AS (
        SELECT labelled.number, kind, label, labelled.items / CASE kind WHEN 'category' THEN sized.items
            WHEN 'brand' THEN sized.brands ELSE sized.prices END AS share
        FROM labelled JOIN sized USING (visitor_id)
    )
    SELECT {_WHOSE}, kind, label, count(*), sum(share), sum(share * share)
    FROM shares GROUP BY GROUPING SETS ((number, kind, label), (kind, label))
"""  # noqa: S608  words of this module
#: bin, visitors, and the sums of kinds and their squares. Of BROADLY items of a visitor drawn at random so many are of
#: different first categories (rarefaction: Hurlbert 1971), whatever the length of the history.
_NONE_OF_THE_KIND = " * ".join(f"greatest(total - n - {taken}, 0) / (total - {taken})" for taken in range(BROADLY))
BREADTH = f"""
    WITH kinds AS (
        SELECT t.visitor_id, t.number, item.categories[1] AS kind, count(*)::float8 AS n
        FROM forage_touched t {_ITEM} WHERE cardinality(item.categories) > 0 GROUP BY 1, 2, 3
    ), sized AS (
        SELECT *, sum(n) OVER (PARTITION BY visitor_id) AS total FROM kinds
    ), breadth AS (
        SELECT visitor_id, number, sum(1 - {_NONE_OF_THE_KIND}) AS kinds
        FROM sized WHERE total >= {BROADLY} GROUP BY 1, 2
    ), binned AS (
        SELECT number, kinds, least(floor((kinds - 1) * {BREADTH_BINS} / {BROADLY - 1} + 1e-9), {BREADTH_BINS - 1})::int
            AS bin FROM breadth
    )
    SELECT {_WHOSE}, bin, count(*), sum(kinds), sum(kinds * kinds)
    FROM binned GROUP BY GROUPING SETS ((number, bin), (bin))
"""  # noqa: S608  words of this module
#: item, visitors of the last weeks, of those before.
ITEMS = f"""
    SELECT {_WHOSE}, item_id, count(*) FILTER (WHERE is_now), count(*) FILTER (WHERE was_before)
    FROM forage_touched GROUP BY GROUPING SETS ((number, item_id), (item_id))
    HAVING count(*) FILTER (WHERE is_now OR was_before) >= {FEWEST_TOUCHES}
"""  # noqa: S608  words of this module
#: Who touched anything in the last weeks, and in those before.
ACTIVE = f"""
    SELECT {_WHOSE}, count(DISTINCT visitor_id) FILTER (WHERE is_now),
        count(DISTINCT visitor_id) FILTER (WHERE was_before)
    FROM forage_touched GROUP BY GROUPING SETS ((number), ())
"""  # noqa: S608  words of this module
#: buyers, orders, lines, lines sent back, money, its squares by buyer, who came back, median of days between orders.
WORTH = f"""
    WITH bought AS (
        SELECT i.visitor_id, coalesce(m.number, -1) AS number, {_ORDERS} AS orders, {_MONEY} AS spent,
            count(*) FILTER (WHERE type = 'purchase') AS lines, count(*) FILTER (WHERE type = 'refund') AS returned,
            extract(epoch FROM max(timestamp) FILTER (WHERE type = 'purchase')
                - min(timestamp) FILTER (WHERE type = 'purchase'))::float8 / 86400 AS days
        FROM {_DONE} AND i.type IN ('purchase', 'refund') AND NOT i.low_trust GROUP BY 1, 2
    )
    SELECT {_WHOSE}, count(*) FILTER (WHERE orders > 0), sum(orders)::bigint, sum(lines)::bigint, sum(returned)::bigint,
        sum(spent)::float8, sum(spent * spent)::float8, count(*) FILTER (WHERE orders > 1),
        percentile_cont(0.5) WITHIN GROUP (ORDER BY days / nullif(orders - 1, 0)) FILTER (WHERE orders > 1)
    FROM bought GROUP BY GROUPING SETS ((number), ())
"""  # noqa: S608  words of this module
VISITORS = f"SELECT count(DISTINCT i.visitor_id) FROM {_DONE}"  # noqa: S608  words of this module
#: members, those who belong clearly and hardly, and the sum of their probabilities.
MEMBERS = f"""
    SELECT number, count(*), count(*) FILTER (WHERE probability >= {CLEARLY}),
        count(*) FILTER (WHERE probability < {HARDLY}), sum(probability)
    FROM segments_segmentmembership WHERE shop_id = %(shop)s AND artifact_id = %(artifact)s GROUP BY number
"""  # noqa: S608  numbers of this module
#: month as 12·year+month−1 by the shop's clock; visitors who did something, buyers, orders, money.
MONTHS = f"""
    WITH months AS (
        SELECT i.visitor_id, coalesce(m.number, -1) AS number, {_ORDERS} AS orders, {_MONEY} AS spent,
            (12 * extract(year FROM timestamp AT TIME ZONE %(zone)s)
                + extract(month FROM timestamp AT TIME ZONE %(zone)s) - 1)::int AS month
        FROM {_DONE} AND i.timestamp >= %(months_since)s GROUP BY 1, 2, 5
    )
    SELECT {_WHOSE}, month, count(*), count(*) FILTER (WHERE orders > 0), sum(orders)::bigint, sum(spent)::float8
    FROM months GROUP BY GROUPING SETS ((number, month), (month))
"""  # noqa: S608  words of this module
#: weekday (1: Monday) or hour, by the shop's clock; visitors, interactions.
WHEN = f"""
    WITH hours AS (
        SELECT i.visitor_id, coalesce(m.number, -1) AS number,
            extract(isodow FROM timestamp AT TIME ZONE %(zone)s)::int AS weekday,
            extract(hour FROM timestamp AT TIME ZONE %(zone)s)::int AS hour, count(*) AS times
        FROM {_DONE} GROUP BY 1, 2, 3, 4
    )
    SELECT {_WHOSE}, weekday, hour, count(DISTINCT visitor_id), sum(times)::bigint
    FROM hours GROUP BY GROUPING SETS ((number, weekday), (number, hour), (weekday), (hour))
"""  # noqa: S608  words of this module
#: another segment, visitors who belong to both; of itself: who belongs to it.
OVERLAP = f"""
    WITH belonging AS (
        SELECT m.visitor_id, of_one.key::int AS number FROM segments_segmentmembership m
        CROSS JOIN LATERAL jsonb_each_text(m.probabilities) AS of_one
        WHERE m.shop_id = %(shop)s AND m.artifact_id = %(artifact)s AND of_one.value::float8 >= {BELONGS}
    )
    SELECT one.number, other.number, count(*) FROM belonging one JOIN belonging other USING (visitor_id) GROUP BY 1, 2
"""  # noqa: S608  numbers of this module
#: another segment, and the sum of members' probability of it.
LEANING = """
    SELECT m.number, of_one.key::int, sum(of_one.value::float8) FROM segments_segmentmembership m
    CROSS JOIN LATERAL jsonb_each_text(m.probabilities) AS of_one
    WHERE m.shop_id = %(shop)s AND m.artifact_id = %(artifact)s GROUP BY 1, 2
"""
_SLATES = f"""
    SELECT i.recommendation_id, i.placement, i.visitor_id, coalesce(m.number, -1) AS number, i.items, i.served_at
    FROM events_exposure i {_MEMBER.format(table="i")}
    WHERE i.shop_id = %(shop)s AND i.served_at > %(now_since)s AND i.visitor_id <> ''
        AND (%(simulated)s OR NOT i.simulated) AND {is_person("i", "served_at")}
"""  # noqa: S608  words of this module
#: placement, visitors who were shown slates, and sums over them of slates, clicks, their squares and their product.
#: A click is what daily sums call one (events/services/kpi_sql.py).
PLACEMENTS = f"""
    WITH slate AS MATERIALIZED ({_SLATES}), click AS (
        SELECT DISTINCT done.recommendation_id, done.item_id
        FROM events_interaction done JOIN slate USING (recommendation_id, visitor_id)
        WHERE done.shop_id = %(shop)s AND done.timestamp > %(now_since)s AND done.type IN ('select_item', 'view_item')
            AND slate.items @> jsonb_build_array(jsonb_build_object('item_id', done.item_id))
    ), clicked AS (
        SELECT recommendation_id, count(*) AS clicks FROM click GROUP BY 1
    ), seen AS (
        SELECT placement, number, visitor_id, count(*)::float8 AS slates, coalesce(sum(clicks), 0)::float8 AS clicks
        FROM slate LEFT JOIN clicked USING (recommendation_id) GROUP BY 1, 2, 3
    )
    SELECT {_WHOSE}, placement, count(*), sum(slates), sum(clicks), sum(slates * slates), sum(clicks * clicks),
        sum(slates * clicks)
    FROM seen GROUP BY GROUPING SETS ((number, placement), (placement))
"""  # noqa: S608  words of this module
#: placement, item, visitors who were shown it, its slates, all slates that were looked at.
SHOWN = f"""
    WITH recent AS (
        SELECT *, row_number() OVER (PARTITION BY number, placement ORDER BY served_at DESC) AS place
        FROM ({_SLATES}) AS slate
    ), looked_at AS (
        SELECT number, placement, visitor_id, items, count(*) OVER (PARTITION BY number, placement) AS slates
        FROM recent WHERE place <= {SLATES_LOOKED_AT} AND number > 0
    )
    SELECT number, placement, slot.item ->> 'item_id', count(DISTINCT visitor_id), count(*), max(slates)
    FROM looked_at CROSS JOIN LATERAL jsonb_array_elements(items) AS slot (item) GROUP BY 1, 2, 3
"""  # noqa: S608  words of this module
