"""Whether strategies differ by more than chance, from what each of their studies came to.

Studies of one run share dataset, budget and seed, and so are compared in pairs where every strategy ran in
the same runs; else as independent samples.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from tunescope.analysis.study_curves import StrategyCurve, StudyCurves

LEVEL = 0.05
_RESAMPLES = 2000


@dataclass(frozen=True)
class PairTest:
    """Two strategies.

    Attributes:
        first, second: what to call them.
        studies: how many studies of each were compared.
        test: name of the test.
        p: probability of a difference as large by chance alone, for two sides.
        p_adjusted: the same after Holm's correction for all pairs.
        effect: probability, 0 to 1, that a study of the first is better than one of the second (ties half).
        difference: median of the first less that of the second, in the unit of the measure.
        interval: bounds of the 95 % bootstrap interval of that difference.
    """

    first: str
    second: str
    studies: tuple[int, int]
    test: str
    p: float
    p_adjusted: float
    effect: float
    difference: float
    interval: tuple[float, float]


@dataclass(frozen=True)
class Significance:
    """All pairs of strategies with at least two studies each.

    Attributes:
        pairs: one test a pair, the surest first.
        overall: name and p of a test over all strategies at once, None with fewer than three.
        is_paired: whether studies of one run were compared with one another.
        least_p: the lowest p that so few studies could reach for any pair; None without a pair.
    """

    pairs: tuple[PairTest, ...]
    overall: tuple[str, float] | None
    is_paired: bool
    least_p: float | None


def significance(curves: StudyCurves) -> Significance:
    """Test whether what strategies came to differs.

    Pairs: Wilcoxon's signed-rank test (1945) over runs, or Mann and Whitney's U (1947); Holm's correction
    (1979). All at once: Friedman's test (1937), or Kruskal and Wallis's (1952). Effect: Vargha and Delaney's
    A (2000).
    """
    known = [curve for curve in curves.curves if len(curve.finals) >= 2]
    runs = _shared_runs(known)
    samples = {curve.label: _sample(curve, runs) for curve in known}
    raw = [_pair(a, b, samples, runs is not None, curves.measure.sign) for a, b in combinations(samples, 2)]
    adjusted = holm([pair.p for pair in raw])
    pairs = [_with(pair, p) for pair, p in zip(raw, adjusted, strict=True)]
    return Significance(
        pairs=tuple(sorted(pairs, key=lambda pair: (pair.p_adjusted, pair.p))),
        overall=_overall(list(samples.values()), runs is not None),
        is_paired=runs is not None,
        least_p=min((_least_p(pair.studies, runs is not None) for pair in raw), default=None),
    )


def holm(ps: Sequence[float]) -> list[float]:
    """Adjust p values for being several (S. Holm, A simple sequentially rejective procedure, 1979)."""
    adjusted, worst = [0.0] * len(ps), 0.0
    for rank, index in enumerate(sorted(range(len(ps)), key=ps.__getitem__)):
        worst = max(worst, min(1.0, (len(ps) - rank) * ps[index]))
        adjusted[index] = worst
    return adjusted


def superiority(first: Sequence[float], second: Sequence[float]) -> float:
    """Vargha and Delaney's A: probability that a value of the first is higher than one of the second."""
    above = sum(np.sum(value > np.asarray(second)) for value in first)
    equal = sum(np.sum(value == np.asarray(second)) for value in first)
    return float((above + equal / 2) / (len(first) * len(second)))


def _shared_runs(curves: Sequence[StrategyCurve]) -> list[str] | None:
    """Runs in which every strategy has one study each; None where they are fewer than two, or not all."""
    by_curve = [[final.run_id for final in curve.finals] for curve in curves]
    if len(by_curve) < 2 or any(None in runs or len(set(runs)) < len(runs) for runs in by_curve):
        return None
    shared = set(by_curve[0]).intersection(*by_curve[1:])
    return sorted(str(run) for run in shared) if len(shared) == max(map(len, by_curve)) >= 2 else None


def _sample(curve: StrategyCurve, runs: list[str] | None) -> list[float]:
    if runs is None:
        return [final.score for final in curve.finals]
    scores = {final.run_id: final.score for final in curve.finals}
    return [scores[run] for run in runs]


def _pair(a: str, b: str, samples: dict[str, list[float]], is_paired: bool, sign: float) -> PairTest:
    first, second = samples[a], samples[b]
    difference = float(np.median(first) - np.median(second))
    return PairTest(
        first=a,
        second=b,
        studies=(len(first), len(second)),
        test="Wilcoxon signed-rank" if is_paired else "Mann-Whitney U",
        p=_p(first, second, is_paired),
        p_adjusted=1.0,
        effect=superiority([sign * value for value in first], [sign * value for value in second]),
        difference=difference,
        interval=_interval(first, second, is_paired),
    )


def _with(pair: PairTest, adjusted: float) -> PairTest:
    from dataclasses import replace

    return replace(pair, p_adjusted=adjusted)


def _p(first: list[float], second: list[float], is_paired: bool) -> float:
    from scipy.stats import mannwhitneyu, wilcoxon

    if first == second or (not is_paired and len({*first, *second}) == 1):
        return 1.0  # scipy has no answer where nothing differs
    if is_paired:
        return float(wilcoxon(first, second).pvalue)
    return float(mannwhitneyu(first, second, alternative="two-sided").pvalue)


def _interval(first: list[float], second: list[float], is_paired: bool) -> tuple[float, float]:
    """Bootstrap of the difference of medians; runs are drawn as a whole where they are paired."""
    draw = np.random.default_rng(0)
    one, other = np.asarray(first), np.asarray(second)
    places = draw.integers(0, len(one), (_RESAMPLES, len(one)))
    others = places if is_paired else draw.integers(0, len(other), (_RESAMPLES, len(other)))
    differences = np.median(one[places], axis=1) - np.median(other[others], axis=1)
    low, high = np.percentile(differences, [2.5, 97.5])
    return float(low), float(high)


def _overall(samples: list[list[float]], is_paired: bool) -> tuple[str, float] | None:
    from scipy.stats import friedmanchisquare, kruskal

    if len(samples) < 3 or len({value for sample in samples for value in sample}) == 1:
        return None
    if is_paired:
        p = float(friedmanchisquare(*samples).pvalue)
        return ("Friedman", 1.0 if math.isnan(p) else p)
    return ("Kruskal-Wallis", float(kruskal(*samples).pvalue))


def _least_p(studies: tuple[int, int], is_paired: bool) -> float:
    """What the exact test would give if every study of one were better than all of the other."""
    if is_paired:
        return 2.0 ** (1 - studies[0])
    return 2.0 / math.comb(sum(studies), studies[0])
