"""Intervals agree with scipy's."""

import itertools

import pytest
from scipy.stats import binomtest

from tunescope.analysis.statistics import wilson_interval


@pytest.mark.parametrize("confidence", [0.8, 0.95, 0.99])
def test_the_interval_is_the_one_that_scipy_gives(confidence: float) -> None:
    for n, share in itertools.product([1, 2, 7, 48, 1000, 123_457], [0, 0.01, 0.5, 0.93, 1]):
        successes = round(share * n)
        low, high = wilson_interval(successes, n, confidence)
        known = binomtest(successes, n).proportion_ci(confidence, method="wilson")
        assert (low, high) == pytest.approx((known.low, known.high), abs=1e-12)
        assert 0 <= low <= successes / n <= high <= 1


def test_without_a_case_nothing_is_known() -> None:
    assert wilson_interval(0, 0) == (0.0, 1.0)


@pytest.mark.parametrize(("successes", "n"), [(-1, 3), (4, 3)])
def test_more_successes_than_cases_are_refused(successes: int, n: int) -> None:
    with pytest.raises(ValueError, match="`successes` is"):
        wilson_interval(successes, n)


@pytest.mark.parametrize("confidence", [0, 1, 95])
def test_a_confidence_beyond_its_range_is_refused(confidence: float) -> None:
    with pytest.raises(ValueError, match="`confidence` is"):
        wilson_interval(1, 2, confidence)
