"""Strategies over what they spent, and the tests behind the picture, beside scipy's."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import friedmanchisquare, kruskal, mannwhitneyu, wilcoxon

from tunescope.analysis.measures import MEASURES
from tunescope.analysis.significance import holm, significance, superiority
from tunescope.analysis.study_curves import StudyCurves, study_curves

A = (0.91, 0.93, 0.92, 0.95, 0.94, 0.96, 0.90)
B = (0.81, 0.80, 0.84, 0.83, 0.79, 0.85, 0.82)
C = (0.70, 0.90, 0.75, 0.88, 0.95, 0.60, 0.78)


def studies(make_trials, *, is_shared: bool = True, **strategies: tuple[float, ...]):
    """A study of two trials a strategy and seed; the first trial scores half of the second."""
    rows = []
    for strategy, finals in strategies.items():
        for seed, final in enumerate(finals):
            name = f"{strategy}-{seed}"
            same = {
                "study": name,
                "strategy": strategy,
                "run_id": f"run{seed}" if is_shared else f"run-{name}",
            }
            rows += [
                {**same, "start": 0, "end": 2, "validation_accuracy": final / 2},
                {**same, "start": 2, "end": 5, "validation_accuracy": final},
            ]
    return make_trials(*rows)


def test_a_curve_is_the_median_of_the_best_so_far(make_trials) -> None:
    found = study_curves(studies(make_trials, tpe=(0.8, 0.6, 0.4), grid=(0.2,)))
    assert [curve.label for curve in found.curves] == ["tpe", "grid"]
    assert found.curves[0].spent == (1.0, 2.0)
    assert found.curves[0].median == pytest.approx((0.3, 0.6))
    assert found.curves[0].low == pytest.approx((0.25, 0.5))
    assert found.curves[0].high == pytest.approx((0.35, 0.7))
    assert [final.score for final in found.curves[0].finals] == [0.8, 0.6, 0.4]


def test_a_study_that_ended_early_keeps_its_best(make_trials) -> None:
    trials = make_trials(
        {"study": "a", "strategy": "tpe", "end": 1, "validation_accuracy": 0.9},
        {"study": "b", "strategy": "tpe", "end": 2, "validation_accuracy": 0.1},
        {"study": "b", "strategy": "tpe", "end": 3, "state": "FAIL"},
        {"study": "b", "strategy": "tpe", "end": 4, "validation_accuracy": 0.3},
    )
    (curve,) = study_curves(trials).curves
    assert curve.median == pytest.approx((0.5, 0.5, 0.6))
    (timed,) = study_curves(trials, "seconds").curves
    assert timed.spent == (1.0, 2.0, 3.0, 4.0)
    assert timed.median[0] == pytest.approx(0.9)


def test_of_a_loss_the_lowest_is_the_best(make_trials) -> None:
    trials = studies(make_trials, tpe=(0.8, 0.6)).assign(log_loss=[0.5, 0.2, 0.9, 0.4])
    (curve,) = study_curves(trials, measure=MEASURES["log_loss"]).curves
    assert curve.median == pytest.approx((0.7, 0.3))
    assert curve.low[0] <= curve.high[0]


def test_energy_is_followed_where_it_was_measured(make_trials) -> None:
    trials = studies(make_trials, tpe=(0.8,), grid=(0.6,))
    assert study_curves(trials.assign(energy_joules=float("nan")), "energy").curves == ()
    (curve,) = study_curves(trials.assign(energy_joules=[5.0, 6.0, None, None]), "energy").curves
    assert (curve.label, curve.spent) == ("tpe", (5.0, 11.0))


def test_runs_that_all_strategies_share_are_compared_in_pairs(make_trials) -> None:
    found = significance(study_curves(studies(make_trials, tpe=A, grid=B, gp=C)))
    assert found.is_paired
    by_names = {frozenset((pair.first, pair.second)): pair for pair in found.pairs}
    pair = by_names[frozenset(("tpe", "grid"))]
    assert pair.p == pytest.approx(wilcoxon(A, B).pvalue)
    assert found.overall == ("Friedman", pytest.approx(friedmanchisquare(A, B, C).pvalue))
    assert (pair.effect if pair.first == "tpe" else 1 - pair.effect) == 1.0
    low, high = pair.interval
    assert low <= pair.difference <= high
    assert found.least_p == pytest.approx(2 / 2**7)


def test_other_studies_are_independent_samples(make_trials) -> None:
    found = significance(study_curves(studies(make_trials, is_shared=False, tpe=A, grid=B[:5], gp=C)))
    assert not found.is_paired
    pair = next(one for one in found.pairs if {one.first, one.second} == {"tpe", "grid"})
    assert pair.p == pytest.approx(mannwhitneyu(A, B[:5], alternative="two-sided").pvalue)
    assert found.overall == ("Kruskal-Wallis", pytest.approx(kruskal(A, B[:5], C).pvalue))


def test_too_few_studies_say_so_and_equal_ones_do_not_differ(make_trials) -> None:
    few = significance(study_curves(studies(make_trials, tpe=A[:3], grid=B[:3])))
    assert few.least_p == 0.25
    same = significance(study_curves(studies(make_trials, tpe=A, grid=A)))
    assert same.pairs[0].p == 1.0
    assert significance(study_curves(studies(make_trials, tpe=A[:1], grid=B[:1]))).pairs == ()
    assert significance(StudyCurves((), "trials")).least_p is None


def test_holm_is_the_one_of_the_textbook() -> None:
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])


@given(st.lists(st.floats(0, 1), max_size=8))
def test_holm_never_makes_surer_and_keeps_the_order(ps: list[float]) -> None:
    adjusted = holm(ps)
    assert all(p <= q <= 1 for p, q in zip(ps, adjusted, strict=True))
    order = sorted(range(len(ps)), key=ps.__getitem__)
    assert [adjusted[index] for index in order] == sorted(adjusted)


_samples = st.lists(st.integers(0, 5).map(float), min_size=1, max_size=6)


@given(_samples, _samples)
def test_superiority_is_what_mann_and_whitney_count(first: list[float], second: list[float]) -> None:
    counted = mannwhitneyu(first, second).statistic / (len(first) * len(second))
    assert superiority(first, second) == pytest.approx(counted)
    assert superiority(first, second) + superiority(second, first) == pytest.approx(1.0)
