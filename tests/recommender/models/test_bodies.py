"""The networks: nothing sees what comes after it, padding changes nothing, content and levels are read."""

from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest
import torch

from recommender.models.encoders.encoder import Encoder
from recommender.models.encoders.inputs import CODES, EVENTS, GAPS, encoder_inputs
from recommender.models.encoders.network import EncoderNetwork
from tests.recommender.made import dataset_of, walks
from tests.recommender.models.family import ENCODERS

ITEMS, LENGTH = 17, 5


@pytest.fixture(params=ENCODERS)
def network(request):
    torch.manual_seed(1)
    return EncoderNetwork(replace(ENCODERS[request.param], event_types=False, time_gaps=False), ITEMS).eval()


def states(network, codes_BL):
    with torch.inference_mode():
        return network.states_BLD(network.item_embedding_ID, torch.tensor(codes_BL)).numpy()


def test_no_state_sees_what_comes_after_it(network):
    first, second = states(network, [[3, 9, 4, 1, 7]]), states(network, [[3, 9, 4, 12, 16]])
    np.testing.assert_allclose(first[:, :3], second[:, :3], atol=1e-6)
    assert np.abs(first[:, 3:] - second[:, 3:]).max() > 1e-3


def test_padding_changes_no_state_before_it(network):
    padded, plain = states(network, [[3, 9, 4, 0, 0]]), states(network, [[3, 9, 4]])
    np.testing.assert_allclose(padded[:, :3], plain, atol=1e-6)


def test_the_last_state_alone_is_the_last_of_all_states(network):
    """Rows of different lengths, one of them empty; serving asks for the last state only."""
    codes_BL = [[3, 9, 4, 1, 7], [5, 2, 0, 0, 0], [8, 0, 0, 0, 0], [0, 0, 0, 0, 0]]
    every_BLD = states(network, codes_BL)
    with torch.inference_mode():
        last_BD = network.last_states_BD(network.item_embedding_ID, torch.tensor(codes_BL)).numpy()
    np.testing.assert_allclose(last_BD, every_BLD[[0, 1, 2, 3], [4, 1, 0, 0]], atol=1e-6)


def test_a_shorter_batch_has_the_same_last_states(network):
    with torch.inference_mode():
        table = network.item_embedding_ID
        short = network.last_states_BD(table, torch.tensor([[3, 9]]))
        long = network.last_states_BD(table, torch.tensor([[3, 9, 0, 0, 0]]))
    np.testing.assert_allclose(short.numpy(), long.numpy(), atol=1e-6)


def test_only_the_levels_that_are_asked_for_are_made(dataset):
    names = [CODES, GAPS]
    codes_BL, gaps_BL = encoder_inputs(dataset.histories, LENGTH, names)
    every = encoder_inputs(dataset.histories, LENGTH, [CODES, EVENTS, GAPS])
    assert (codes_BL == every[0]).all() and (gaps_BL == every[2]).all()


def test_the_order_of_a_history_matters(network):
    assert np.abs(states(network, [[3, 9, 4]]) - states(network, [[9, 3, 4]]))[0, -1].max() > 1e-3


@pytest.fixture
def striped():
    """The walks with a catalog: odd and even items, and one item that nobody touched."""
    names = [f"item-{number}" for number in range(ITEMS)] + ["new"]
    stripes = ["odd" if number % 2 else "even" for number in range(ITEMS)] + ["odd"]
    return dataset_of(list(walks()), pa.table({"item_id": names, "categories": stripes}))


@pytest.mark.parametrize("negatives", [0, 6])
def test_an_item_is_embedded_as_its_own_and_the_mean_of_its_attributes(striped, negatives):
    encoder = Encoder(replace(ENCODERS["gru"], negatives=negatives)).fit(striped)
    arrays, table_ID = encoder.arrays(), encoder.network_.item_embedding_ID.detach().numpy()
    assert len(arrays["attribute_AD"]) == 2
    is_odd = np.array([category == "odd" for category in striped.column("categories")], int)
    content_ID = arrays["attribute_AD"][is_odd]  # “category even” stands before “category odd”
    np.testing.assert_allclose(table_ID, arrays["embedding_ID"] + content_ID, atol=1e-6)


def test_content_of_some_items_is_that_of_all(striped):
    network = Encoder(ENCODERS["gru"]).fit(striped).network_
    some = torch.tensor([4, 0, 17])
    torch.testing.assert_close(network.content_ID(some), network.content_ID()[some])


def test_an_encoder_with_content_is_saved_and_loaded(striped, tmp_path):
    encoder = Encoder(ENCODERS["transformer"]).fit(striped)
    encoder.save(tmp_path / "encoder.safetensors")
    loaded = Encoder.load(tmp_path / "encoder.safetensors")
    np.testing.assert_array_equal(loaded.scores(striped.histories), encoder.scores(striped.histories))


def test_attributes_can_be_left_out(striped):
    assert "attribute_AD" not in Encoder(replace(ENCODERS["gru"], attributes=False)).fit(striped).arrays()


def test_levels_tell_the_strength_of_events_and_the_time_since_the_one_before():
    day = 86400.0
    kinds = ["view_item", "add_to_cart", "purchase", "view_item"]
    seconds = [0.0, 30.0, 30.0 + day, 40 * day]
    rows = [
        ("ann", f"item-{place}", kind, second) for place, (kind, second) in enumerate(zip(kinds, seconds, strict=True))
    ]
    rows += [("bob", "item-0", "view_item", 7.0)]
    _, events_BL, gaps_BL = encoder_inputs(dataset_of(rows).histories, 9, (CODES, EVENTS, GAPS))
    assert events_BL.tolist() == [[1, 2, 3, 1], [1, 0, 0, 0]]
    assert gaps_BL.tolist() == [[1, 2, 7, 9], [1, 0, 0, 0]]


def test_what_was_cut_off_tells_no_gap():
    histories = dataset_of([("ann", f"item-{place}", "view_item", place * 100.0) for place in range(4)]).histories
    assert encoder_inputs(histories, 2, (GAPS,))[0].tolist() == [[1, 3]]


@pytest.mark.parametrize("change", ["weights_N", "seconds_N"])
def test_levels_are_read_where_the_config_says_so(dataset, newcomers, change):
    asked = newcomers.take(np.flatnonzero(newcomers.lengths_B > 1))
    other = replace(asked, **{change: getattr(asked, change) * (1e6 if change == "seconds_N" else 3)})
    reads = Encoder(ENCODERS["transformer"]).fit(dataset)
    ignores = Encoder(replace(ENCODERS["transformer"], event_types=False, time_gaps=False)).fit(dataset)
    assert np.abs(reads.scores(asked) - reads.scores(other)).max() > 1e-4
    np.testing.assert_array_equal(ignores.scores(asked), ignores.scores(other))


@pytest.mark.parametrize("kind", ENCODERS)
def test_a_new_interaction_changes_the_state_without_training(dataset, kind):
    """What a visitor does now counts at once: the state follows from the newest of the history alone."""
    encoder = Encoder(ENCODERS[kind]).fit(dataset)
    histories = dataset.histories.take(np.flatnonzero(dataset.histories.lengths_B == 6))
    before = histories.where(histories.ages_N > 0)
    assert np.abs(encoder.states_BD(before) - encoder.states_BD(histories)).max() > 1e-3
    again = type(encoder).from_arrays(encoder.config, encoder.arrays())
    np.testing.assert_array_equal(again.states_BD(histories), encoder.states_BD(histories))
