"""Models: families of classifiers with their hyperparameters.

To add a model, write one file with a ``MODEL`` below ``shallow`` or ``deep`` and name it here.
"""

from tunescope.models.declaration import Model, Pretrained
from tunescope.models.deep import (
    alexnet,
    cifar_resnet,
    cnn,
    convnext_tiny,
    efficientnet_b0,
    mobilenet_v3,
    resnet,
    rnn,
    vit_b_16,
)
from tunescope.models.shallow import (
    decision_tree,
    extra_trees,
    gaussian_nb,
    hist_gradient_boosting,
    k_nearest_neighbours,
    logistic_regression,
    random_forest,
    svm,
)

MODELS: dict[str, Model] = {
    "svm": svm.MODEL,
    "logistic_regression": logistic_regression.MODEL,
    "k_nearest_neighbours": k_nearest_neighbours.MODEL,
    "gaussian_nb": gaussian_nb.MODEL,
    "decision_tree": decision_tree.MODEL,
    "random_forest": random_forest.MODEL,
    "extra_trees": extra_trees.MODEL,
    "hist_gradient_boosting": hist_gradient_boosting.MODEL,
    "cnn": cnn.MODEL,
    "rnn": rnn.MODEL,
    "cifar_resnet": cifar_resnet.MODEL,
    "alexnet": alexnet.MODEL,
    "resnet": resnet.MODEL,
    "mobilenet_v3": mobilenet_v3.MODEL,
    "efficientnet_b0": efficientnet_b0.MODEL,
    "convnext_tiny": convnext_tiny.MODEL,
    "vit_b_16": vit_b_16.MODEL,
}

__all__ = ["MODELS", "Model", "Pretrained"]
