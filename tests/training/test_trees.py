"""A tree from a file is followed only where it leads somewhere."""

import numpy as np
import pytest
from sklearn.ensemble import ExtraTreesClassifier, HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.pipeline import make_pipeline
from sklearn.svm import SVC
from sklearn.tree import DecisionTreeClassifier

from tunescope.training.trees import check_trees


def _fitted(classifier: object) -> object:
    random = np.random.default_rng(0)
    return make_pipeline(classifier).fit(random.normal(size=(60, 3)), np.arange(60) % 3)


def _change(tree: object, field: str, node: int, value: int) -> None:
    """Put a number into a node, as a forged file would."""
    state = tree.__getstate__()
    nodes = state["nodes"].copy()
    nodes[field][node] = value
    tree.__setstate__(state | {"nodes": nodes})


BOOSTING = HistGradientBoostingClassifier(max_iter=2, early_stopping=False)


@pytest.mark.parametrize(
    "classifier",
    [
        DecisionTreeClassifier(),
        RandomForestClassifier(5, random_state=0),
        ExtraTreesClassifier(5, random_state=0),
        BOOSTING,
        SVC(),
    ],
)
def test_whatever_was_fitted_is_sound(classifier: object) -> None:
    check_trees(_fitted(classifier))


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("left_child", 10**6),
        ("right_child", -7),
        ("left_child", 0),  # back to itself, for ever
        ("feature", 3),
        ("feature", -2),
    ],
)
def test_a_path_that_leaves_the_tree_or_never_ends_is_found(field: str, value: int) -> None:
    pipeline = _fitted(DecisionTreeClassifier(random_state=0))
    _change(pipeline[-1].tree_, field, 0, value)
    with pytest.raises(ValueError, match="leads nowhere"):
        check_trees(pipeline)


@pytest.mark.parametrize("forest", [RandomForestClassifier, ExtraTreesClassifier])
def test_every_tree_of_a_forest_is_looked_at(forest: type) -> None:
    pipeline = _fitted(forest(5, random_state=0))
    _change(pipeline[-1].estimators_[4].tree_, "feature", 0, 99)
    with pytest.raises(ValueError, match="leads nowhere"):
        check_trees(pipeline)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("left", 10**6),
        ("right", 0),  # back to itself, for ever
        ("feature_idx", 3),
        ("feature_idx", -1),
        ("is_categorical", 1),
    ],
)
def test_a_boosted_tree_is_followed_only_where_it_leads_somewhere(field: str, value: int) -> None:
    pipeline = _fitted(BOOSTING)
    pipeline[-1]._predictors[1][2].nodes[field][0] = value
    with pytest.raises(ValueError, match="leads nowhere"):
        check_trees(pipeline)


def test_a_boosted_tree_without_nodes_is_refused() -> None:
    pipeline = _fitted(BOOSTING)
    tree = pipeline[-1]._predictors[0][0]
    tree.nodes = tree.nodes[:0]
    with pytest.raises(ValueError, match="leads nowhere"):
        check_trees(pipeline)
