"""Learning-rate policies give the published values.

Expected rates are written as the arithmetic of LRBench's table: ``k0 * g(t)`` for policies that decay,
``|k1 - k0| * g(t) + min(k0, k1)`` for cyclic ones.
"""

import math
from typing import Any

import numpy as np
import pytest

from tunescope.errors import ParameterError
from tunescope.training import POLICIES
from tunescope.training.policies import Composite, Cos, Exp, Fix, NStep, Plateau, Tri, make_policy


def _rates(name: str, total: int, **shape: Any) -> list[float]:
    return POLICIES[name](**shape).simulate(total).tolist()


def test_fix_stays() -> None:
    assert _rates("fix", 4, k0=0.3) == [0.3, 0.3, 0.3, 0.3]


def test_step_falls_by_gamma_every_l_steps() -> None:
    # floor(t / 2) = 0, 0, 1, 1, 2
    np.testing.assert_allclose(_rates("step", 5, k0=0.8, gamma=0.5, l=2), [0.8, 0.8, 0.4, 0.4, 0.2])


def test_step_falls_twice_in_a_training_when_nothing_else_is_said() -> None:
    np.testing.assert_allclose(_rates("step", 6, k0=1.0), [1, 1, 0.1, 0.1, 0.01, 0.01])


def test_nstep_falls_by_gamma_at_each_of_its_steps() -> None:
    # gamma^0 before step 1, gamma^1 from 1 on, gamma^2 from 4 on
    rates = _rates("nstep", 6, k0=0.8, gamma=0.5, l=[1, 4])
    np.testing.assert_allclose(rates, [0.8, 0.4, 0.4, 0.4, 0.2, 0.2])


def test_nstep_falls_at_half_and_three_quarters_when_nothing_else_is_said() -> None:
    np.testing.assert_allclose(_rates("nstep", 8, k0=1.0), [1, 1, 1, 1, 0.1, 0.1, 0.01, 0.01])


def test_nstep_takes_one_step_too() -> None:
    np.testing.assert_allclose(_rates("nstep", 4, k0=1.0, gamma=0.1, l=3), [1, 1, 1, 0.1])


def test_exp_falls_by_gamma_every_step() -> None:
    np.testing.assert_allclose(_rates("exp", 4, k0=1.0, gamma=0.5), [1, 0.5, 0.25, 0.125])


def test_exp_falls_to_a_hundredth_when_nothing_else_is_said() -> None:
    assert POLICIES["exp"](k0=2.0)(1000, 1000) == pytest.approx(0.02)


def test_inv_falls_as_published() -> None:
    # 0.6 * (1 + 1 * t)^-2 = 0.6 / 1, 0.6 / 4, 0.6 / 9
    np.testing.assert_allclose(_rates("inv", 3, k0=0.6, gamma=1, p=2), [0.6, 0.15, 0.6 / 9])


def test_inv_gives_the_rates_that_lenet_was_published_with() -> None:
    policy = POLICIES["inv"](k0=0.01, gamma=1e-4, p=0.75)
    assert policy(10_000, 10_000) == pytest.approx(0.01 * 2**-0.75)  # (1 + 1e-4 * 1e4)^-0.75


def test_inv_falls_to_a_hundredth_when_nothing_else_is_said() -> None:
    assert POLICIES["inv"](k0=2.0)(1000, 1000) == pytest.approx(0.02)
    assert POLICIES["inv"](k0=2.0, p=0.75)(1000, 1000) == pytest.approx(0.02)


def test_poly_falls_to_0_at_its_last_step() -> None:
    # 0.8 * (1 - t / 4)^2 = 0.8 * (1, 9/16, 4/16, 1/16, 0), and 0 from there on
    rates = _rates("poly", 6, k0=0.8, l=4, p=2)
    np.testing.assert_allclose(rates, [0.8, 0.45, 0.2, 0.05, 0, 0])


def test_poly_needs_k0_alone() -> None:
    np.testing.assert_allclose(_rates("poly", 4, k0=0.8), [0.8, 0.6, 0.4, 0.2])


def test_cos_has_the_published_period() -> None:
    # 0.4 * (1 + cos(2 pi t / 4)) / 2 + 0.1, with cosines 1, 0, -1, 0, 1
    rates = _rates("cos", 5, k0=0.1, k1=0.5, l=4)
    np.testing.assert_allclose(rates, [0.5, 0.3, 0.1, 0.3, 0.5])


def test_cos_falls_once_when_nothing_else_is_said() -> None:
    policy = POLICIES["cos"](k0=1.0)
    np.testing.assert_allclose(
        [policy(step, 4) for step in range(5)],
        [1, (2 + math.sqrt(2)) / 4, 0.5, (2 - math.sqrt(2)) / 4, 0],
        atol=1e-15,
    )


# Over nine steps with l = 2: two cycles of four steps and the first step of a third.
TRIANGLE = np.array([0, 0.5, 1, 0.5, 0, 0.5, 1, 0.5, 0])  # (2 / pi) |asin(sin(pi t / 4))|
SINE = np.array([0, math.sqrt(0.5), 1, math.sqrt(0.5), 0, math.sqrt(0.5), 1, math.sqrt(0.5), 0])
HALVED = np.array([1, 1, 1, 1, 0.5, 0.5, 0.5, 0.5, 0.25])  # 1 / 2^floor(t / 4)
DAMPED = np.array([1, 0.5, 0.25, 0.125, 0.0625, 0.03125, 0.015625, 0.0078125, 0.00390625])  # 0.5^t


@pytest.mark.parametrize(
    ("name", "g"),
    [
        ("tri", TRIANGLE),
        ("tri2", TRIANGLE * HALVED),
        ("triexp", TRIANGLE * DAMPED),
        ("sin", SINE),
        ("sin2", SINE * HALVED),
        ("sinexp", SINE * DAMPED),
    ],
)
@pytest.mark.parametrize(("k0", "k1"), [(0.1, 0.5), (0.5, 0.1)])
def test_a_cycle_is_the_published_one_whichever_bound_is_higher(
    name: str, g: np.ndarray, k0: float, k1: float
) -> None:
    rates = _rates(name, 9, k0=k0, k1=k1, l=2, gamma=0.5)
    np.testing.assert_allclose(rates, 0.4 * g + 0.1, atol=1e-15)


def test_triangles_are_those_of_the_published_formula() -> None:
    steps, length = np.arange(97), 13.7
    published = 2 / math.pi * np.abs(np.arcsin(np.sin(math.pi * steps / (2 * length))))
    np.testing.assert_allclose(_rates("tri", 97, k0=1.0, k1=0.0, l=length), published, atol=1e-7)


def test_three_cycles_from_a_tenth_fill_a_training_when_nothing_else_is_said() -> None:
    # l = 6 / 6 = 1: up and down at every other step
    np.testing.assert_allclose(_rates("tri", 6, k0=1.0), [0.1, 1, 0.1, 1, 0.1, 1])


def test_a_warm_up_rises_in_a_line_and_falls_in_half_a_wave() -> None:
    # up by (t + 1) / 4 of 0.4; then (1 + cos(pi (t - 3) / 4)) / 2 of it
    half = math.sqrt(0.5)
    down = [(1 + cosine) / 2 for cosine in (1, half, 0, -half)]
    expected = 0.1 + 0.4 * np.array([0.25, 0.5, 0.75, *down])
    np.testing.assert_allclose(_rates("warmup_cos", 7, k0=0.5, k1=0.1, l=3), expected)


def test_a_warm_up_takes_a_tenth_of_the_training_when_nothing_else_is_said() -> None:
    rates = _rates("warmup_cos", 100, k0=1.0)
    assert np.argmax(rates) == 10
    assert rates[:3] == pytest.approx([1 / 11, 2 / 11, 3 / 11])


def test_a_warm_up_may_be_longer_than_the_training() -> None:
    np.testing.assert_allclose(_rates("warmup_cos", 3, k0=1.0, l=9), [0.1, 0.2, 0.3])


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


def test_restarts_are_each_twice_as_long_as_the_one_before() -> None:
    # periods of 1, 2 and 4 steps: (1 + cos(pi * 0)) / 2; then cos 0, pi/2; then cos 0, pi/4, pi/2, 3pi/4
    half = math.sqrt(0.5)
    waves = [1, 1, 0, 1, half, 0, -half]
    expected = [0.1 + 0.4 * (1 + wave) / 2 for wave in waves]
    np.testing.assert_allclose(_rates("restarts", 7, k0=0.5, k1=0.1, l=1), expected)
    np.testing.assert_allclose(_rates("restarts", 7, k0=0.5, k1=0.1), expected)  # three periods


class TestComposite:
    def test_its_parts_are_switched_at_given_steps_and_count_from_0(self) -> None:
        policy = Composite(parts=[Fix(k0=0.3), Exp(k0=0.2, gamma=0.5), Cos(k0=0.1)], l=[2, 5])
        # the last part has two of the seven steps: half a wave from 0.1 over cos 0, pi/2
        np.testing.assert_allclose(policy.simulate(7), [0.3, 0.3, 0.2, 0.1, 0.05, 0.1, 0.05])

    def test_its_parts_take_a_half_and_then_half_of_the_rest_when_nothing_else_is_said(self) -> None:
        policy = Composite(parts=[Fix(k0=0.3), Fix(k0=0.2), Fix(k0=0.1)])
        np.testing.assert_allclose(policy.simulate(8), [0.3, 0.3, 0.3, 0.3, 0.2, 0.2, 0.1, 0.1])

    def test_one_length_is_that_of_every_part_but_the_last(self) -> None:
        policy = Composite(parts=[Fix(k0=0.3), Fix(k0=0.2), Fix(k0=0.1)], l=1)
        np.testing.assert_allclose(policy.simulate(5), [0.3, 0.2, 0.1, 0.1, 0.1])

    def test_without_parts_it_cycles_at_falling_heights(self) -> None:
        # 24 steps: 12 of TRI with l = 2, 6 of TRI a tenth as high with l = 1, 6 at a hundredth
        first = [0.1, 0.55, 1, 0.55] * 3
        second = [0.01, 0.1] * 3
        np.testing.assert_allclose(_rates("composite", 24, k0=1.0), [*first, *second, *[0.01] * 6])

    def test_a_part_may_not_need_losses(self) -> None:
        with pytest.raises(ParameterError, match="`parts` holds a policy that needs losses: use it alone"):
            Composite(parts=[Fix(), Plateau()])

    def test_the_steps_must_be_as_many_as_the_switches(self) -> None:
        with pytest.raises(ParameterError, match="`l` holds 1 steps, but 3 parts are switched at 2"):
            Composite(parts=[Fix(), Fix(), Tri()], l=[4])


class TestPlateau:
    POLICY = Plateau(k0=0.8, k1=0.05, gamma=0.5, l=10)

    def test_it_begins_a_step_below_the_higher_bound_and_stays_while_losses_fall(self) -> None:
        assert self.POLICY(0, 100) == 0.4
        assert self.POLICY(60, 100, [6, 5, 4, 3, 2, 1]) == 0.4

    def test_two_losses_without_a_gain_raise_the_rate_before_80_percent(self) -> None:
        assert self.POLICY(20, 100, [2, 2]) == 0.4
        assert self.POLICY(30, 100, [2, 2, 2]) == 0.8  # 0.4 / 0.5
        assert self.POLICY(50, 100, [2, 2, 2, 2, 2]) == 0.8  # the higher bound

    def test_they_lower_it_after(self) -> None:
        falling = [9, 8, 7, 6, 5, 4, 3]
        assert self.POLICY(90, 100, [*falling, 3, 3]) == 0.2  # seen after 90 steps: 0.4 * 0.5
        stuck = [*falling, *[3] * 10]
        # seen after 9, 11, 13, 15 and 17 epochs of a training of 170 steps, of which 136 are 80 %:
        # raised after 90, 110 (to the bound) and 130, lowered after 150 and 170
        assert self.POLICY(170, 170, stuck) == 0.2

    def test_it_never_leaves_the_bounds(self) -> None:
        late = [1.0, *[1.0] * 40]
        assert Plateau(k0=0.8, k1=0.3, gamma=0.5, l=1)(41, 1, late) == 0.3

    def test_within_an_epoch_nothing_changes(self) -> None:
        losses = [2, 2, 2, 2, 2, 2, 2, 2]
        assert len({self.POLICY(80 + step, 100, losses) for step in range(10)}) == 1

    def test_without_a_length_the_losses_are_spread_over_the_steps_so_far(self) -> None:
        policy = Plateau(k0=0.8, gamma=0.5)
        assert policy(30, 100, [2, 2, 2]) == 0.8
        assert policy(90, 100, [9, 8, 7, 6, 5, 4, 3, 3, 3]) == 0.2

    def test_a_loss_that_is_no_number_is_no_gain(self) -> None:
        assert self.POLICY(30, 100, [2, math.nan, math.nan]) == 0.8

    def test_it_can_be_simulated_with_losses(self) -> None:
        rates = Plateau(k0=0.8, gamma=0.5).simulate(10, [2, 2, 2, 1, 0.5])
        np.testing.assert_allclose(rates, [0.4] * 6 + [0.8] * 4)

    def test_a_training_gives_it_the_length_of_an_epoch(self) -> None:
        policy = make_policy({"policy": "plateau", "epochs": 8}, 0.8, 80)
        assert policy == Plateau(k0=0.8, l=10)


def test_hyperparameters_shape_a_policy_relative_to_rate_and_steps() -> None:
    tri = make_policy({"policy": "tri", "policy_k1": 0.25, "policy_parts": 5}, 0.8, 100)
    assert tri == Tri(k0=0.8, k1=0.2, l=10)
    nstep = make_policy({"policy": "nstep", "policy_gamma": 0.3, "policy_parts": 4}, 0.8, 80)
    assert nstep == NStep(k0=0.8, gamma=0.3, l=(40, 60, 70))
    for name, shape in (("exp", {}), ("inv", {"policy_p": 2.0})):
        policy = make_policy({"policy": name, "policy_left": 0.2, **shape}, 0.8, 50)
        assert policy(50, 50) == pytest.approx(0.16)


def test_one_part_of_a_training_is_all_of_it() -> None:
    hyperparameters = {"policy": "nstep", "policy_gamma": 0.3, "policy_parts": 1}
    np.testing.assert_allclose(make_policy(hyperparameters, 0.8, 8).simulate(8), [0.8] * 8)


@pytest.mark.parametrize(
    ("name", "shape", "fault"),
    [
        ("cos", {"k0": -0.1}, "`k0` is -0.1, but must be at least 0"),
        ("cos", {"k1": math.nan}, "`k1` is nan, but must be at least 0"),
        ("cos", {"l": 0}, "`l` is 0, but must be more than 0"),
        ("cos", {"gamma": 0.0}, "`gamma` is 0.0, but must be more than 0"),
        ("step", {"l": -3}, "`l` is -3, but must be more than 0"),
        ("poly", {"p": 0}, "`p` is 0, but must be more than 0"),
        ("exp", {"gamma": 1.1}, "`gamma` is 1.1, but must be at most 1"),
        ("nstep", {"l": [4, 2]}, "`l` is (4, 2), but its steps must rise from one to the next"),
        ("nstep", {"l": [2, 2]}, "`l` is (2, 2), but its steps must rise from one to the next"),
        ("nstep", {"l": [0, 2]}, "`l` is (0, 2), but must be more than 0"),
        ("tri", {"l": [2, 4]}, "`l` is (2, 4), but must be one number of steps"),
    ],
)
def test_impossible_shapes_are_refused(name: str, shape: dict[str, Any], fault: str) -> None:
    with pytest.raises(ParameterError) as refused:
        POLICIES[name](**shape)
    assert str(refused.value) == fault


def test_a_callers_list_of_steps_may_change_without_changing_the_policy() -> None:
    steps = [2, 4]
    policy = NStep(l=steps)
    steps.append(6)
    assert policy == NStep(l=(2, 4))
