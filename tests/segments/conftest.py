"""Two artifacts' folders and the visitors in them."""

import pytest

from dashboard.core import clock
from tests import artifact_files as files


@pytest.fixture
def seen():
    """Let a shop have seen these visitors."""
    from dashboard.events.models import Interaction

    def see(shop, *visitor_ids):
        now = clock.now()
        Interaction.objects.bulk_create(
            Interaction(
                shop=shop,
                event_id=f"e-{visitor_id}",
                type="view_item",
                visitor_id=visitor_id,
                item_id="mug",
                timestamp=now,
                received_at=now,
            )
            for visitor_id in visitor_ids
        )

    return see


@pytest.fixture
def first_folder(tmp_path):
    visitors = [
        files.membership("ada", 1, 0.995, 1.0, 2.0),
        files.membership('b"o,b', 2, 0.7, 3.0, 4.0),
        files.membership("cleo", 2, 0.8, 5.0, 6.0),
    ]
    segments = [files.segment(1, "Gardeners", 0.4), files.segment(2, "Bakers", 0.6)]
    return files.write_segments(tmp_path / "first", segments, visitors)


@pytest.fixture
def second_folder(tmp_path):
    segments = [files.segment(1, "Gardeners", 0.5), files.segment(2, "Bakers", 0.3), files.segment(3, "Giftees", 0.2)]
    return files.write_segments(tmp_path / "second", segments, [files.membership("ada", 3)])


@pytest.fixture
def every_group_is_told(shop):
    """Groups of one visitor too."""
    from dashboard.events.models import Privacy

    Privacy.objects.create(shop=shop, smallest_group=1)


@pytest.fixture
def cast(shop, tmp_path):
    """A shop of known rows (`cast.py`), whose figures are summed."""
    from dashboard.segments.figures import sum_figures
    from tests.segments import cast as casts

    known = casts.made()
    casts.stored(known, shop)
    casts.published(known, shop, tmp_path / "cast")
    assert sum_figures(shop=shop, now=casts.NOW)
    return known
