"""Scores of predicted probabilities."""

from typing import Any

import numpy as np
import numpy.typing as npt

SMALLEST = 1e-12  # probability that the log loss still tells from 0


def scores(
    labels: npt.NDArray[np.integer[Any]], probabilities: npt.NDArray[np.floating[Any]]
) -> dict[str, float]:
    """Score predictions, by the definitions of scikit-learn.

    Args:
        labels: (n,) true classes, n at least 1.
        probabilities: (n, classes); the largest of a row is the prediction.

    Returns:
        ``accuracy``, ``balanced_accuracy`` (mean recall of the classes among the labels), ``macro_f1`` (mean
        over the classes among labels or predictions) and ``log_loss``.
    """
    confusion = _confusion(labels, probabilities.argmax(axis=1), probabilities.shape[1])
    right, actual, predicted = np.diag(confusion), confusion.sum(axis=1), confusion.sum(axis=0)
    seen = actual + predicted > 0
    return {
        "accuracy": float(right.sum() / len(labels)),
        "balanced_accuracy": float(np.mean(right[actual > 0] / actual[actual > 0])),
        "macro_f1": float(np.mean(2 * right[seen] / (actual + predicted)[seen])),
        "log_loss": _log_loss(labels, probabilities),
    }


def _confusion(
    labels: npt.NDArray[np.integer[Any]], predicted: npt.NDArray[np.intp], classes: int
) -> npt.NDArray[np.intp]:
    """(classes, classes) counts: rows are true classes, columns predicted ones."""
    return np.bincount(labels * classes + predicted, minlength=classes**2).reshape(classes, classes)


def _log_loss(labels: npt.NDArray[np.integer[Any]], probabilities: npt.NDArray[np.floating[Any]]) -> float:
    of_truth = probabilities[np.arange(len(labels)), labels].astype(np.float64)
    return float(-np.log(np.maximum(of_truth, SMALLEST)).mean())
