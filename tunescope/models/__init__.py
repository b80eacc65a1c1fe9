"""Models: families of classifiers with their hyperparameters.

To add a model, write one file with a ``MODEL`` below ``shallow`` or ``deep`` and name it here.
"""

from tunescope.models.declaration import Model
from tunescope.models.deep import cnn, rnn
from tunescope.models.shallow import decision_tree, gaussian_nb, random_forest, svm

MODELS: dict[str, Model] = {
    "svm": svm.MODEL,
    "decision_tree": decision_tree.MODEL,
    "gaussian_nb": gaussian_nb.MODEL,
    "random_forest": random_forest.MODEL,
    "cnn": cnn.MODEL,
    "rnn": rnn.MODEL,
}

__all__ = ["MODELS", "Model"]
