"""Shallow models do what their hyperparameters say."""

import numpy as np
import pytest
from sklearn.decomposition import PCA
from sklearn.preprocessing import StandardScaler

from tunescope.models import MODELS
from tunescope.models.shallow.neighbours import Neighbours
from tunescope.models.shallow.unit_variance import UnitVariance


@pytest.fixture
def features() -> np.ndarray:
    return np.random.default_rng(0).normal(3, [[1.0, 4.0, 0.1]], (60, 3)).astype(np.float32)


def test_unit_variance_gives_features_that_vary_by_1_together_and_keep_their_weights(
    features: np.ndarray,
) -> None:
    scaled = UnitVariance().fit(features).transform(features)
    assert scaled.dtype == np.float32
    assert scaled.var(axis=0).sum() == pytest.approx(1, rel=1e-5)
    np.testing.assert_allclose(scaled / scaled[0, 0], features / features[0, 0], rtol=1e-5)


def test_unit_variance_leaves_constant_features_alone() -> None:
    constant = np.full((5, 2), 7, np.float32)
    np.testing.assert_array_equal(UnitVariance().fit(constant).transform(constant), constant)


def test_a_gamma_of_1_is_what_scikit_learn_calls_scale(features: np.ndarray) -> None:
    from sklearn.svm import SVC

    labels = np.arange(60) % 3
    same_scale = (features - features.mean(axis=0)).astype(np.float64)
    ours = MODELS["svm"].build(MODELS["svm"].completed({"C": 5.0}), seed=0).fit(same_scale, labels)
    theirs = SVC(C=5.0, gamma="scale").fit(same_scale, labels)
    np.testing.assert_allclose(
        ours.decision_function(same_scale), theirs.decision_function(same_scale), atol=1e-6
    )


def test_an_svm_does_not_care_for_the_unit_of_its_features(features: np.ndarray) -> None:
    labels = np.arange(60) % 3
    svm = MODELS["svm"]
    values = [
        svm.build(svm.completed({}), seed=0).fit(features * unit, labels).decision_function(features * unit)
        for unit in (1, 64)
    ]
    np.testing.assert_allclose(*values, atol=1e-4)


def test_scaling_and_projection_come_before_the_classifier_when_they_are_asked_for() -> None:
    svm = MODELS["svm"]
    chosen = svm.completed({"scaling": "standard", "projection": "pca", "variance": 0.7})
    scaler, projection, _, _ = (step for _, step in svm.build(chosen, seed=0).steps)
    assert isinstance(scaler, StandardScaler)
    assert isinstance(projection, PCA)
    assert projection.n_components == 0.7


def test_hyperparameters_reach_the_classifiers() -> None:
    forest = MODELS["random_forest"]
    built = forest.build(forest.completed({"trees": 77, "max_depth": 5, "min_samples_leaf": 2}), seed=9)[-1]
    assert (built.n_estimators, built.max_depth, built.min_samples_leaf, built.random_state) == (77, 5, 2, 9)
    tree = MODELS["decision_tree"]
    built = tree.build(tree.completed({"criterion": "entropy", "max_depth": 3}), seed=4)[-1]
    assert (built.criterion, built.max_depth, built.random_state) == ("entropy", 3, 4)
    bayes = MODELS["gaussian_nb"]
    assert bayes.build(bayes.completed({"var_smoothing": 0.5}), seed=0)[-1].var_smoothing == 0.5
    svm = MODELS["svm"].build(MODELS["svm"].completed({"kernel": "linear", "C": 2.0}), seed=0)[-1]
    assert (svm.kernel, svm.C) == ("linear", 2.0)
    extra = MODELS["extra_trees"]
    built = extra.build(extra.completed({"trees": 66, "max_features": "log2"}), seed=3)[-1]
    assert (built.n_estimators, built.max_features, built.random_state) == (66, "log2", 3)
    regression = MODELS["logistic_regression"]
    built = regression.build(regression.completed({"C": 3.0, "class_weight": "balanced"}), seed=0)[-1]
    assert (built.C, built.class_weight) == (3.0, "balanced")
    boosting = MODELS["hist_gradient_boosting"]
    chosen = boosting.completed({"rounds": 21, "learning_rate": 0.3, "max_features": 0.5})
    built = boosting.build(chosen, seed=2)[-1]
    assert (built.max_iter, built.learning_rate, built.max_features, built.random_state) == (21, 0.3, 0.5, 2)
    near = MODELS["k_nearest_neighbours"]
    built = near.build(near.completed({"neighbours": 7, "weights": "uniform", "metric": "cosine"}), seed=0)
    assert (built[-1].k, built[-1].weights, built[-1].metric) == (7, "uniform", "cosine")


def test_all_training_images_are_neighbours_where_there_are_fewer_than_asked_for() -> None:
    features, labels = np.array([[0.0], [1.0], [10.0]]), np.array([0, 0, 1])
    fitted = Neighbours(5).fit(features, labels)
    np.testing.assert_allclose(fitted.predict_proba([[10.0]]), [[2 / 3, 1 / 3]])
    assert Neighbours(1).fit(features, labels).predict([[9.0]]) == [1]


def test_neighbours_can_be_copied_with_what_they_were_made_of() -> None:
    from sklearn.base import clone

    copied = clone(Neighbours(9, weights="distance", metric="cosine"))
    assert (copied.k, copied.weights, copied.metric) == (9, "distance", "cosine")


@pytest.mark.parametrize("unit", [1, 64])
def test_logistic_regression_converges_at_both_ends_of_its_range(features: np.ndarray, unit: float) -> None:
    regression, labels = MODELS["logistic_regression"], np.arange(60) % 3
    for strength in (0.1, 1000.0):  # a warning of scikit-learn would be an error here
        fitted = regression.build(regression.completed({"C": strength}), seed=0).fit(features * unit, labels)
        assert fitted[-1].n_iter_[0] < fitted[-1].max_iter
