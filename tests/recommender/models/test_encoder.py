"""The encoder: what it learns, how it stops, how it goes on after a kill, and what serving runs of it."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from recommender.data.histories import Histories
from recommender.errors import InputError
from recommender.models.encoders.encoder import Encoder, FitOptions
from recommender.models.encoders.network import EncoderNetwork, LastState
from recommender.models.encoders.onnx_export import export_onnx
from recommender.models.encoders.served import Served, ServedTransformer, ServedWhole
from recommender.models.factors import unit_rows
from recommender.models.popularity import Popularity
from recommender.models.transitions import Transitions
from recommender.serving.onnx_encoder import OnnxEncoder
from tests.recommender.made import dataset_of, walks
from tests.recommender.models.family import ENCODERS, SMALL_ENCODER

FOUR_EPOCHS = replace(SMALL_ENCODER, epochs=4)


class Killed(Exception):
    pass


def killed_in(epoch):
    """A Report that ends the training in the middle of an epoch."""

    def report(share, message):
        if message.startswith(f"epoch {epoch} ") and share > (epoch - 0.5) / FOUR_EPOCHS.epochs:
            raise Killed

    return report


def scripted(*values):
    """A validation that answers with these values, pass by pass."""
    left = iter(values)
    return lambda encoder: next(left)


def assert_same(first, second):
    for name, array in first.arrays().items():
        np.testing.assert_array_equal(second.arrays()[name], array, err_msg=name)


def random_histories(rng, items, lengths):
    starts = np.concatenate([[0], np.cumsum(lengths)])
    return Histories(
        starts, rng.integers(0, items, starts[-1]).astype(np.int32), np.arange(starts[-1]), np.ones(starts[-1])
    )


def test_it_learns_what_comes_next_where_popularity_cannot():
    """On a walk in steps of one, popularity knows nothing; the last item tells nearly everything."""
    rows = [(f"{v}", f"item-{(v + step) % 13}", "view_item", step) for v in range(120) for step in range(6)]
    dataset = dataset_of(rows)
    config = replace(SMALL_ENCODER, epochs=8, dropout=0.0, negatives=0, learning_rate=0.02)
    asked, targets = dataset.histories.where(dataset.histories.ages_N > 0), dataset.histories.items_N[5::6]
    hits = [model.fit(dataset).scores(asked).argmax(axis=1) == targets for model in (Encoder(config), Popularity())]
    assert hits[0].mean() > 0.9 > 0.2 > hits[1].mean()


def test_another_seed_gives_another_encoder(dataset, newcomers):
    first, second = (Encoder(replace(SMALL_ENCODER, seed=seed)).fit(dataset).scores(newcomers) for seed in (1, 2))
    assert np.abs(first - second).max() > 1e-3


def test_only_the_newest_of_a_history_are_read(dataset):
    encoder = Encoder(SMALL_ENCODER).fit(dataset)
    long = random_histories(np.random.default_rng(0), dataset.items, [12, 9])
    np.testing.assert_array_equal(encoder.scores(long), encoder.scores(long.last(SMALL_ENCODER.history_length)))


def test_the_pass_that_validated_best_is_kept(dataset):
    passes, answer = [], scripted(0.1, 0.3, 0.2, 0.2)

    def validate(encoder):
        passes.append({name: array.copy() for name, array in encoder.arrays().items()})
        return answer(encoder)

    stopped = Encoder(FOUR_EPOCHS).fit(dataset, options=FitOptions(validate=validate, device="cpu"))
    assert (stopped.progress_.best_epoch, stopped.progress_.epoch) == (2, 4)
    assert_same(stopped, Encoder.from_arrays(FOUR_EPOCHS, passes[1]))
    assert np.abs(passes[3]["embedding_ID"] - passes[1]["embedding_ID"]).max() > 0


def test_an_encoder_that_goes_on_from_an_earlier_one_starts_with_its_weights(dataset):
    earlier = Encoder(FOUR_EPOCHS).fit(dataset, options=FitOptions(device="cpu"))
    untouched = Encoder(replace(FOUR_EPOCHS, refit_epochs=0)).fit(dataset, options=FitOptions(earlier=earlier))
    assert_same(untouched, earlier)
    gone_on = Encoder(replace(FOUR_EPOCHS, refit_epochs=1)).fit(dataset, options=FitOptions(earlier=earlier))
    assert gone_on.progress_.epoch == 1
    assert 0 < np.abs(gone_on.arrays()["embedding_ID"] - earlier.arrays()["embedding_ID"]).max() < 0.5


def test_training_stops_when_patience_is_used_up(dataset):
    config = replace(FOUR_EPOCHS, epochs=9, patience=2)
    encoder = Encoder(config).fit(dataset, options=FitOptions(validate=scripted(0.3, 0.2, 0.1, 0.9)))
    assert encoder.progress_.epoch == 3


@pytest.mark.parametrize("validates", [False, True])
@pytest.mark.parametrize("epoch", [2, 4])
def test_a_killed_training_goes_on_to_the_same_encoder(dataset, tmp_path, epoch, validates):
    values = [0.2, 0.4, 0.3, 0.35] if validates else []
    path = tmp_path / "encoder.safetensors"

    def options(*, seen=0):
        return FitOptions(checkpoint=path, validate=scripted(*values[seen:]) if validates else None, device="cpu")

    undisturbed = Encoder(FOUR_EPOCHS).fit(dataset, options=replace(options(), checkpoint=None))
    with pytest.raises(Killed):
        Encoder(FOUR_EPOCHS).fit(dataset, report=killed_in(epoch), options=options())
    told = []
    resumed = Encoder(FOUR_EPOCHS).fit(
        dataset, report=lambda share, message: told.append(message), options=options(seen=epoch - 1)
    )
    assert told[0] == f"epoch {epoch} of 4", "it went on, and did not begin again"
    assert resumed.progress_ == undisturbed.progress_
    assert_same(resumed, undisturbed)


@pytest.mark.parametrize("damage", ["torn", "another dataset", "other options"])
def test_a_checkpoint_that_does_not_fit_is_ignored(dataset, tmp_path, damage):
    path, config = tmp_path / "encoder.safetensors", FOUR_EPOCHS
    other = dataset_of(list(walks(visitors=20, items=17, seed=8))) if damage == "another dataset" else dataset
    earlier = replace(config, dropout=0.1) if damage == "other options" else config
    Encoder(earlier).fit(other, options=FitOptions(checkpoint=path, device="cpu"))
    if damage == "torn":
        path.write_bytes(path.read_bytes()[:-9])
    assert_same(
        Encoder(config).fit(dataset, options=FitOptions(checkpoint=path, device="cpu")), Encoder(config).fit(dataset)
    )


def test_the_warm_start_places_items_near_those_of_the_same_histories():
    rng = np.random.default_rng(1)
    rows = [
        (f"{visitor}", f"{visitor % 3}-{number}", "view_item", place)
        for visitor in range(40)
        for place, number in enumerate(rng.permutation(7)[:4])
    ]
    dataset = dataset_of(rows)
    options = FitOptions(start_II=Transitions().fit(dataset).values_II_)
    embedding_ID = Encoder(replace(SMALL_ENCODER, epochs=0)).fit(dataset, options=options).arrays()["embedding_ID"]
    cosine_II = unit_rows(embedding_ID) @ unit_rows(embedding_ID).T
    themes_I = np.array([item[0] for item in dataset.item_ids])
    same_II = themes_I[:, None] == themes_I
    assert cosine_II[same_II].mean() > 0.3 > 0.1 > np.abs(cosine_II[~same_II]).mean()


@pytest.fixture(scope="module", params=ENCODERS)
def exported(request, dataset, tmp_path_factory):
    """An encoder of each kind, and what a web process makes of its files."""
    encoder = Encoder(ENCODERS[request.param]).fit(dataset)
    path = tmp_path_factory.mktemp("onnx") / "encoder.onnx"
    export_onnx(encoder.network_, path)
    return encoder, served_by(path, encoder)


def served_by(path, encoder):
    table_ID, bias_I = encoder.network_.item_embedding_ID.detach().numpy(), encoder.network_.bias_I.detach().numpy()
    return OnnxEncoder(path, table_ID, bias_I, encoder.config.history_length)


@pytest.mark.parametrize("seed", range(4))
def test_onnx_gives_the_states_of_torch(exported, dataset, seed):
    encoder, served = exported
    rng = np.random.default_rng(seed)
    histories = random_histories(rng, dataset.items, rng.integers(0, 9, 1 + 6 * seed))
    np.testing.assert_allclose(served.states(histories), encoder.states_BD(histories), atol=1e-5)


def test_onnx_gives_the_probabilities_of_torch(exported, newcomers):
    encoder, served = exported
    for exclude_seen in (False, True):
        expected_BI = encoder.probabilities(newcomers, exclude_seen=exclude_seen)
        np.testing.assert_allclose(served.probabilities(newcomers, exclude_seen=exclude_seen), expected_BI, atol=1e-5)


def test_where_a_history_is_too_long_for_powers_of_decays_the_states_are_right_all_the_same(
    dataset, newcomers, tmp_path
):
    encoder = Encoder(replace(ENCODERS["transformer"], history_length=600, epochs=0)).fit(dataset)
    assert isinstance(Served(EncoderNetwork(ENCODERS["transformer"], dataset.items)).body, ServedTransformer)
    assert isinstance(Served(encoder.network_).body, ServedWhole)
    export_onnx(encoder.network_, tmp_path / "encoder.onnx")
    states_BD = served_by(tmp_path / "encoder.onnx", encoder).states(newcomers)
    np.testing.assert_allclose(states_BD, encoder.states_BD(newcomers), atol=1e-5)


@pytest.mark.filterwarnings("ignore")  # the exporter's
@pytest.mark.parametrize("kind", ENCODERS)
def test_networks_of_artifacts_that_hold_their_item_table_are_still_asked(dataset, newcomers, tmp_path, kind):
    """Schema 1: they read codes, padded, and not rows of the table."""
    encoder = Encoder(replace(ENCODERS[kind], epochs=0)).fit(dataset)
    network, names = encoder.network_, encoder.network_.input_names
    codes = torch.tensor([[1, 1, 0], [1, 0, 0]])
    torch.onnx.export(
        LastState(network).eval(),
        tuple(codes for _ in names),
        str(tmp_path / "encoder.onnx"),
        input_names=list(names),
        output_names=["state_BD"],
        dynamic_axes={name: {0: "batch", 1: "length"} for name in names} | {"state_BD": {0: "batch"}},
        opset_version=17,
        dynamo=False,
    )
    served = served_by(tmp_path / "encoder.onnx", encoder)
    np.testing.assert_allclose(served.states(newcomers), encoder.states_BD(newcomers), atol=1e-5)


@pytest.mark.parametrize("name", ["warp", "meta", ""])
def test_an_unknown_device_is_refused(dataset, name):
    with pytest.raises(InputError, match=f"device: “{name}”"):
        Encoder(SMALL_ENCODER).fit(dataset, options=FitOptions(device=name))


@pytest.mark.skipif(torch.cuda.is_available(), reason="this machine has a GPU")
def test_a_gpu_that_is_not_there_is_refused(dataset):
    with pytest.raises(InputError, match="cuda"):
        Encoder(SMALL_ENCODER).fit(dataset, options=FitOptions(device="cuda"))
