"""Visitors with a past: `behave(shop, visitor, (days ago, type, value), …)`."""

import datetime
import uuid

import pytest

from dashboard.core import clock
from dashboard.events.models import Interaction

SEGMENTS_OF = 7  # the artifact whose segments are shown


@pytest.fixture
def behave():
    def see(shop, visitor_id, *deeds, order_id="", currency="", now=None):
        now = now or clock.now()
        moments = [now - datetime.timedelta(days=days) for days, _, _ in deeds]
        Interaction.objects.bulk_create(
            Interaction(
                shop=shop,
                event_id=uuid.uuid4().hex,
                type=kind,
                visitor_id=visitor_id,
                item_id="mug",
                value=value,
                currency=currency,
                order_id=order_id,
                timestamp=moment,
                received_at=moment,
            )
            for moment, (_, kind, value) in zip(moments, deeds, strict=True)
        )

    return see


@pytest.fixture
def belong():
    """Let visitors belong to segments: `belong(shop, visitor, {3: 0.7})`."""
    from dashboard.segments.models import SegmentMembership, SegmentSet

    def member(shop, visitor_id, probabilities, artifact_id=SEGMENTS_OF):
        SegmentSet.objects.get_or_create(shop=shop, defaults={"artifact_id": SEGMENTS_OF})
        number = max(probabilities, key=probabilities.get)
        SegmentMembership.objects.create(
            shop=shop,
            artifact_id=artifact_id,
            visitor_id=visitor_id,
            number=number,
            probability=probabilities[number],
            probabilities={str(key): value for key, value in probabilities.items()},
            x=0.0,
            y=0.0,
        )

    return member


@pytest.fixture
def small_groups(shop):
    """Of three visitors the shop lets be told."""
    from dashboard.events.models import Privacy

    Privacy.objects.create(shop=shop, smallest_group=3)
