"""Numbers in a saved pipeline that scikit-learn's compiled code uses as they are.

A file cannot name code that runs, but a forged one could still let that code read or write beside its arrays.
"""

from typing import Any

from tunescope.training.trees import check_trees


def check_soundness(pipeline: Any, expected: Any) -> None:
    """Check that a pipeline is built like ``expected``, and that nothing in it leads out of its arrays.

    Raises:
        ValueError: when it does, so that predicting could crash the process or never end.
    """
    if [type(step) for _, step in pipeline.steps] != [type(step) for _, step in expected.steps]:
        raise ValueError("it is no pipeline of this model")
    check_trees(pipeline)
    classifier = pipeline[-1]
    if hasattr(classifier, "_fit_X"):
        _check_neighbours(classifier)
    if hasattr(classifier, "support_vectors_"):
        _check_vectors(classifier)


def _check_neighbours(classifier: Any) -> None:
    labels, classes = classifier._y, len(classifier.classes_)
    if not ((labels >= 0) & (labels < classes)).all() or labels.shape != classifier._fit_X.shape[:1]:
        raise ValueError("a neighbour in it has no class")


def _check_vectors(classifier: Any) -> None:
    """``_n_support`` vectors a class, each with a coefficient for every other class."""
    count, features = classifier.support_vectors_.shape
    classes = len(classifier.classes_)
    each = classifier._n_support
    is_whole = (
        features == classifier.n_features_in_
        and each.shape == (classes,)
        and (each >= 0).all()
        and each.sum() == count
        and classifier._dual_coef_.shape == (classes - 1, count)
        and classifier._intercept_.shape == (classes * (classes - 1) // 2,)
    )
    if not is_whole:
        raise ValueError("its support vectors do not fit together")
