"""The map, a segment's page, its name and the export of its members."""

import csv
import io

import pytest
from django.urls import reverse

from dashboard.accounts.models import AuditEntry
from dashboard.core.csv_lines import safe_cell
from dashboard.segments import selectors
from dashboard.segments.details import between_share, typical_members
from dashboard.segments.services import replace_segments
from tests import artifact_files as files


@pytest.fixture
def published(shop, seen, first_folder):
    seen(shop, "ada", 'b"o,b', "cleo")
    replace_segments(shop=shop, artifact_id=11, folder=first_folder)
    return shop


def address(name, shop, *args):
    return reverse(f"segments:{name}", args=[shop.slug, *args])


def body(response):
    return response.content.decode()


def test_before_the_first_model_the_page_says_what_to_do(client, shop, owner):
    client.force_login(owner)
    assert "Train a model" in body(client.get(address("index", shop)))


def test_the_map_names_every_segment_and_brings_its_points(client, published, owner):
    client.force_login(owner)
    page = body(client.get(address("index", published)))
    assert "<b>2 interests</b>" in page
    assert "Gardeners" in page
    assert '"text": "2 Bakers"' in page


def test_the_answer_names_the_segment_that_grows_fastest(client, published, second_folder, owner):
    replace_segments(shop=published, artifact_id=12, folder=second_folder)
    client.force_login(owner)
    page = body(client.get(address("index", published)))
    assert "Gardeners is growing fastest." in page
    assert "+10.0 points" in page


def test_of_the_first_model_no_segment_is_called_new(client, published, second_folder, owner):
    client.force_login(owner)
    page = body(client.get(address("index", published)))
    assert ">New<" not in page
    assert "change against the model before" not in page
    replace_segments(shop=published, artifact_id=12, folder=second_folder)
    page = body(client.get(address("index", published)))
    assert page.count(">New<") == 1
    assert ("Growing" in page, "Shrinking" in page) == (True, True)


def test_a_segment_tells_what_sets_it_apart(client, published, owner):
    client.force_login(owner)
    page = body(client.get(address("detail", published, 2)))
    assert "3.0×" in page
    assert "40% of what they do is about Kitchen, 2.0× the usual." in page


def test_a_segment_of_another_shop_is_not_there(client, published, other_shop, outsider):
    client.force_login(outsider)
    assert client.get(address("detail", published, 1)).status_code == 404
    assert client.get(address("detail", other_shop, 1)).status_code == 404


def test_an_editor_renames_a_segment_and_the_audit_knows_it(client, published, editor):
    client.force_login(editor)
    client.post(address("rename", published, 1), {"name": "  Green   thumbs "})
    assert selectors.segment(published, 1).name == "Green thumbs"
    entry = AuditEntry.objects.get(shop=published, action="segment.rename")
    assert entry.detail == {"before": "Gardeners", "after": "Green thumbs"}


def test_saving_the_same_name_leaves_no_trace(client, published, editor):
    client.force_login(editor)
    client.post(address("rename", published, 1), {"name": "Gardeners"})
    assert not AuditEntry.objects.filter(action="segment.rename").exists()


def test_a_name_that_is_too_long_is_refused_in_words(client, published, editor):
    client.force_login(editor)
    response = client.post(address("rename", published, 1), {"name": "x" * 121})
    assert response.status_code == 400
    assert "Use at most 120 characters." in body(response)


@pytest.mark.parametrize("name", ["rename", "export"])
def test_a_viewer_neither_renames_nor_exports(client, published, viewer, name):
    client.force_login(viewer)
    assert client.post(address(name, published, 1), {"name": "x"}).status_code == 403


def test_a_viewer_sees_no_button_that_would_refuse(client, published, viewer):
    client.force_login(viewer)
    assert "Rename" not in body(client.get(address("detail", published, 1)))


def test_a_name_with_markup_stays_text(client, published, editor):
    client.force_login(editor)
    client.post(address("rename", published, 1), {"name": "<b>x</b>"})
    page = body(client.get(address("index", published)))
    assert "<b>x</b>" not in page


def test_the_export_has_every_member_surest_first(client, published, editor):
    client.force_login(editor)
    response = client.get(address("export", published, 2))
    rows = list(csv.reader(io.StringIO(b"".join(response.streaming_content).decode())))
    assert rows == [["visitor_id", "segment", "probability"], ["cleo", "2", "0.8000"], ['b"o,b', "2", "0.7000"]]
    assert AuditEntry.objects.filter(shop=published, action="segment.export").exists()


@pytest.mark.parametrize("text", ["=1+1", "+49", "-1", "@x", "\tx", "\rx"])
def test_no_cell_is_a_formula(text):
    assert safe_cell(text) == f"'{text}"
    assert safe_cell(f"x{text}") == f"x{text}"


def test_who_stands_between_interests_is_counted(shop, seen, tmp_path):
    seen(shop, "ada", "bo")
    visitors = [files.membership("ada", 1, 0.45), files.membership("bo", 1, 0.9)]
    folder = files.write_segments(tmp_path / "x", [files.segment(n) for n in (1, 2, 3)], visitors)
    replace_segments(shop=shop, artifact_id=3, folder=folder)
    assert between_share(shop, 3) == 0.5


def test_typical_members_stand_nearest_to_the_centre(shop, seen, tmp_path, every_group_is_told):
    places = {"ada": 0.0, "bo": 1.2, "cleo": 3.0, "dan": 5.0}  # the centre of segment 1 is at 1
    seen(shop, *places)
    visitors = [files.membership(name, 1, 0.9, x, -1.0) for name, x in places.items()]
    folder = files.write_segments(tmp_path / "t", [files.segment(1)], visitors)
    replace_segments(shop=shop, artifact_id=5, folder=folder)
    members = typical_members(shop, 5, selectors.segment(shop, 1))
    assert [member.visitor_id for member in members] == ["bo", "ada", "cleo", "dan"]


def test_the_page_tells_what_became_of_segments(client, published, owner, second_folder, every_group_is_told):
    client.force_login(owner)
    assert "What became of segments" not in body(client.get(address("index", published)))
    replace_segments(shop=published, artifact_id=12, folder=second_folder)
    page = " ".join(body(client.get(address("index", published))).split())
    assert "Split from Gardeners: one visitor." in page or "Was Gardeners" in page
    assert "Gone; its 2 visitors" not in page
