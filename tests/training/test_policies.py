"""Learning-rate policies give the published values."""

import math

import numpy as np
import pytest

from tunescope.errors import ParameterError
from tunescope.training import POLICIES


def _rates(name: str, total: int, **shape: float) -> list[float]:
    policy = POLICIES[name](**shape)
    return [policy(step, total) for step in range(total)]


def test_fix_stays() -> None:
    assert _rates("fix", 4, k0=0.3) == [0.3, 0.3, 0.3, 0.3]


def test_step_falls_by_gamma_every_l_steps() -> None:
    np.testing.assert_allclose(_rates("step", 5, k0=0.8, gamma=0.5, l=2), [0.8, 0.8, 0.4, 0.4, 0.2])


def test_step_falls_twice_in_a_training_when_nothing_else_is_said() -> None:
    np.testing.assert_allclose(_rates("step", 6, k0=1.0), [1, 1, 0.1, 0.1, 0.01, 0.01])


def test_exp_falls_by_gamma_every_step() -> None:
    np.testing.assert_allclose(_rates("exp", 4, k0=1.0, gamma=0.5), [1, 0.5, 0.25, 0.125])


def test_exp_falls_to_a_hundredth_when_nothing_else_is_said() -> None:
    assert POLICIES["exp"](k0=2.0)(1000, 1000) == pytest.approx(0.02)


def test_cos_has_the_published_period() -> None:
    rates = _rates("cos", 5, k0=0.1, k1=0.5, l=4)
    np.testing.assert_allclose(rates, [0.5, 0.3, 0.1, 0.3, 0.5])


def test_cos_falls_once_when_nothing_else_is_said() -> None:
    policy = POLICIES["cos"](k0=1.0)
    np.testing.assert_allclose(
        [policy(step, 4) for step in range(5)], [1, (2 + math.sqrt(2)) / 4, 0.5, (2 - math.sqrt(2)) / 4, 0]
    )


def test_onecycle_rises_for_a_quarter_and_falls_to_the_end() -> None:
    rates = _rates("onecycle", 399, k0=0.1, k1=0.5)
    assert np.argmax(rates) == 99
    assert max(rates) == pytest.approx(0.5)
    assert rates[49] == pytest.approx(0.3)  # half way up
    assert rates[249] == pytest.approx(0.3)  # half way down
    assert rates[0] == pytest.approx(0.1, abs=1e-3)
    assert rates[-1] == pytest.approx(0.1, abs=1e-3)


def test_onecycle_wastes_no_step_on_a_rate_of_0() -> None:
    for total in (1, 2, 10):
        assert min(_rates("onecycle", total, k0=0.1)) > 0


@pytest.mark.parametrize(
    ("shape", "fault"),
    [
        ({"k0": -0.1}, "`k0` is -0.1, but must be at least 0"),
        ({"k1": math.nan}, "`k1` is nan, but must be at least 0"),
        ({"l": 0}, "`l` is 0, but must be more than 0"),
        ({"gamma": 0.0}, "`gamma` is 0.0, but must be more than 0"),
    ],
)
def test_impossible_shapes_are_refused(shape: dict[str, float], fault: str) -> None:
    with pytest.raises(ParameterError) as refused:
        POLICIES["cos"](**shape)
    assert str(refused.value) == fault
