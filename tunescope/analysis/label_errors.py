"""Suspected label errors: images that a quick model, taught on the others, takes for another class.

Northcutt, Jiang and Chuang, "Confident learning: estimating uncertainty in dataset labels", JAIR 70 (2021),
as ``cleanlab`` computes it. The quick model is ridge regression of the classes on a kernel's features
(Williams and Seeger, "Using the Nyström method to speed up kernel machines", NIPS 2000); its scores become
probabilities by one temperature (Guo et al., "On calibration of modern neural networks", ICML 2017).
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from tunescope.analysis.statistics import wilson_interval

FOLDS = 5
COMPONENTS = 64  # of the features: more describe noise, and cost time
LANDMARKS = 300  # images that all others are compared with
WIDTH = 0.5  # of the kernel, in units of 1 / (the components' total variance)
PENALTY = 1.0  # of the regression
MOST_FITTED = 5_000  # rows that the components are learnt from

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Suspects:
    """Rows whose labels are doubtful, worst first.

    Attributes:
        rows: (k,) rows of the given matrix.
        suggested: (k,) the label that the model would give.
        scores: (k,) probability, 0 to 1, that the model gives to the label as it is.
        judged: how many rows were looked at: those of classes with at least as many images as folds.
        accuracy: share of them whose label the model gives too, or None when it could not be taught.
    """

    rows: npt.NDArray[np.intp]
    suggested: npt.NDArray[np.int64]
    scores: Floats
    judged: int = 0
    accuracy: float | None = None


def suspect(
    features: npt.NDArray[np.float32], labels: npt.NDArray[np.int64], seed: int = 0, folds: int = FOLDS
) -> Suspects:
    """Find labels that a model which has not seen them would not give.

    Args:
        features: (n, d), of images that belong to no test split.
        labels: (n,) numbers of their classes.
        seed: of the folds and of whatever else is drawn.
        folds: each is judged by a model that is taught on the others.

    Returns:
        the suspects; none when fewer than two classes have enough images, or when the model does no better
        than always giving the most frequent label: its doubts would be worth nothing.
    """
    judged = np.flatnonzero(np.bincount(labels)[labels] >= folds)
    classes, known = np.unique(labels[judged], return_inverse=True)
    if len(classes) < 2:
        return _none(judged=0, accuracy=None)
    probabilities = _out_of_fold(features[judged], known, seed, folds)
    hits, majority = int((probabilities.argmax(axis=1) == known).sum()), np.bincount(known).max() / len(known)
    accuracy = hits / len(known)
    if wilson_interval(hits, len(known))[0] <= majority:
        return _none(len(judged), accuracy)
    scores, worst = _ranked(known, probabilities)
    suggested = classes[probabilities[worst].argmax(axis=1)]
    return Suspects(judged[worst], suggested, scores[worst], len(judged), accuracy)


def _none(judged: int, accuracy: float | None) -> Suspects:
    return Suspects(np.empty(0, np.intp), np.empty(0, np.int64), np.empty(0), judged, accuracy)


def _out_of_fold(
    features: npt.NDArray[np.float32], labels: npt.NDArray[np.intp], seed: int, folds: int
) -> Floats:
    """(n, classes) probabilities of each row by a model that was taught without it."""
    from sklearn.linear_model import Ridge
    from sklearn.model_selection import StratifiedKFold
    from threadpoolctl import threadpool_limits

    targets = np.eye(labels.max() + 1)[labels]
    scores = np.empty_like(targets)
    with threadpool_limits(1):  # on small matrices, several threads would only wait for one another
        compared = _compared(features, seed)
        for taught, asked in StratifiedKFold(folds, shuffle=True, random_state=seed).split(compared, labels):
            model = Ridge(PENALTY, solver="cholesky").fit(compared[taught], targets[taught])
            scores[asked] = model.predict(compared[asked])
    return _softmax(scores * _best_factor(scores, labels))


def _compared(features: npt.NDArray[np.float32], seed: int) -> Floats:
    """(n, at most LANDMARKS) likeness of rows to some of them, on the features' principal components."""
    from sklearn.decomposition import PCA
    from sklearn.kernel_approximation import Nystroem

    some = features[:: -(-len(features) // MOST_FITTED)]
    # Images that are all alike have no variance to share out: 0 / 0, which nobody asks for here.
    with np.errstate(divide="ignore", invalid="ignore"):
        components = PCA(min(COMPONENTS, *some.shape), random_state=seed).fit(some).transform(features)
    spread = np.sqrt(components.var(axis=0).sum()) or 1.0
    kernel = Nystroem(gamma=WIDTH, n_components=min(LANDMARKS, len(features)), random_state=seed)
    compared: Floats = kernel.fit_transform(components / spread).astype(np.float64)
    return compared


def _best_factor(scores: Floats, labels: npt.NDArray[np.intp]) -> float:
    """What to multiply scores by, so that their softmax is as likely as can be: 1 / temperature."""
    from scipy.optimize import minimize_scalar

    rows = np.arange(len(labels))

    def surprise(logarithm: float) -> Any:
        probabilities = _softmax(scores * np.exp(logarithm))
        return -np.log(probabilities[rows, labels] + np.finfo(float).tiny).mean()

    return float(np.exp(minimize_scalar(surprise, bounds=(-3, 5), method="bounded").x))


def _softmax(scores: Floats) -> Floats:
    powers: Floats = np.exp(scores - scores.max(axis=1, keepdims=True))
    shares: Floats = powers / powers.sum(axis=1, keepdims=True)
    return shares


def _ranked(labels: npt.NDArray[np.intp], probabilities: Floats) -> tuple[Floats, npt.NDArray[np.intp]]:
    """The score of each row, and the suspected rows, worst first."""
    from cleanlab.filter import find_label_issues
    from cleanlab.rank import get_label_quality_scores

    scores: Floats = get_label_quality_scores(labels, probabilities, method="self_confidence")
    doubtful = find_label_issues(labels, probabilities, filter_by="low_self_confidence", n_jobs=1)
    rows = np.flatnonzero(doubtful & (probabilities.argmax(axis=1) != labels))
    return scores, rows[np.argsort(scores[rows], kind="stable")]
