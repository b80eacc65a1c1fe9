"""Every learning-rate policy is a pure function of the step, within its bounds."""

import math

import pytest

from tunescope.training import POLICIES

TOTALS = (1, 2, 7, 100)


@pytest.mark.parametrize("name", POLICIES)
class TestPolicies:
    def test_it_takes_every_shape_and_ignores_what_it_does_not_use(self, name: str) -> None:
        policy = POLICIES[name](k0=0.01, k1=0.1, l=10, gamma=0.9, p=0.75)
        assert math.isfinite(policy(0, 100))

    def test_rates_stay_within_the_bounds(self, name: str) -> None:
        for k0, k1 in ((0.01, 0.1), (0.1, 0.01), (0.1, 0.0)):
            policy = POLICIES[name](k0=k0, k1=k1, l=3, gamma=0.9, p=0.75)
            rates = [policy(step, total) for total in TOTALS for step in range(total)]
            assert min(rates) >= 0
            assert max(rates) <= max(k0, k1) * (1 + 1e-12)

    def test_with_k0_alone_it_is_the_highest_rate_of_a_whole_training(self, name: str) -> None:
        policy = POLICIES[name](k0=0.2)
        rates = [policy(step, 1000) for step in range(1000)]
        assert max(rates) == pytest.approx(0.2, rel=1e-3)
        assert all(0 < rate <= 0.2 for rate in rates)

    def test_it_remembers_nothing(self, name: str) -> None:
        policy = POLICIES[name](k0=0.1, k1=0.01)
        forth = [policy(step, 50) for step in range(50)]
        back = [policy(step, 50) for step in reversed(range(50))]
        assert forth == back[::-1]
        assert policy == POLICIES[name](k0=0.1, k1=0.01)

    def test_it_goes_on_after_the_last_step(self, name: str) -> None:
        assert 0 <= POLICIES[name](k0=0.1)(130, 100) <= 0.1
