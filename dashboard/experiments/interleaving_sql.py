"""What sums up slates that two policies made together, by the teams that were logged with their items."""

from dashboard.experiments.moments_sql import COHORT, OF_EXPERIMENT

# An item that is clicked twice in a slate was chosen once; a purchase counts for the team whose click it followed.
INSERT_INTERLEAVED = f"""
{COHORT.format(**OF_EXPERIMENT)}
, slate AS MATERIALIZED (
    SELECT e.recommendation_id, e.visitor_id, e.items, c.day, c.until
    FROM cohort c JOIN events_exposure e
      ON e.experiment_id = %(experiment)s AND e.visitor_id = c.visitor_id
     AND e.served_at >= c.since AND e.served_at < c.until AND e.served_at <= %(now)s
), pick AS MATERIALIZED (
    SELECT s.recommendation_id, s.visitor_id, s.until, item ->> 'item_id' AS item_id, item ->> 'team' AS team
    FROM slate s CROSS JOIN LATERAL jsonb_array_elements(s.items) AS item
    WHERE item ->> 'team' IN ('A', 'B')
), click AS MATERIALIZED (
    SELECT p.recommendation_id, p.visitor_id, p.item_id, p.team, min(i.timestamp) AS at
    FROM pick p JOIN events_interaction i
      ON i.recommendation_id = p.recommendation_id AND i.shop_id = %(shop)s AND i.visitor_id = p.visitor_id
     AND i.item_id = p.item_id AND i.type = 'select_item' AND i.timestamp < p.until AND i.timestamp <= %(now)s
    GROUP BY p.recommendation_id, p.visitor_id, p.item_id, p.team
), choice AS (
    SELECT visitor_id, team, 'clicks' AS credit FROM click
    UNION ALL
    SELECT k.visitor_id, k.team, 'purchases' FROM click k
    WHERE EXISTS (
        SELECT FROM events_interaction i
        WHERE i.shop_id = %(shop)s AND i.visitor_id = k.visitor_id AND i.item_id = k.item_id AND i.type = 'purchase'
          AND i.timestamp >= k.at AND i.timestamp < k.at + %(answer)s AND i.timestamp <= %(now)s)
), chosen AS MATERIALIZED (
    SELECT visitor_id, credit, count(*) FILTER (WHERE team = 'A') AS a, count(*) FILTER (WHERE team = 'B') AS b
    FROM choice GROUP BY visitor_id, credit
), seen AS MATERIALIZED (
    SELECT visitor_id, day, count(*) AS slates FROM slate GROUP BY visitor_id, day
)
INSERT INTO experiments_interleavedday
    (experiment_id, day, credit, visitors, slates, for_a, for_b, items_a, items_b)
SELECT %(experiment)s, s.day, kind.credit, count(*), sum(s.slates),
       count(*) FILTER (WHERE c.a > c.b), count(*) FILTER (WHERE c.b > c.a),
       COALESCE(sum(c.a), 0), COALESCE(sum(c.b), 0)
FROM seen s CROSS JOIN (VALUES ('clicks'), ('purchases')) AS kind (credit)
LEFT JOIN chosen c ON c.visitor_id = s.visitor_id AND c.credit = kind.credit
GROUP BY s.day, kind.credit
"""  # noqa: S608  the only things put in are constants of this code
