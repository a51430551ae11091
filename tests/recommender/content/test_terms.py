"""TF-IDF of terms, compared with what scikit-learn makes of the same weights."""

import numpy as np
import pytest
from sklearn.preprocessing import normalize

from recommender.content.terms import cosines, term_vectors


def test_rows_are_damped_weighted_and_of_length_one():
    idf_T = np.array([1.0, 0.5, 2.0], np.float32)
    found = term_vectors([{"red": 2.0, "mug": 1.0}, {"lamp": 0.3, "unknown": 9.0}, {}], ("red", "mug", "lamp"), idf_T)
    by_hand = normalize(np.log1p([[2.0, 1.0, 0.0], [0.0, 0.0, 0.3], [0.0, 0.0, 0.0]]) * idf_T)
    np.testing.assert_allclose(found.toarray(), by_hand, rtol=1e-6)


def test_the_same_terms_are_wholly_alike_and_none_in_common_not_at_all():
    assert cosines([{"red": 1.0, "mug": 1.0}, {"lamp": 1.0}, {}], {"mug": 1.0, "red": 1.0}) == pytest.approx([1, 0, 0])


def test_what_few_share_counts_more_than_what_all_share():
    everywhere = {"set": 1.0}
    rare, common = cosines(
        [everywhere | {"owl": 1.0}, everywhere | {"cup": 1.0}, everywhere | {"pan": 1.0}], everywhere | {"owl": 1.0}
    )[:2]
    assert rare > common > 0


def test_an_empty_pool_is_like_nothing():
    assert len(cosines([], {"mug": 1.0})) == 0 and cosines([{}], {}).tolist() == [0]
