"""What models that let many trees vote have in common."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from tunescope.models.shallow.preparation import preparing_steps

if TYPE_CHECKING:
    from sklearn.pipeline import Pipeline


def forest(kind: Callable[..., Any], hyperparameters: Mapping[str, Any], seed: int) -> "Pipeline":
    """Make a forest of a scikit-learn class, not fitted.

    It takes as many threads as joblib's ``parallel_config`` gives it.
    """
    from sklearn.pipeline import make_pipeline

    classifier = kind(
        n_estimators=hyperparameters["trees"],
        max_features=hyperparameters["max_features"],
        max_depth=hyperparameters["max_depth"],
        min_samples_leaf=hyperparameters["min_samples_leaf"],
        random_state=seed,
    )
    return make_pipeline(*preparing_steps(hyperparameters, seed), classifier)
