"""Vectors of items from what the catalog says."""

import subprocess
import sys

import numpy as np
import pyarrow as pa
import pytest

from recommender.content.sentences import sentence, sentence_vectors
from recommender.content.text import TextConfig, TextSpace, catalog_fields
from recommender.errors import LibraryError

SHOP = [
    {"title": "red clay mug", "categories": "Kitchen|Mugs", "brand": "Acme", "price": 9.0},
    {"title": "blue clay mug", "categories": "Kitchen|Mugs", "brand": "Acme", "price": 9.5},
    {"title": "garden hose", "categories": "Garden", "description": "a hose of rubber for the garden"},
    {"title": "garden gnome", "categories": ["Garden"], "price": float("nan")},
    {"title": "手工皂 玫瑰", "brand": None},
    {"title": "手工皂 薰衣草", "price": 500.0},
    {"title": "", "categories": None, "price": None},
]


def fitted(items=SHOP, **options):
    return TextSpace.fit(items, TextConfig(dimensions=4, **options))


def cosines(space, items):
    vectors_ND = space.vectors(space.weighted(items))
    return vectors_ND @ vectors_ND.T


def test_what_is_described_alike_lies_together_in_every_script():
    likeness_II = cosines(fitted(), SHOP)
    for one, other in ((0, 1), (2, 3), (4, 5)):
        assert likeness_II[one].argsort()[-2:].tolist() in ([one, other], [other, one])
        assert likeness_II[one, other] > 0.9


def test_vectors_have_length_one_or_are_zero():
    lengths = np.linalg.norm(fitted().vectors(fitted().weighted(SHOP)), axis=1)
    assert lengths == pytest.approx([1, 1, 1, 1, 1, 1, 0], abs=1e-5)


def test_a_new_item_lies_where_the_same_item_of_the_fit_lies():
    space = fitted()
    again = {"title": "Red CLAY mug", "categories": ["mugs", "Kitchen"], "brand": "ACME", "price": 9}
    np.testing.assert_allclose(
        space.vectors(space.weighted([again])), space.vectors(space.weighted(SHOP[:1])), atol=1e-6
    )


def test_weights_are_log_counts_by_idf_in_rows_of_length_one():
    items = [{"title": "mug mug mug red"}, {"title": "mug red"}, {"title": "red"}, {"title": "lamp"}, {"title": "lamp"}]
    items += [{"title": "box"}, {"title": "box"}]
    space = fitted(items)
    assert space.terms == ("box", "lamp", "mug", "red")
    row = np.array([0, 0, np.log(4) * np.log(8 / 3), np.log(2) * np.log(8 / 4)])
    np.testing.assert_allclose(space.weighted(items[:1]).toarray()[0], row / np.linalg.norm(row), rtol=1e-5)


def test_a_word_of_the_description_counts_less_than_one_of_the_title():
    items = [{"title": "mug", "description": "red"}, {"title": "mug red"}, *({"title": "lamp box"} for _ in range(4))]
    space = fitted(items)
    red = space.terms.index("red")
    assert 0 < space.weighted(items)[0, red] < space.weighted(items)[1, red]
    assert fitted(items, description_weight=0).terms == ("mug",)


def test_the_vocabulary_is_bounded_by_the_most_frequent_terms():
    items = [{"title": f"word{number} word{number + 1} word{number + 2}"} for number in range(30)]
    assert len(fitted(items).terms) == 30
    assert len(fitted(items, vocabulary=7).terms) == 7
    assert fitted(items, vocabulary=7).axes_TD.shape == (7, 4)


def test_what_most_items_or_a_single_one_say_is_no_term():
    items = [{"title": f"shop {'mug' if number < 4 else 'lamp'} unique{number}"} for number in range(8)]
    assert fitted(items).terms == ("lamp", "mug")


def test_a_category_is_another_term_than_the_word():
    items = [{"title": "garden"}, {"title": "garden"}, {"categories": "Garden"}, {"categories": "garden"}, {}, {}]
    assert set(fitted(items).terms) == {"garden", "category garden"}


def test_prices_of_one_band_are_shared_and_strange_ones_tell_nothing():
    space = fitted([{"price": float(price)} for price in (1, 1, 5, 5, 9, 9)])
    assert (space.weighted([{"price": price} for price in (0, -3, float("inf"), float("nan"), None)]).nnz) == 0
    assert (
        space.weighted([{"price": 1}, {"price": 9}, {"price": 1e9}]).indices[1:].tolist() == [len(space.terms) - 1] * 2
    )


@pytest.mark.parametrize("items", [[], [{}], [{"title": "mug"}], [{"title": "mug"}] * 2, [{"title": "🎄"}, {}]])
def test_the_smallest_catalogs_have_a_space(items):
    space = fitted(items)
    vectors_ND = space.vectors(space.weighted([*items, {"title": "mug"}]))
    assert vectors_ND.shape == (len(items) + 1, 4) and np.isfinite(vectors_ND).all()


def test_a_space_is_kept_as_plain_arrays():
    space = fitted()
    again = TextSpace.from_arrays(space.config, space.arrays())
    assert again.terms == space.terms
    np.testing.assert_array_equal(again.vectors(again.weighted(SHOP)), space.vectors(space.weighted(SHOP)))
    assert all(array.dtype != object for array in space.arrays().values())


def test_sentences_decide_what_lies_together_and_words_carry_it_to_new_items():
    """The encoder knows that mugs and soap go together, which no word says."""
    rows = [[1, 0, 0], [1, 0, 0.1], [0, 1, 0], [0, 1, 0.1], [1, 0.1, 0], [1, 0.1, 0.1], [0, 0, 0]]
    space = TextSpace.fit(SHOP, TextConfig(dimensions=2), np.array(rows, np.float32))
    likeness_II = cosines(space, [{"title": "clay mug"}, {"title": "手工皂"}, {"title": "garden"}])
    assert likeness_II[0, 1] > 0.8 and likeness_II[0, 2] < 0


def test_a_sentence_names_what_the_item_tells():
    assert sentence(SHOP[0]) == "red clay mug. Acme. Kitchen, Mugs"
    assert sentence({"title": None, "categories": ["A", "B"]}) == "A, B" and sentence({}) == ""


def test_a_sentence_encoder_that_is_not_there_is_named(tmp_path):
    with pytest.raises(LibraryError, match="“/gone” is no folder of a model"):
        sentence_vectors(SHOP, "/gone")


def test_fields_come_from_the_catalog_in_code_order():
    table = pa.table({"item_id": ["a", "b"], "title": ["mug", None], "colour": ["red", "blue"], "price": [1.0, None]})
    assert catalog_fields(table, 2) == [{"title": "mug", "price": 1.0}, {"title": None, "price": None}]
    assert catalog_fields(None, 2) == [{}, {}] == catalog_fields(pa.table({"item_id": ["a", "b"]}), 2)


def test_placing_new_items_needs_neither_torch_nor_scikit_learn():
    code = (
        "import sys; from recommender.models.content import Content;"
        "print([name for name in ('torch', 'sklearn', 'sentence_transformers') if name in sys.modules])"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout.strip() == "[]"
