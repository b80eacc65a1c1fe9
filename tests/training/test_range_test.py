"""The range test finds the rates between which a network learns, and looks at training images alone."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from patterns import pattern_dataset

from tunescope.datasets import PackedDataset
from tunescope.errors import ParameterError, UnknownNameError
from tunescope.training.range_test import RangeTest, proposed, range_test

RATES = np.geomspace(1e-5, 1, 101)  # a decade in 20 steps


def _curve(noise: float = 0.0, seed: int = 0) -> np.ndarray:
    """Falls from 2.3 to 0.3 in a line from 1e-4 to 1e-3, stays there to 1e-1, and explodes."""
    decades = np.log10(RATES)
    curve = 2.3 - 2 * np.clip(decades + 4, 0, 1) + 20 * np.clip(decades + 1, 0, None)
    return curve * np.exp(np.random.default_rng(seed).normal(0, noise, len(RATES)))


def test_the_bounds_are_where_learning_begins_and_where_it_is_at_its_best() -> None:
    found = proposed("cnn", "adamw", RATES, _curve())
    assert found.k0 == pytest.approx(10**-3.9, rel=0.2)  # a tenth of the way down
    assert found.k1 == pytest.approx(10**-1 / 2, rel=0.25)  # half of where it begins to rise
    assert found.note is None
    assert found.rates == tuple(RATES)
    assert found.losses == tuple(_curve())


@pytest.mark.parametrize("seed", range(10))
def test_noise_moves_them_little(seed: int) -> None:
    found = proposed("cnn", "adamw", RATES, _curve(noise=0.15, seed=seed))
    assert 10**-4.4 < found.k0 < 10**-3.5
    assert 10**-1.6 < found.k1 < 10**-1.1


def test_single_outliers_are_smoothed_away() -> None:
    curve = _curve()
    curve[[10, 30, 60]] *= 4
    with_them, without = (proposed("cnn", "adamw", RATES, one).smoothed for one in (curve, _curve()))
    np.testing.assert_allclose(with_them, without, rtol=0.05)


def test_a_curve_that_ends_early_is_read_as_far_as_it_goes() -> None:
    found = proposed("cnn", "adamw", RATES, _curve()[:84])
    assert len(found.rates) == len(found.losses) == len(found.smoothed) == 84
    assert found.k1 == pytest.approx(10**-1 / 2, rel=0.25)


def test_a_loss_that_falls_to_the_last_rate_asks_for_higher_ones() -> None:
    found = proposed("cnn", "adamw", RATES[:66], _curve()[:66])
    assert found.note == "The loss was still falling at the highest rate: try higher ones."
    assert found.k1 is not None


@pytest.mark.parametrize("seed", range(5))
def test_without_a_fall_there_is_no_proposal(seed: int) -> None:
    noise = np.exp(np.random.default_rng(seed).normal(0, 0.1, 101))
    found = proposed("cnn", "adamw", RATES, 2.3 * noise)
    assert (found.k0, found.k1) == (None, None)
    assert found.note == "The loss did not fall: take more steps, or a wider range."


def test_a_loss_that_only_rises_gives_no_proposal() -> None:
    assert proposed("cnn", "adamw", RATES, np.geomspace(1, 3, 101)).k1 is None


@given(st.lists(st.floats(1e-6, 1e6), max_size=60), st.integers(60, 80))
def test_whatever_the_curve_the_lower_bound_is_the_lower_one(losses: list[float], steps: int) -> None:
    found = proposed("cnn", "adamw", np.geomspace(1e-5, 1, steps), losses)
    assert (found.k0 is None) == (found.k1 is None) == (found.note is not None and "higher" not in found.note)
    if found.k0 is not None:
        assert 1e-5 < found.k0 <= found.k1 <= 1


def test_a_loss_that_explodes_at_once_asks_for_lower_rates() -> None:
    assert proposed("cnn", "adamw", RATES, []).note == "The loss exploded at once: begin at a lower rate."


@pytest.fixture(scope="module")
def found(dataset: PackedDataset) -> RangeTest:
    return _tested(dataset)


def _tested(dataset: PackedDataset, model: str = "cnn", **changes: float) -> RangeTest:
    given = {"lowest": 1e-5, "highest": 10.0, "steps": 60, "seed": 0, **changes}
    return range_test(model, {}, dataset, **given)  # type: ignore[arg-type]


def test_real_training_gives_bounds_around_rates_that_are_known_to_work(found: RangeTest) -> None:
    assert found.k0 is not None
    assert found.k1 is not None
    assert 1e-5 < found.k0 < found.k1
    assert 1e-3 < found.k1 < 1e-1  # the default of the model is 8e-3
    assert np.isfinite(found.losses).all()


def test_it_ends_when_the_loss_explodes(dataset: PackedDataset) -> None:
    wild = _tested(dataset, lowest=1e-4, highest=1e8, steps=40)
    assert 5 < len(wild.losses) < 40
    assert len(wild.rates) == len(wild.losses)


def test_the_same_seed_gives_the_same_curve(dataset: PackedDataset, found: RangeTest) -> None:
    assert _tested(dataset) == found
    assert _tested(dataset, seed=1).losses != found.losses


def test_validation_and_test_images_are_never_looked_at(tmp_path: Path, found: RangeTest) -> None:
    def spoil(images: np.ndarray, splits: np.ndarray) -> None:
        images[splits != 0] = 255 - images[splits != 0]

    spoilt = pattern_dataset(tmp_path / "spoilt", change=spoil)
    assert (spoilt.splits == 0).sum() < len(spoilt.splits)
    assert replace(_tested(spoilt)).losses == found.losses


@pytest.mark.parametrize("name", ["svm", "guess"])
def test_a_model_without_a_learning_rate_is_refused(dataset: PackedDataset, name: str) -> None:
    with pytest.raises(UnknownNameError, match=f"`{name}` is no deep model: use `cnn`"):
        _tested(dataset, name)


def test_impossible_rates_are_refused(dataset: PackedDataset) -> None:
    with pytest.raises(ParameterError, match="`lowest` is 20, but must be more than 0 and below `highest`"):
        _tested(dataset, lowest=20.0)
    with pytest.raises(ParameterError, match="`steps` is 3, but must be at least 10"):
        _tested(dataset, steps=3)
    with pytest.raises(ParameterError, match="`width_` is no hyperparameter of `cnn`"):
        range_test("cnn", {"width_": 3}, dataset, lowest=1e-5, highest=1, steps=10, seed=0)
