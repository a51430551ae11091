"""Pictures of items that have none: drawn from their titles, the same for ever, without any of a shop's words."""

from xml.dom.minidom import parseString

import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.core.pictures import Design, design_of, draw, picture_address
from dashboard.core.pictures.palette import PAINTS
from dashboard.core.pictures.patterns import MOTIFS
from dashboard.core.pictures.shapes import FIGURES, SHAPES
from dashboard.core.pictures.words import THING_OF, THING_OF_PAIR
from dashboard.standalone.sample.cleaning import ITEMS_FILE

MOST_BYTES = 4096
HOSTILE = [
    "<script>alert(1)</script>",
    '"><svg onload=x>',
    "../../etc/passwd",
    "\x00\ud800",
    "红色杯子",
    "",
    "x" * 9000,
]


@pytest.fixture(scope="module")
def designs():
    """Of all items of the sample shop."""
    rows = pq.read_table(ITEMS_FILE, columns=["title", "category"]).to_pylist()
    return [design_of(row["title"], row["category"]) for row in rows]


@pytest.mark.parametrize(
    ("title", "shape", "colour", "motif", "copies"),
    [
        ("Red Retrospot Mug", "mug", "red", "spots", 1),
        ("Jumbo Bag Pink Polkadot", "bag", "pink", "spots", 1),
        ("White Hanging Heart T-Light Holder", "holder", "white", "hearts", 1),
        ("Set of 3 Cake Tins Pantry Design", "jar", "navy", "plain", 3),
        ("Pack of 2 Blue Gingham Cushion Cover", "cushion", "blue", "checks", 2),
        ("Regency Cakestand 3 Tier", "stand", "turquoise", "stripes", 1),
    ],
)
def test_a_title_says_what_is_drawn(title, shape, colour, motif, copies):
    found = design_of(title, "Kitchen")
    assert (found.shape, found.motif, found.copies) == (shape, motif, copies)
    assert colour in ("navy", "turquoise") or found.colour == colour


def test_another_title_is_another_picture_and_the_same_one_the_same():
    assert picture_address("Blue Mug", ["Cups"]) == picture_address("Blue Mug", ["Cups"])
    assert picture_address("Blue Mug", ["Cups"]) != picture_address("Red Mug", ["Cups"])
    assert picture_address("Blue Mug", ["Cups"]) != picture_address("Blue Mug", ["Kitchen dining"])


def test_most_items_of_a_real_catalog_are_recognised_and_few_look_alike(designs):
    assert sum(design.shape in FIGURES for design in designs) < 0.1 * len(designs)
    assert len(set(designs)) > 0.85 * len(designs)


def test_every_picture_is_small_and_takes_nothing_from_outside(designs):
    for drawn in map(draw, designs):
        assert len(drawn.encode()) <= MOST_BYTES
        assert drawn.count("http") == 1  # the name of the format
        assert all(word not in drawn for word in ("href", "script", "style", "{", "<text"))
        parseString(drawn)  # noqa: S318  drawn by us


def test_each_shape_can_stand_three_times_in_each_pattern():
    for number, shape in enumerate(SHAPES):
        motif, paint = MOTIFS[number % len(MOTIFS)], list(PAINTS)[number % len(PAINTS)]
        drawn = draw(Design(shape, paint, paint, motif, number % 8, 3, 8))
        assert len(drawn.encode()) <= MOST_BYTES, shape
        parseString(drawn)  # noqa: S318  drawn by us


def test_every_word_leads_to_a_shape():
    assert {*THING_OF.values(), *THING_OF_PAIR.values()} <= {*SHAPES}


@given(st.text(max_size=80), st.text(max_size=30))
def test_whatever_a_title_holds_its_address_is_plain(title, category):
    address = picture_address(title, [category])
    assert address.replace("/", "").replace("-", "").replace(".", "").isalnum()
    assert address.isascii()


@pytest.mark.parametrize("title", HOSTILE)
def test_a_hostile_title_has_a_picture_like_any_other(title, client):
    response = client.get(picture_address(title))
    assert response.status_code == 200
    assert title not in response.content.decode() or not title


def test_a_picture_is_kept_for_a_year_and_may_do_nothing(client):
    response = client.get(picture_address("Red Mug"))  # this test has no database
    assert response["Content-Type"] == "image/svg+xml"
    assert "immutable" in response["Cache-Control"]
    assert "max-age=31536000" in response["Cache-Control"]
    assert response["Content-Security-Policy"].startswith("default-src 'none'")
    assert response["X-Content-Type-Options"] == "nosniff"
    assert not response.cookies
    assert "Cookie" not in response.get("Vary", "")


@pytest.mark.parametrize(
    "code",
    [
        "mug",
        "mug-red-red-plain-0-1",
        "mug-red-red-plain-0-1-4-4",
        "gun-red-red-plain-0-1-4",
        "mug-red-red-plain-9-1-4",
        "mug-red-red-plain-0-01-4",
        "mug-red-red-plain-0-1-99",
        "mug-red-red-words-0-1-4",
        "mug-red-red-plain-x-1-4",
    ],
)
def test_an_address_that_no_item_has_is_not_found(code, client, db):
    assert client.get(f"/pictures/1/{code}.svg").status_code == 404


def test_another_style_is_not_found(client, db):
    assert client.get(picture_address("Red Mug").replace("/1/", "/2/")).status_code == 404
