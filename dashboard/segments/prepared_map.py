"""The map of an artifact, prepared once when it is shown first: squares with their visitors, and some as points."""

from django.db import connection
from django.db.models import F

from dashboard.accounts.models import Shop
from dashboard.segments.map_sql import CELL_WIDTH, CELLS, ONE_ARTIFACT, POINTS
from dashboard.segments.models import MapCell, MapPoint, SegmentMembership


def prepare_map(shop: Shop, artifact_id: int) -> None:
    """From the members as they are stored. What was prepared before is replaced."""
    with connection.cursor() as cursor:
        for model, statement in ((MapCell, CELLS), (MapPoint, POINTS)):
            model._default_manager.filter(shop=shop, artifact_id=artifact_id).delete()
            cursor.execute(statement.replace("{which}", ONE_ARTIFACT), {"shop": shop.pk, "artifact": artifact_id})


def forget_visitor(shop: Shop, visitor_id: str) -> None:
    """Takes a visitor off every map, before the memberships are erased that tell where the visitor stood."""
    MapPoint.objects.filter(shop=shop, visitor_id=visitor_id).delete()
    mine = SegmentMembership.objects.filter(shop=shop, visitor_id=visitor_id)
    for artifact_id, number, x, y in mine.values_list("artifact_id", "number", "x", "y"):
        column, row = int(x // CELL_WIDTH), int(y // CELL_WIDTH)
        cell = MapCell.objects.filter(shop=shop, artifact_id=artifact_id, column=column, row=row, number=number)
        cell.filter(visitors__gt=0).update(visitors=F("visitors") - 1)
