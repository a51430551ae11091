"""Two versions side by side: on the same visitors, in segments, speed and size."""

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from django.urls import reverse

from dashboard.training import selectors
from dashboard.training.models import Artifact
from dashboard.training.services.beside import beside_others
from dashboard.training.side_by_side import side_by_side
from tests.artifact_files import membership, segment, write_segments
from tests.markup import one_line

pytestmark = pytest.mark.django_db
SAME = {"difference": 0.0, "interval": [-0.01, 0.01]}
FACTS = {
    "visitors": 400,
    "measures": {
        "ndcg@10": {"before": 0.2, "after": 0.23, "difference": 0.03, "interval": [0.01, 0.05]},
        "recall@10": {"before": 0.4, "after": 0.4, **SAME},
    },
    "segments": {"visitors": 1000, "kept": 0.9, "born": [7], "gone": [2, 3]},
}


@pytest.fixture
def versions(shop, published):
    """v1, and v2 that served after it and wrote down how it does beside v1."""
    old, new = published(shop, 1, active=False), published(shop, 2)
    for version, size, cost in ((old, 10, 40), (new, 20, 600)):
        version.size_bytes, version.lineage = size * 1024 * 1024, {"cost": {"seconds": cost}}
    new.beside = {"1": FACTS}
    new.run.compared_with, new.metrics["paired"] = old, {"milliseconds": {"before": 2.5, "after": 7.5}}
    for row in (old, new, new.run):
        row.save()
    return old, new


def lines(found):
    return {line.label: (line.before, line.after, line.bounds, line.verdict) for line in found.lines}


def test_accuracy_is_that_of_the_same_visitors_with_paired_intervals(versions):
    found = side_by_side(*versions)
    assert found.visitors == 400
    assert lines(found)["How high the next item stands"] == ("20.0", "23.0", "+1.0 … +5.0", "better")
    assert lines(found)["Next item in the top 10"] == ("40.0", "40.0", "−1.0 … +1.0", "same")


def test_segments_speed_and_size_are_told(versions):
    told = lines(side_by_side(*versions))
    assert told["Segments of one alone"][:2] == ("2, 3", "7")
    assert told["Visitors who stay in their segment"][1] == "90.0"
    assert told["Size"][:2] == ("10.0", "20.0")
    assert told["Time for one visitor"][:2] == ("2.5", "7.5")
    assert told["Training took"][:2] == ("40 seconds", "10 minutes")


def test_turned_around_everything_is_turned_around(versions):
    old, new = versions
    told = lines(side_by_side(new, old))
    assert told["How high the next item stands"] == ("23.0", "20.0", "−5.0 … −1.0", "worse")
    assert told["Segments of one alone"][:2] == ("7", "2, 3")
    assert "Time for one visitor" not in told  # it was measured for the younger alone


def test_versions_that_share_no_visitor_say_so(shop, owner, client, published):
    old, new = published(shop, 1, active=False, blend={"recall@10": 0.2}), published(shop, 2)
    found = side_by_side(old, new)
    assert (found.visitors, lines(found)["Next item in the top 10"]) == (0, ("20.0 ± 2.0", "30.0 ± 2.0", "", "better"))
    client.force_login(owner)
    assert (
        "Each was tested on visitors of its own"
        in client.get(reverse("training:index", args=[shop.slug])).content.decode()
    )


def test_the_page_shows_any_two(client, shop, owner, versions):
    client.force_login(owner)
    address = reverse("training:index", args=[shop.slug])
    html = one_line(client.get(address, {"compare": versions[0].pk}).content.decode())
    assert "Accuracy on the 400 visitors with whom both were tested, each with itself." in html
    assert "+1.0 … +5.0" in html


def remembered(folder, ranks, segments):
    write_segments(folder, [segment(number) for number in sorted(set(segments.values()))],
                   [membership(visitor, number) for visitor, number in segments.items()])  # fmt: skip
    rows = [{"visitor_id": visitor, "item_id": "mug", "rank": rank} for visitor, rank in ranks.items()]
    pq.write_table(pa.Table.from_pylist(rows), folder / "judged.parquet")
    return folder


def test_a_version_is_compared_with_every_other_that_can_be_read(shop, folders, published):
    old, broken = published(shop, 1, active=False), published(shop, 2)
    store_folder = selectors.local_artifact_folder(old)
    remembered(store_folder, {"ada": 1, "bob": 20}, {"ada": 1, "bob": 2})
    own = remembered(folders / "new", {"ada": 1, "bob": 1}, {"ada": 1, "bob": 3})
    found = beside_others(shop=shop, folder=own, besides=0)
    assert list(found) == ["1"]
    assert found["1"]["measures"]["recall@10"]["difference"] == 0.5
    assert found["1"]["segments"]["born"] == [3]
    assert beside_others(shop=shop, folder=own, besides=old.run_id) == {}
    assert broken.beside == {}


def test_a_run_writes_it_down(busy_shop, train, monkeypatch):
    kept = []

    def noted(**given):
        kept.append(given["shop"])
        return {"7": FACTS}

    monkeypatch.setattr("dashboard.training.services.publishing.beside_others", noted)
    train(busy_shop)
    assert kept == [busy_shop]
    assert Artifact.objects.get().beside == {"7": FACTS}
