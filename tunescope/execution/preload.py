"""Imported once by the fork server, so that every worker starts in milliseconds and shares the pages."""

from importlib import import_module

for _name in (
    "tunescope.execution.worker",
    "tunescope.models.deep.layers",
    "tunescope.models.deep.network",
    "tunescope.models.deep.recurrent_layers",
    "tunescope.models.shallow.neighbours",
    "tunescope.models.shallow.unit_variance",
    "tunescope.training.deep",
    "tunescope.training.deep_predictor",
    "tunescope.training.shallow",
    "tunescope.training.shallow_predictor",
    "sklearn.decomposition",
    "sklearn.ensemble",
    "sklearn.linear_model",
    "sklearn.naive_bayes",
    "sklearn.neighbors",
    "sklearn.svm",
    "sklearn.tree",
    "skops.io",
    "torch._dynamo",  # what every optimizer of PyTorch imports when it is first made, for seconds
):
    import_module(_name)
