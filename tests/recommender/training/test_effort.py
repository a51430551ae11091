"""How much of large data is looked at."""

import pytest

from recommender.errors import InputError
from recommender.models.encoders.config import EncoderConfig
from recommender.training.effort import EffortConfig
from recommender.training.fitting import Surroundings, fit_for_validation, refit, validation_split
from recommender.training.presets import PRESETS, TrainingConfig
from tests.recommender.made import dataset_of, walks
from tests.recommender.models.family import SMALL_ENCODER


@pytest.fixture(scope="module")
def dataset():
    return dataset_of(list(walks(visitors=400, items=43)))


@pytest.fixture(scope="module")
def reads(dataset):
    """Of one pass: every interaction but the first of each visitor."""
    return dataset.interactions - len(dataset.visitor_ids)


def test_small_data_is_read_as_often_as_the_encoder_likes(dataset):
    encoder = EncoderConfig(epochs=12)
    effort = EffortConfig()
    assert effort.passes(encoder, dataset) == encoder and effort.taught_by(encoder, dataset) is dataset


def test_large_data_is_read_less_often(dataset, reads):
    effort = EffortConfig(encoder_reads=5 * reads)
    encoder = effort.passes(EncoderConfig(epochs=12), dataset)
    assert encoder.epochs == 5 and effort.taught_by(encoder, dataset) is dataset


def test_of_very_large_data_some_visitors_are_read_in_three_passes(dataset, reads):
    effort = EffortConfig(encoder_reads=reads)
    encoder = effort.passes(EncoderConfig(epochs=12), dataset)
    teachers = effort.taught_by(encoder, dataset)
    assert encoder.epochs == 3
    assert len(teachers.visitor_ids) == pytest.approx(len(dataset.visitor_ids) / 3, abs=1)
    assert teachers.items == dataset.items
    again = effort.taught_by(encoder, dataset)
    assert again.visitor_ids.tolist() == teachers.visitor_ids.tolist()


def test_windows_that_are_not_read_do_not_count(dataset, reads):
    effort = EffortConfig(encoder_reads=4 * reads)
    assert effort.passes(EncoderConfig(epochs=20, history_length=1, windows=1), dataset).epochs > 4


def test_what_the_encoder_may_read_reaches_both_fits(dataset, reads):
    config = TrainingConfig(encoder=SMALL_ENCODER, effort=EffortConfig(encoder_reads=reads))
    split = validation_split(dataset, 0)
    validated = fit_for_validation(split, config, Surroundings("cpu"))
    final = refit(dataset, config, validated, Surroundings("cpu"))
    for fitted in (validated, final):
        assert fitted.encoder.config.epochs == min(SMALL_ENCODER.epochs, 3)
        assert fitted.encoder.progress_.epoch <= 3


def test_with_many_items_fewer_visitors_are_scored():
    effort = EffortConfig(scored_cells=4_000_000_000)
    assert effort.asked(40_000, 12_000) == 40_000
    assert effort.asked(40_000, 200_000) == 20_000
    assert effort.asked(2000, 1_000_000, 0.125) == 500
    assert effort.asked(2000, 100_000_000) == 300 and effort.asked(20, 100_000_000) == 20


@pytest.mark.parametrize("option", ["encoder_reads", "scored_cells", "encoder_visitors"])
def test_options_out_of_range_are_refused_by_name(option):
    with pytest.raises(InputError, match=option):
        EffortConfig(**{option: 0})


def test_every_preset_bounds_its_encoder():
    for preset in PRESETS.values():
        assert preset.effort.encoder_reads <= 60_000_000
