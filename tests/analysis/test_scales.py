"""Scales are recognised from values."""

import numpy as np
import pytest

from tunescope.analysis.scales import is_logarithmic, is_number


@pytest.mark.parametrize("seed", range(5))
def test_a_sample_tells_which_range_it_was_drawn_from(seed: int) -> None:
    random = np.random.default_rng(seed)
    assert is_logarithmic((10 ** random.uniform(-4, 0, 40)).tolist())
    assert not is_logarithmic(random.uniform(0, 1, 40).tolist())


@pytest.mark.parametrize("values", [[1, 10, 100], [0.001, 0.01, 0.1, 1]])
def test_a_grid_of_magnitudes_is_logarithmic(values: list[float]) -> None:
    assert is_logarithmic(values)


@pytest.mark.parametrize("values", [[0, 1, 100], [-1, 10, 100], [8, 16, 32], [5.0]])
def test_other_numbers_are_not(values: list[float]) -> None:
    assert not is_logarithmic(values)


@pytest.mark.parametrize(
    ("value", "expected"), [(1, True), (0.5, True), (True, False), ("1", False), (np.inf, False)]
)
def test_only_finite_numbers_are_numbers(value: object, expected: bool) -> None:
    assert is_number(value) is expected
