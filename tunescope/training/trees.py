"""Decision trees from a file, whose nodes scikit-learn follows without looking where they lead."""

from collections.abc import Iterator
from typing import Any

import numpy as np

LEAF = -1


def check_trees(pipeline: Any) -> None:
    """Check that every path through the trees of a pipeline stays inside them and ends.

    Raises:
        ValueError: when one does not, so that predicting could crash the process or never end.
    """
    trees = list(_trees(pipeline[-1]))
    if not all(_is_sound(one.tree_, trees[0].n_features_in_) for one in trees):
        raise ValueError("a decision tree in it leads nowhere")


def _trees(classifier: Any) -> Iterator[Any]:
    """The fitted decision trees of a classifier, itself or its members."""
    for one in (classifier, *getattr(classifier, "estimators_", ())):
        if hasattr(one, "tree_"):
            yield one


def _is_sound(tree: Any, features: int) -> bool:
    """Children come after their parent, so that a path cannot turn back."""
    inner = np.flatnonzero(tree.children_left != LEAF)
    children = np.stack([tree.children_left[inner], tree.children_right[inner]])
    asked = tree.feature[inner]
    forward = (children > inner).all() and (children < tree.node_count).all()
    return bool(forward and (asked >= 0).all() and (asked < features).all())
