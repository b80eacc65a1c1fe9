"""What a study's trials say about configurations: the Gaussian process of a portfolio, and its proposals."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from optuna.trial import FrozenTrial, TrialState
from scipy.special import ndtri
from scipy.stats import rankdata

from tunescope.search.strategies.portfolio.points import Points
from tunescope.search.strategies.portfolio.process import (
    KernelParameters,
    Matrix,
    Process,
    expected_improvement,
    fit_kernel,
)

Scores = NDArray[np.float64]

# The cost of a Gaussian process grows with the cube of its trials: with more, it hears of the best ones
# and of an even sample of the others.
_MODELLED = 200
_SCATTERED = 500
_PEAKS = 5  # best configurations whose neighbours are looked at
_CLIMBS = 4  # of the candidates so far, from which expected improvement is climbed
_MAX_STEPS = 20


def warped(scores: Scores) -> Scores:
    """Scores with mean 0 and variance 1, in which failures do not drown the differences among the good.

    Above the median, differences stay what they are; below it, only the order counts (as normal
    quantiles), because how bad a bad configuration is says nothing about where the best one lies.
    """
    finite = scores[np.isfinite(scores)]
    scores = np.nan_to_num(scores, nan=finite.min(), posinf=finite.max(), neginf=finite.min())
    over = scores - np.median(scores)
    spread = np.sqrt(np.mean(over[over >= 0] ** 2)) or 1.0
    quantiles = ndtri((rankdata(scores) - 0.5) / len(scores))
    bent = np.where(over >= 0, over / spread, np.minimum(quantiles, 0.0))
    standard: Scores = (bent - bent.mean()) / (bent.std() or 1.0)
    return standard


def modelled(scores: Scores, count: int = _MODELLED) -> NDArray[np.intp]:
    """Places of the trials that are heard of: the best, half of ``count``, and an even sample of the rest."""
    if len(scores) <= count:
        return np.arange(len(scores))
    order = np.argsort(-scores, kind="stable")
    rest = order[count // 2 :]
    sample = rest[np.linspace(0, len(rest) - 1, count - count // 2).round().astype(int)]
    return np.sort(np.concatenate([order[: count // 2], sample]))


@dataclass(frozen=True)
class Model:
    """Trials with their scores (larger is better, shape ``(trials,)``) and the kernel that explains them."""

    trials: Sequence[FrozenTrial]
    scores: Scores
    kernel: KernelParameters | None = None

    @cached_property
    def points(self) -> Points:
        """The space that the trials span."""
        return Points(self.trials)

    @cached_property
    def tried(self) -> Matrix:
        """The configuration of every trial, shape ``(trials, columns)``."""
        return self.points.encode(trial.params for trial in self.trials)

    @cached_property
    def process(self) -> Process:
        """The process that has heard of the trials, as many as it can take."""
        places = modelled(self.scores)
        rows, scores, categorical = self.tried[places], warped(self.scores[places]), self.points.categorical
        kernel = self.kernel or fit_kernel(rows, scores, categorical)
        return Process(rows, scores, categorical, kernel)

    @cached_property
    def beliefs(self) -> tuple[Scores, Scores]:
        """Mean and standard deviation of the true score of every trial's configuration."""
        return self.process.predict(self.tried)

    def propose(self, running: Sequence[FrozenTrial], rng: np.random.Generator) -> dict[str, object] | None:
        """The new configuration with the largest expected improvement; ``None`` where nothing is new."""
        pending = self.points.encode(trial.params for trial in running)
        process = self.process.believing(pending)
        best = float(self.beliefs[0].max())

        def gain(rows: Matrix) -> Scores:
            found: Scores = expected_improvement(*process.predict(rows), best)
            return found

        climb = _Climb(self.points, gain, np.vstack([self.tried, pending]), rng)
        climb.visit(self.points.scattered(self.tried, _SCATTERED, rng))
        for row in self._peaks():
            climb.visit(self.points.neighbours(row, rng))
        row = climb.summit()
        return None if row is None else self.points.decode(row)

    def neighbour(self, rng: np.random.Generator) -> dict[str, object] | None:
        """A new neighbour of one of the best configurations; ``None`` where there is none."""
        known = set(_keys(self.tried))
        for peak in rng.permutation(self._peaks()):
            near = self.points.neighbours(peak, rng)
            fresh = [row for key, row in zip(_keys(near), near, strict=True) if key not in known]
            if fresh:
                return self.points.decode(fresh[rng.integers(len(fresh))])
        return None

    def finalist(self) -> FrozenTrial:
        """The first complete trial of the configuration that could be the best, if it is not yet sure."""
        mean, deviation = self.beliefs
        complete = [place for place, one in enumerate(self.trials) if one.state == TrialState.COMPLETE]
        best = max(complete, key=lambda place: mean[place] + deviation[place])
        return next(
            self.trials[place] for place in complete if self.trials[place].params == self.trials[best].params
        )

    def _peaks(self) -> Matrix:
        order = np.argsort(-self.beliefs[0], kind="stable")
        _, first = np.unique(self.tried[order].round(9), axis=0, return_index=True)
        return self.tried[order[np.sort(first)[:_PEAKS]]]


class _Climb:
    """Hill climbing on a gain, from neighbour to neighbour, over configurations that nobody has tried."""

    def __init__(
        self, points: Points, gain: Callable[[Matrix], Scores], tried: Matrix, rng: np.random.Generator
    ) -> None:
        self._points, self._gain, self._rng = points, gain, rng
        self._known = set(_keys(tried))
        self._found: list[tuple[float, NDArray[np.float64]]] = []

    def visit(self, rows: Matrix) -> tuple[float, NDArray[np.float64]] | None:
        """Look at the new ones among the rows; the best of them."""
        fresh = {key: row for key, row in zip(_keys(rows), rows, strict=True) if key not in self._known}
        if not fresh:
            return None
        self._known.update(fresh)
        gains = self._gain(np.array(list(fresh.values())))
        met = list(zip(gains.tolist(), fresh.values(), strict=True))
        self._found += met
        return max(met, key=lambda one: one[0])

    def summit(self) -> NDArray[np.float64] | None:
        """The best configuration that climbs from the best starts reach."""
        for start in sorted(self._found, key=lambda one: -one[0])[:_CLIMBS]:
            here = start
            for _ in range(_MAX_STEPS):
                there = self.visit(self._points.neighbours(here[1], self._rng))
                if there is None or there[0] <= here[0]:
                    break
                here = there
        return max(self._found, key=lambda one: one[0])[1] if self._found else None


def _keys(rows: Matrix) -> list[bytes]:
    """What equal rows have in common, rounding aside."""
    return [row.tobytes() for row in np.where(np.isnan(rows), -1.0, rows.round(9))]
