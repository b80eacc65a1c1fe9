"""A Gaussian process over numbers, choices and conditional hyperparameters, in numpy.

The kernel is Matérn's with nu = 5/2 on one weighted distance: a number adds the square of its difference on
the unit interval, a choice adds 1 where it differs (Hamming), and so does a hyperparameter that only one of
two configurations has. The weights (one a hyperparameter: automatic relevance), the scale and the noise
are those most probable under weak priors (Rasmussen and Williams, 2006, chapter 5). As the scores of
trials are noisy, the process never believes that it was told the truth.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import cho_solve, solve_triangular
from scipy.optimize import minimize
from scipy.special import ndtr

Matrix = NDArray[np.float64]
"""Rows are configurations, columns hyperparameters: numbers from 0 to 1, places of choices, NaN for none."""

_ROOT5 = 5**0.5
_JITTER = 1e-6
_STEPS = 40  # of the optimizer of the kernel's parameters, which converges in some 20
_LOG_NOISE = (-9.0, 1.0)


def squared_distances(one: Matrix, other: Matrix, categorical: NDArray[np.bool_]) -> Iterator[Matrix]:
    """Squared distances, shape ``(rows of one, rows of other)``, for each column in turn."""
    for left, right, is_choice in zip(one.T, other.T, categorical, strict=True):
        difference = left[:, None] - right[None, :]
        squares = (difference != 0).astype(float) if is_choice else difference**2
        lacking = np.isnan(left)[:, None], np.isnan(right)[None, :]
        if lacking[0].any() or lacking[1].any():
            squares = np.where(lacking[0] | lacking[1], lacking[0] ^ lacking[1], squares)
        yield squares


def weighted_distances(
    one: Matrix, other: Matrix, categorical: NDArray[np.bool_], weights: NDArray[np.float64]
) -> Matrix:
    """The sum of squared distances over all columns, shape ``(rows of one, rows of other)``."""
    total = np.zeros((len(one), len(other)))
    for weight, squares in zip(weights, squared_distances(one, other, categorical), strict=True):
        total += weight * squares
    return total


@dataclass(frozen=True)
class KernelParameters:
    """Logarithms of the weights of all columns, of the scale, and of the noise (variances)."""

    logarithms: NDArray[np.float64]

    @property
    def weights(self) -> NDArray[np.float64]:
        """How fast the score changes with each column."""
        weights: NDArray[np.float64] = np.exp(self.logarithms[:-2])
        return weights

    @property
    def scale(self) -> float:
        """The variance of the scores without noise."""
        return float(np.exp(self.logarithms[-2]))

    @property
    def noise(self) -> float:
        """The variance of the noise."""
        return float(np.exp(self.logarithms[-1]))


def fit_kernel(rows: Matrix, scores: NDArray[np.float64], categorical: NDArray[np.bool_]) -> KernelParameters:
    """The most probable parameters for scores with mean 0 and variance 1."""
    distances = np.array(list(squared_distances(rows, rows, categorical)))
    columns = len(categorical)
    start = np.append(np.zeros(columns + 1), np.log(0.05))
    bounds = [(-7.0, 5.0)] * columns + [(-3.0, 3.0), _LOG_NOISE]
    found = minimize(
        _loss, start, (distances, scores), "L-BFGS-B", jac=True, bounds=bounds, options={"maxiter": _STEPS}
    )
    return KernelParameters(found.x)


@dataclass(frozen=True)
class Process:
    """What is believed of all configurations after some, ``rows``, got the ``scores`` (one a row)."""

    rows: Matrix
    scores: NDArray[np.float64]
    categorical: NDArray[np.bool_]
    kernel: KernelParameters

    @cached_property
    def _factor(self) -> Matrix:
        covariance = self._covariance(self.rows)
        covariance[np.diag_indices_from(covariance)] += self.kernel.noise + _JITTER
        factor: Matrix = np.linalg.cholesky(covariance).astype(np.float64)
        return factor

    @cached_property
    def _solution(self) -> NDArray[np.float64]:
        solution: NDArray[np.float64] = cho_solve((self._factor, True), self.scores)
        return solution

    def predict(self, rows: Matrix) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Mean and standard deviation of the noiseless score of each row."""
        shared = self._covariance(rows)
        reduced = solve_triangular(self._factor, shared, lower=True)
        variance = np.maximum(self.kernel.scale - (reduced**2).sum(axis=0), 1e-10)
        return shared.T @ self._solution, np.sqrt(variance)

    def believing(self, rows: Matrix) -> "Process":
        """The process as if the rows, still in training, had scored what is expected of them."""
        if not len(rows):
            return self
        scores = np.append(self.scores, self.predict(rows)[0])
        return Process(np.vstack([self.rows, rows]), scores, self.categorical, self.kernel)

    def _covariance(self, rows: Matrix) -> Matrix:
        distances = weighted_distances(self.rows, rows, self.categorical, self.kernel.weights)
        covariance: Matrix = self.kernel.scale * _matern(distances)
        return covariance


def expected_improvement(mean: Any, deviation: Any, best: float) -> Any:
    """By how much a configuration is expected to beat ``best`` (Jones et al., 1998)."""
    z = (mean - best) / deviation
    return deviation * (z * ndtr(z) + np.exp(-(z**2) / 2) / np.sqrt(2 * np.pi))


def _matern(squares: Matrix) -> Matrix:
    distance = np.sqrt(squares + 1e-12)
    kernel: Matrix = (1 + _ROOT5 * distance + 5 / 3 * squares) * np.exp(-_ROOT5 * distance)
    return kernel


def _loss(
    logarithms: NDArray[np.float64], distances: Matrix, scores: NDArray[np.float64]
) -> tuple[float, NDArray[np.float64]]:
    """Negative logarithm of the posterior of kernel parameters, and its gradient."""
    kernel = KernelParameters(logarithms)
    squares = np.tensordot(kernel.weights, distances, 1)
    correlation = _matern(squares)
    covariance = kernel.scale * correlation
    covariance[np.diag_indices_from(covariance)] += kernel.noise + _JITTER
    factor = np.linalg.cholesky(covariance)
    inverse = cho_solve((factor, True), np.eye(len(scores)))
    solution = inverse @ scores
    pull = inverse - np.outer(solution, solution)
    distance = np.sqrt(squares + 1e-12)
    slope = -5 / 6 * (1 + _ROOT5 * distance) * np.exp(-_ROOT5 * distance)
    by_weight = 0.5 * kernel.scale * np.tensordot(distances, pull * slope, 2) * kernel.weights
    by_scale = 0.5 * kernel.scale * np.sum(pull * correlation)
    by_noise = 0.5 * kernel.noise * np.trace(pull)
    prior, prior_slope = _prior(kernel)
    loss = 0.5 * scores @ solution + np.log(np.diag(factor)).sum() + prior
    return float(loss), np.append(by_weight, [by_scale, by_noise]) + prior_slope


def _prior(kernel: KernelParameters) -> tuple[float, NDArray[np.float64]]:
    """Weak beliefs: weights neither 0 nor huge, a scale near 1, little noise; those of Optuna's GPSampler."""
    weights, scale, noise = kernel.weights, kernel.scale, kernel.noise
    loss = float(np.sum(0.1 / weights + weights) - np.log(scale) + scale - 0.1 * np.log(noise) + 30 * noise)
    return loss, np.append(weights - 0.1 / weights, [scale - 1, 30 * noise - 0.1])
