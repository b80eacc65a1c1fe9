"""Decision trees from a file, whose nodes scikit-learn follows without looking where they lead."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

LEAF = -1


def check_trees(pipeline: Any) -> None:
    """Check that every path through the trees of a pipeline stays inside them and ends.

    Raises:
        ValueError: when one does not, so that predicting could crash the process or never end.
    """
    classifier = pipeline[-1]
    grown, boosted = list(_grown(classifier)), list(_boosted(classifier))
    features = (grown[0] if grown else classifier).n_features_in_
    if not all(_is_sound(one.tree_, features) for one in grown):
        raise ValueError("a decision tree in it leads nowhere")
    if not all(_is_sound_boosted(nodes, features) for nodes in boosted):
        raise ValueError("a boosted tree in it leads nowhere")


def _grown(classifier: Any) -> Iterator[Any]:
    """The fitted decision trees of a classifier, itself or its members."""
    for one in (classifier, *getattr(classifier, "estimators_", ())):
        if hasattr(one, "tree_"):
            yield one


def _boosted(classifier: Any) -> Iterator[npt.NDArray[Any]]:
    """The nodes of each tree of a histogram gradient boosting."""
    for trees in getattr(classifier, "_predictors", ()):
        for tree in trees:
            yield tree.nodes


def _is_sound(tree: Any, features: int) -> bool:
    inner = np.flatnonzero(tree.children_left != LEAF)
    children = np.stack([tree.children_left[inner], tree.children_right[inner]])
    return tree.node_count > 0 and _go_on(inner, children, tree.feature[inner], tree.node_count, features)


def _is_sound_boosted(nodes: npt.NDArray[Any], features: int) -> bool:
    """No split is categorical, for which more numbers would be followed."""
    inner = np.flatnonzero(nodes["is_leaf"] == 0)
    children = np.stack([nodes["left"][inner], nodes["right"][inner]])
    is_numeric = not nodes["is_categorical"].any()
    return (
        len(nodes) > 0
        and is_numeric
        and _go_on(inner, children, nodes["feature_idx"][inner], len(nodes), features)
    )


def _go_on(
    inner: npt.NDArray[np.intp],
    children: npt.NDArray[Any],
    asked: npt.NDArray[Any],
    nodes: int,
    features: int,
) -> bool:
    """Children come after their parent, so that a path cannot turn back."""
    forward = (children > inner).all() and (children < nodes).all()
    return bool(forward and (asked >= 0).all() and (asked < features).all())
