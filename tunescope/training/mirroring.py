"""Whether a mirrored image still looks like its class."""

import numpy as np
import numpy.typing as npt

from tunescope.datasets import PackedDataset

Floats = npt.NDArray[np.float32]

MOST_IMAGES = 2000
FITTED = 2 / 3  # share of the images that the classifier learns from
PIXELS, EDGES = 12, 8  # sides to which an image, and its edges in four directions, are shrunk
LARGEST_SIDE = 32  # of an image before that: larger ones are read with gaps
PENALTY = 0.3  # in units of the features' mean variance, large enough for more features than images

# What mirroring may take of the accuracy beyond guessing. Where mirrored images look like their class, that
# is noise alone, a few hundredths with some hundred images; where none of them does, it is all. The limit
# lies close above the noise, because needless mirroring does more harm than mirroring that is missed.
LARGEST_LOSS = 0.15
SURE = 2.0  # standard errors by which the classifier must beat guessing to be believed


def is_mirrored(dataset: PackedDataset, wish: str) -> bool:
    """Whether training mirrors images: ``wish`` is `always`, `never`, or `auto` for what the images tell."""
    return keeps_its_class(dataset) if wish == "auto" else wish == "always"


def keeps_its_class(dataset: PackedDataset) -> bool:
    """Tell whether images of a dataset may be mirrored in training, from its training split alone.

    Never where a class is named by a single letter or digit, because a mirrored character is another one or
    none. Elsewhere a ridge regression on small pixels and edges learns the classes from some images and is
    tried on others, as they are and mirrored: it must lose hardly anything, and know something to lose.
    A single pair of classes that mirror each other among very many is too little for it to notice.
    """
    if any(_is_character(name) for name in dataset.classes):
        return False
    as_they_are, mirrored, guessed, error = _accuracies(dataset)
    known = as_they_are - guessed
    return bool(known > SURE * error and as_they_are - mirrored <= LARGEST_LOSS * known)


def _is_character(name: str) -> bool:
    return len(name) == 1 and name.isascii() and name.isalnum()


def _accuracies(dataset: PackedDataset) -> tuple[float, float, float, float]:
    """Of images as they are, of the same mirrored, of guessing, and the standard error of the first."""
    rows = np.random.default_rng(0).permutation(dataset.indices("train"))[:MOST_IMAGES]
    images, labels = _read(dataset.images, rows), dataset.labels[rows]
    fitted = int(FITTED * len(rows))
    weights = _fit(
        _features(images[:fitted]), np.eye(len(dataset.classes), dtype=np.float32)[labels[:fitted]]
    )
    rest, truth = images[fitted:], labels[fitted:]
    right = _predict(_features(rest), weights) == truth
    mirrored = _predict(_features(rest[:, :, ::-1]), weights) == truth
    guessed = (truth == np.bincount(labels[:fitted]).argmax()).mean()
    return right.mean(), mirrored.mean(), guessed, np.sqrt(guessed * (1 - guessed) / len(truth))


def _read(images: npt.NDArray[np.uint8], rows: npt.NDArray[np.intp]) -> npt.NDArray[np.uint8]:
    down, across = (-(-side // LARGEST_SIDE) for side in images.shape[1:3])
    return np.asarray(images[rows, ::down, ::across])


def _features(images: npt.NDArray[np.uint8]) -> Floats:
    """(n, features): pixels of each channel, and where brightness rises and falls, across and down."""
    values: Floats = images.astype(np.float32) / np.float32(255)
    gray = values.mean(axis=3)
    changes: list[Floats] = [sign * np.diff(gray, axis=axis) for axis in (1, 2) for sign in (1, -1)]
    edges = [np.sqrt(_shrunk(np.maximum(one, 0, dtype=np.float32), EDGES)) for one in changes]
    pixels = [_shrunk(values[..., channel], PIXELS) for channel in range(values.shape[3])]
    return np.concatenate([one.reshape(len(images), -1) for one in (*pixels, *edges)], axis=1)


def _shrunk(images: Floats, side: int) -> Floats:
    """Means over a grid of (n, height, width) images; a side that is shorter already stays."""
    height, width = images.shape[1:]
    return np.asarray(_means(height, side) @ images @ _means(width, side).T)


def _means(side: int, wanted: int) -> Floats:
    """(wanted, side) weights of the means over equal stretches of a side."""
    stretch = np.arange(side) * min(side, wanted) // side
    member = stretch == np.arange(min(side, wanted))[:, None]
    return np.asarray(member / member.sum(axis=1, keepdims=True), np.float32)


def _fit(features: Floats, targets: Floats) -> Floats:
    """(1 + features, classes) weights of a ridge regression, the first row of which is the constant."""
    middle = features.mean(axis=0)
    centred = features - middle
    covariance = centred.T @ centred / len(features)
    covariance.flat[:: len(covariance) + 1] += PENALTY * np.trace(covariance) / len(covariance) + 1e-6
    weights = np.linalg.solve(covariance, centred.T @ targets / len(features))
    return np.asarray(np.vstack([targets.mean(axis=0) - middle @ weights, weights]))


def _predict(features: Floats, weights: Floats) -> npt.NDArray[np.intp]:
    return np.asarray((weights[0] + features @ weights[1:]).argmax(axis=1))
