"""Every learning-rate policy is a pure function of the step, within its bounds."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tunescope.training import POLICIES
from tunescope.training.policies import make_policy
from tunescope.training.spaces import completed

TOTALS = (1, 2, 7, 100)
# The decay of `triexp` and `sinexp` has begun before their first peak, and `plateau` is to have a step up.
BELOW_K0 = {"triexp", "sinexp", "plateau"}


@pytest.mark.parametrize("name", POLICIES)
class TestPolicies:
    def test_it_takes_every_shape_and_ignores_what_it_does_not_use(self, name: str) -> None:
        policy = POLICIES[name](k0=0.01, k1=0.1, l=10, gamma=0.9, p=0.75)
        assert math.isfinite(policy(0, 100))
        assert policy.uses <= {"k1", "l", "gamma", "p"}
        usual = {"k1": 0.001, "l": 10, "gamma": 0.9, "p": 0.75}
        used = {key: value for key, value in usual.items() if key in policy.uses}
        ignored = POLICIES[name](k0=0.01, **used).simulate(50)
        np.testing.assert_array_equal(ignored, POLICIES[name](k0=0.01, **usual).simulate(50))

    @given(
        k0=st.floats(1e-6, 10),
        k1=st.floats(0, 10),
        length=st.floats(0.5, 300),
        gamma=st.floats(1e-3, 1),
        p=st.floats(0.1, 4),
        total=st.integers(1, 200),
    )
    def test_rates_stay_within_the_bounds(
        self, name: str, k0: float, k1: float, length: float, gamma: float, p: float, total: int
    ) -> None:
        rates = POLICIES[name](k0=k0, k1=k1, l=length, gamma=gamma, p=p).simulate(total)
        assert rates.min() >= 0
        assert rates.max() <= max(k0, k1) * (1 + 1e-12)

    def test_with_k0_alone_it_is_the_highest_rate_of_a_whole_training(self, name: str) -> None:
        rates = POLICIES[name](k0=0.2).simulate(1200)
        assert all(0 < rate <= 0.2 for rate in rates)
        assert max(rates) == pytest.approx(0.2, rel=1e-3) or name in BELOW_K0
        assert max(rates) >= 0.1

    def test_with_its_default_hyperparameters_it_is_what_it_is_with_k0_alone(self, name: str) -> None:
        made = make_policy(completed("cnn", {"policy": name}), 0.2, 1200)
        np.testing.assert_allclose(made.simulate(1200), POLICIES[name](k0=0.2).simulate(1200), rtol=1e-12)

    def test_a_simulation_is_what_the_calls_give(self, name: str) -> None:
        policy = POLICIES[name](k0=0.1, k1=0.03, l=5, gamma=0.8, p=2)
        for total in TOTALS:
            rates = policy.simulate(total)
            assert rates.dtype == np.float64
            assert rates.tolist() == [policy(step, total) for step in range(total)]

    def test_it_remembers_nothing(self, name: str) -> None:
        policy = POLICIES[name](k0=0.1, k1=0.01)
        forth = [policy(step, 50) for step in range(50)]
        back = [policy(step, 50) for step in reversed(range(50))]
        assert forth == back[::-1]
        assert policy == POLICIES[name](k0=0.1, k1=0.01)
        assert hash(policy) == hash(POLICIES[name](k0=0.1, k1=0.01))

    def test_it_goes_on_after_the_last_step(self, name: str) -> None:
        assert 0 <= POLICIES[name](k0=0.1)(130, 100) <= 0.1

    def test_losses_change_nothing_but_plateau(self, name: str) -> None:
        policy = POLICIES[name](k0=0.1)
        stuck = [1.0] * 8
        assert (policy(40, 50, stuck) != policy(40, 50)) == policy.sees_losses

    def test_it_has_a_line_for_people(self, name: str) -> None:
        assert 10 < len(POLICIES[name].line) < 90
