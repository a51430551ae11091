"""Statements that prepare the map of an artifact from its members. `{which}` says which members `m`."""

POINTS_KEPT = 1_500  # of an artifact: more hide each other, and drawing them as SVG takes a second
CELL_WIDTH = 0.25  # in the map's unit; a map is 10 to 40 wide

#: Who is drawn as a point: the same visitors at each artifact, as far as it knows them, by a hash of the id.
POINTS = f"""
    INSERT INTO segments_mappoint (shop_id, artifact_id, visitor_id, number, probability, x, y, novelty, spent)
    SELECT p.shop_id, p.artifact_id, p.visitor_id, p.number, p.probability, p.x, p.y, p.novelty, coalesce((
        SELECT sum(i.value) FROM events_interaction i JOIN accounts_shop s ON s.id = i.shop_id
        WHERE i.shop_id = p.shop_id AND i.visitor_id = p.visitor_id AND i.type = 'purchase' AND NOT i.low_trust
            AND i.currency IN ('', s.currency)), 0)
    FROM (
        SELECT m.*, row_number() OVER (
            PARTITION BY m.shop_id, m.artifact_id ORDER BY md5('map' || m.visitor_id), m.visitor_id) AS place
        FROM segments_segmentmembership m WHERE {{which}}
    ) AS p WHERE p.place <= {POINTS_KEPT}
"""  # noqa: S608  numbers of this module
#: How many members of each segment stand in each square.
CELLS = f"""
    INSERT INTO segments_mapcell (shop_id, artifact_id, "column", "row", number, visitors)
    SELECT m.shop_id, m.artifact_id, floor(m.x / {CELL_WIDTH})::int, floor(m.y / {CELL_WIDTH})::int, m.number, count(*)
    FROM segments_segmentmembership m WHERE {{which}} GROUP BY 1, 2, 3, 4, 5
"""  # noqa: S608  numbers of this module
ONE_ARTIFACT = "m.shop_id = %(shop)s AND m.artifact_id = %(artifact)s"
