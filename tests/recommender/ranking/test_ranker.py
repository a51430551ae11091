"""The ranker: what it promises of features, probabilities, files and determinism."""

from dataclasses import replace

import numpy as np
import pytest

from recommender.data.histories import Histories
from recommender.errors import LibraryError
from recommender.evaluation.ranks import top_items
from recommender.models.base import mask_seen
from recommender.ranking.candidates import describe_candidates, rank_all, rank_best
from recommender.ranking.features import feature_names, features
from recommender.ranking.learning import learn_network
from recommender.ranking.ranker import Ranker
from recommender.ranking.single import as_float32, features_of_one
from recommender.training.ranking import teach


@pytest.fixture(scope="module")
def asked(split):
    """23 visitors, one of whom did nothing."""
    histories = split.histories.take(np.arange(40, 63))
    return histories.where((histories.rows_N != 5) & (histories.ages_N < 8))


def shares_of(validated, ranker, histories):
    return np.stack([validated.models[name].probabilities(histories) for name in ranker.models])


def weights_of(validated, ranker):
    return np.array([validated.weights[name] for name in ranker.models])


def described(validated, ranker, histories, codes_BC):
    return describe_candidates(
        codes_BC, shares_of(validated, ranker, histories), weights_of(validated, ranker), histories
    )


def codes_for(histories, items=43, count=20):
    """Other candidates for each visitor, some fewer."""
    rng = np.random.default_rng(1)
    codes_BC = np.stack([rng.permutation(items)[:count] for _ in range(len(histories))])
    codes_BC[2, 11:] = -1
    return codes_BC


def test_there_is_one_name_for_each_feature(validated, ranker, asked, facts):
    made = features(facts, asked, described(validated, ranker, asked, codes_for(asked)))
    assert made.shape[2] == len(feature_names(list(ranker.models))) == len(ranker.network.mean_F)
    assert np.isfinite(made).all()


def test_a_batch_has_the_features_of_each_visitor_alone(validated, ranker, asked, facts):
    codes_BC = codes_for(asked)
    batch = features(facts, asked, described(validated, ranker, asked, codes_BC))
    for row in range(len(asked)):
        one = asked.take(np.array([row]))
        alone = features(facts, one, described(validated, ranker, one, codes_BC[[row]]))[0]
        present = codes_BC[row] >= 0
        np.testing.assert_allclose(alone[present], batch[row][present], rtol=1e-4, atol=1e-5)


def test_a_request_makes_the_features_that_a_batch_makes(validated, ranker, asked, facts):
    codes_BC = codes_for(asked)
    for row in np.flatnonzero(asked.lengths_B):
        one = asked.take(np.array([row]))
        given = described(validated, ranker, one, codes_BC[[row]])
        present = codes_BC[row] >= 0
        alone, batch = features_of_one(facts, one, given).T, features(facts, one, given)[0]
        np.testing.assert_allclose(alone[present], batch[present], rtol=1e-5, atol=1e-6)


def test_every_half_number_that_is_not_negative_is_read_as_numpy_reads_it():
    halves = np.arange(np.float16(np.inf).view(np.uint16), dtype=np.uint16).view(np.float16)
    np.testing.assert_array_equal(as_float32(halves), halves.astype(np.float32))


def test_a_batch_has_the_probabilities_of_each_visitor_alone(validated, ranker, asked):
    def ranked(histories):
        parts = dict(zip(ranker.models, shares_of(validated, ranker, histories), strict=True))
        return rank_all(ranker, histories, parts, validated.weights, exclude_seen=True)

    batch = ranked(asked)
    for row in range(len(asked)):
        np.testing.assert_allclose(ranked(asked.take(np.array([row])))[0], batch[row], rtol=1e-3, atol=1e-9)


def test_the_best_are_those_of_the_whole(validated, ranker, asked):
    def parts():
        return dict(zip(ranker.models, shares_of(validated, ranker, asked), strict=True))

    whole_BI = rank_all(ranker, asked, parts(), validated.weights, exclude_seen=True)
    mask_seen(whole_BI, asked, -np.inf)
    codes_BK, scores_BK = rank_best(ranker, asked, parts(), validated.weights, 9, exclude_seen=True)
    np.testing.assert_array_equal(codes_BK, top_items(whole_BI, 9))
    np.testing.assert_allclose(scores_BK, np.take_along_axis(whole_BI, codes_BK, axis=1), rtol=1e-6)


def test_features_do_not_know_the_order_of_the_candidates(validated, ranker, asked, facts):
    codes_BC, order = codes_for(asked), np.random.default_rng(2).permutation(20)
    first = features(facts, asked, described(validated, ranker, asked, codes_BC))
    second = features(facts, asked, described(validated, ranker, asked, codes_BC[:, order]))
    present = codes_BC[:, order] >= 0
    # equally probable candidates stand in the order given
    untied = [place for place, name in enumerate(feature_names(list(ranker.models))) if "rank" not in name]
    np.testing.assert_allclose(first[:, order][present][:, untied], second[present][:, untied], rtol=1e-4, atol=1e-5)


def test_numpy_computes_what_torch_does(ranker):
    import torch

    network, rng = ranker.network, np.random.default_rng(4)
    made_BCF = rng.normal(size=(7, 5, len(network.mean_F))).astype(np.float32) * 3
    inputs = (
        (torch.from_numpy(made_BCF) - torch.from_numpy(network.mean_F)) * torch.from_numpy(network.scale_F)
    ).clamp(-6, 6)
    hidden = torch.nn.functional.linear(
        inputs, torch.from_numpy(network.hidden_FH.T.copy()), torch.from_numpy(network.bias_H)
    )
    logits = torch.nn.functional.gelu(hidden, approximate="tanh") @ torch.from_numpy(network.output_H)
    np.testing.assert_allclose(network.logits(made_BCF), logits.numpy(), rtol=1e-4, atol=1e-5)
    temperature, coverage = map(float, network.calibration)
    shares = network.probabilities(network.logits(made_BCF), np.ones((7, 5), bool))
    np.testing.assert_allclose(shares, coverage * torch.softmax(logits / temperature, dim=1).numpy(), rtol=1e-4)


def test_probabilities_are_shares_of_at_most_one_and_none_where_no_candidate_is(validated, ranker, asked):
    codes_BC = codes_for(asked)
    shares_BC = ranker.probabilities(asked, described(validated, ranker, asked, codes_BC))
    assert (shares_BC[codes_BC >= 0] > 0).all() and (shares_BC[codes_BC < 0] == 0).all()
    assert (shares_BC.sum(axis=1) <= 1 + 1e-6).all()


def test_who_did_nothing_gets_the_blend(validated, ranker):
    nobody = Histories.single(np.zeros(0, np.int32), np.zeros(0), np.zeros(0))
    parts = {name: validated.models[name].probabilities(nobody) for name in ranker.models}
    ranked = rank_all(ranker, nobody, parts, validated.weights, exclude_seen=True)
    np.testing.assert_allclose(ranked, validated.blend(nobody), rtol=1e-6)


def test_the_same_seed_learns_the_same_to_the_last_bit(validated, split, config, taught):
    again = teach(validated, split, config)
    for name, array in taught.network.arrays().items():
        np.testing.assert_array_equal(again.network.arrays()[name], array, err_msg=name)


def test_another_seed_learns_other_weights(config, taught):
    examples, hits = taught.examples, taught.examples.hits
    rows = (examples.features_BCF, examples.candidates.codes_BC[hits] >= 0, examples.target_B[hits])
    first, second = (learn_network(*rows, replace(config, seed=seed)) for seed in (3, 4))
    assert not np.array_equal(first.hidden_FH, second.hidden_FH)


def test_it_is_kept_in_one_safetensors_file_and_answers_as_before(validated, ranker, asked, tmp_path):
    ranker.save(tmp_path / "ranker.safetensors")
    again = Ranker.load(tmp_path / "ranker.safetensors")
    given = described(validated, ranker, asked, codes_for(asked))
    np.testing.assert_array_equal(again.probabilities(asked, given), ranker.probabilities(asked, given))
    assert (again.models, again.candidates) == (ranker.models, ranker.candidates)


@pytest.mark.parametrize("damage", [b"", b"\x80\x04N.", b'{"ranker": 1}'])
def test_another_file_is_refused_by_name(tmp_path, damage):
    path = tmp_path / "ranker.safetensors"
    path.write_bytes(damage)
    with pytest.raises(LibraryError, match=r"ranker\.safetensors"):
        Ranker.load(path)


def test_a_ranker_of_other_features_is_refused(ranker, tmp_path):
    replace(ranker, models=(*ranker.models, "oracle")).save(tmp_path / "ranker.safetensors")
    with pytest.raises(LibraryError, match="train again"):
        Ranker.load(tmp_path / "ranker.safetensors")
