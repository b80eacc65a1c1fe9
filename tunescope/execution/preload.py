"""Imported once by the fork server, so that every worker starts in milliseconds and shares the pages."""

from importlib import import_module

for _name in (
    "tunescope.execution.worker",
    "tunescope.training.deep",
    "tunescope.training.deep_predictor",
    "tunescope.training.shallow",
    "tunescope.training.shallow_predictor",
    "sklearn.decomposition",
    "sklearn.ensemble",
    "sklearn.naive_bayes",
    "sklearn.svm",
    "sklearn.tree",
    "skops.io",
):
    import_module(_name)
