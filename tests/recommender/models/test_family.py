"""What every model of the family promises. A new model passes this unchanged."""

import numpy as np
import pytest

from recommender.data.histories import Histories
from recommender.errors import LibraryError
from recommender.models.popularity import Popularity
from tests.recommender.made import dataset_of, described, walks


def rows(*numbers):
    return np.array(numbers, int)


def everything(dataset):
    """One visitor who has seen every item."""
    items = np.arange(dataset.items)
    return Histories.single(items, items.astype(float), np.ones(dataset.items))


def test_scores_are_finite_and_stand_visitors_by_items(model, dataset, newcomers):
    scores_BI = model.scores(newcomers)
    assert scores_BI.shape == (11, 17) == (len(newcomers), dataset.items)
    assert scores_BI.dtype == np.float32 and np.isfinite(scores_BI).all()


def test_a_refit_equals_the_fit(model, dataset):
    again = type(model)(model.config).fit(dataset).arrays()
    for name, array in model.arrays().items():
        np.testing.assert_array_equal(again[name], array, err_msg=name)


def test_a_fit_forgets_the_fit_before(model, dataset, newcomers):
    other = dataset_of(list(walks(visitors=20, items=23, seed=9)))
    refitted = type(model)(model.config).fit(other).fit(dataset)
    np.testing.assert_array_equal(refitted.scores(newcomers), model.scores(newcomers))


def test_saving_and_loading_keeps_scores_and_config(model, newcomers, tmp_path):
    model.save(tmp_path / "model.safetensors")
    loaded = type(model).load(tmp_path / "model.safetensors")
    np.testing.assert_array_equal(loaded.scores(newcomers), model.scores(newcomers))
    assert loaded.config == model.config


def test_another_models_file_is_refused(model, dataset, tmp_path):
    path = tmp_path / "model.safetensors"
    model.save(path)
    other = type("Other", (Popularity,), {"name": "other"})
    with pytest.raises(LibraryError, match=f"holds the model “{model.name}”"):
        other.load(path)


@pytest.mark.parametrize("content", [b"", b"garbage", None])
def test_a_damaged_file_is_refused(model, tmp_path, content):
    path = tmp_path / "model.safetensors"
    if content is None:
        model.save(path)
        content = path.read_bytes()[:-4]
    path.write_bytes(content)
    with pytest.raises(LibraryError, match=r"model\.safetensors: cannot be read"):
        type(model).load(path)


def test_a_batch_scores_as_each_visitor_alone(model, newcomers):
    together_BI = model.scores(newcomers)
    for row in range(len(newcomers)):
        alone_I = model.scores(newcomers.take(rows(row)))[0]
        np.testing.assert_allclose(together_BI[row], alone_I, rtol=1e-4, atol=1e-6)


def test_the_order_of_the_batch_does_not_matter(model, newcomers):
    order = rows(*reversed(range(len(newcomers))))
    np.testing.assert_allclose(
        model.scores(newcomers.take(order)), model.scores(newcomers)[order], rtol=1e-4, atol=1e-6
    )


def test_nobody_gets_no_scores(model, dataset, newcomers):
    assert model.scores(newcomers.take(rows())).shape == (0, dataset.items)
    assert model.probabilities(newcomers.take(rows()), exclude_seen=True).shape == (0, dataset.items)


def test_probabilities_are_shares_of_one_or_all_zero(model, newcomers):
    shares_BI = model.probabilities(newcomers)
    assert shares_BI.min() >= 0
    totals = shares_BI.sum(axis=1)
    assert np.all((np.abs(totals - 1) < 1e-5) | (totals == 0))
    assert totals[newcomers.lengths_B > 0].max() > 0.99


def test_probabilities_and_scores_agree_on_the_order(model, newcomers):
    asked = newcomers.take(np.flatnonzero(newcomers.lengths_B > 0))
    scores_BI, shares_BI = model.scores(asked), model.probabilities(asked)
    for scores_I, shares_I in zip(scores_BI, shares_BI, strict=True):
        assert (np.diff(shares_I[np.argsort(scores_I, kind="stable")]) >= -1e-7).all()


def test_an_empty_history_is_answered_by_popularity_alone(model, newcomers):
    empty = newcomers.where(np.zeros(len(newcomers.items_N), bool)).take(rows(0, 1))
    total_B = model.probabilities(empty).sum(axis=1)
    assert total_B.tolist() == pytest.approx([1.0, 1.0] if isinstance(model, Popularity) else [0.0, 0.0])


def test_seen_items_have_no_probability_where_they_are_excluded(model, newcomers):
    shares_BI = model.probabilities(newcomers, exclude_seen=True)
    assert shares_BI[newcomers.rows_N, newcomers.items_N].max() == 0
    assert shares_BI.max() > 0


def test_who_has_seen_everything_is_left_with_nothing(model, dataset):
    shares_BI = model.probabilities(everything(dataset), exclude_seen=True)
    assert shares_BI.tolist() == [[0.0] * dataset.items]


def test_asking_changes_nothing(model, newcomers):
    before = model.scores(newcomers)
    model.probabilities(newcomers, exclude_seen=True)
    model.scores(newcomers)[:] = -1
    np.testing.assert_array_equal(model.scores(newcomers), before)


@pytest.mark.parametrize(
    "behaviour",
    [
        [("ann", "mug", "view_item", 1)],  # one visitor, one item
        [(f"visitor-{number}", "mug", "purchase", number) for number in range(4)],  # one item
        [("ann", f"item-{number % 3}", "view_item", number) for number in range(9)],  # one visitor
        [(f"visitor-{number % 4}", f"item-{number % 5}", "view_item", 7) for number in range(20)],  # one instant
    ],
)
def test_the_smallest_datasets_can_be_fitted(model, behaviour):
    tiny = dataset_of(behaviour)
    fitted = type(model)(model.config).fit(tiny)
    for asked in (fitted.scores(tiny.histories), fitted.probabilities(tiny.histories, exclude_seen=True)):
        assert asked.shape == (len(tiny.visitor_ids), tiny.items) and np.isfinite(asked).all()


def test_items_that_nobody_touched_or_described_do_not_outrank_the_rest(model, dataset, newcomers):
    """Their scores rest on no evidence: never the best of a list."""
    catalog = described(items=17, others=[f"untouched-{number}" for number in range(5)])
    wider = dataset_of(list(walks(visitors=60, items=17)), catalog)
    untouched = np.array([item.startswith("untouched") for item in wider.item_ids])
    code_of = {item: code for code, item in enumerate(wider.item_ids)}
    items_N = np.array([code_of[item] for item in dataset.item_ids[newcomers.items_N]], np.int32)
    asked = Histories(newcomers.starts_B1, items_N, newcomers.seconds_N, newcomers.weights_N)
    asked = asked.take(np.flatnonzero(asked.lengths_B > 0))
    scores_BI = type(model)(model.config).fit(wider).scores(asked)
    assert not untouched[scores_BI.argmax(axis=1)].any()
