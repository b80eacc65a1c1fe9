"""Presets of a new run: what each is for, and the fields that it sets. What was entered elsewhere stays."""

from dataclasses import dataclass
from typing import Any

from dashboard import form
from dashboard.form import Values

# What a preset decides about, and nothing else: images, goal, seeds and machine are the user's.
SET = (
    "search.models",
    "search.strategies",
    "features.extractors",
    "learning_rate.policy",
    "search.max_seconds",
    "search.max_trials",
    "search.target_accuracy",
    "search.patience",
    "search.folds",
    "search.pruner",
    "search.fidelity",
)


@dataclass(frozen=True)
class Preset:
    """A set of choices.

    Attributes:
        title: its name for people.
        line: what it is for.
        icon: its icon.
        changes: values of the fields that differ from the project's configuration.
    """

    title: str
    line: str
    icon: str
    changes: Values

    def values(self) -> dict[str, Any]:
        """A value for each of the fields that presets set."""
        usual = form.defaults()
        return {key: self.changes.get(key, usual[key]) for key in SET}


PRESETS = {
    "usual": Preset("As configured", "What the project's configuration says.", "runs", {}),
    "quick": Preset(
        "Quick look",
        "A minute, to see how hard the images are.",
        "clock",
        {
            "search.models": ["svm", "logistic_regression", "random_forest", "cnn"],
            "search.strategies": ["tpe"],
            "search.max_seconds": 60,
        },
    ),
    "thorough": Preset(
        "Thorough",
        "An hour over shallow and deep models, for the best that this machine finds.",
        "trophy",
        {
            "search.models": [
                "svm",
                "logistic_regression",
                "random_forest",
                "hist_gradient_boosting",
                "cnn",
                "cifar_resnet",
            ],
            "search.strategies": ["evolutionary", "tpe"],
            "features.extractors": ["hog", "lbp", "colour_histogram", "pixels_pca"],
            "learning_rate.policy": ["onecycle", "warmup_cos"],
            "search.max_seconds": 3600,
        },
    ),
    "deep": Preset(
        "Deep only",
        "Networks alone, and which learning-rate policy suits them.",
        "architectures",
        {
            "search.models": ["cnn", "cifar_resnet", "rnn"],
            "search.strategies": ["tpe"],
            "learning_rate.policy": ["onecycle", "warmup_cos", "cos"],
            "search.max_seconds": 1200,
            "search.pruner": "asha",
        },
    ),
    "compare": Preset(
        "Compare strategies",
        "Five strategies on quick models, each with an equal share of ten minutes.",
        "compare",
        {
            "search.models": ["svm", "logistic_regression", "decision_tree"],
            "search.strategies": ["grid", "random", "evolutionary", "tpe", "gp"],
            "search.max_seconds": 600,
            "search.pruner": "none",
        },
    ),
}
USUAL = "usual"

# Goals: name -> objectives, what is wanted, and what comes of it.
GOALS = {
    "accuracy": (["accuracy"], "The most accurate", "One winner: the model that is right most often."),
    "latency": (
        ["accuracy", "latency"],
        "Accurate and fast",
        "Models between which you choose: how right, against milliseconds an image.",
    ),
    "size": (
        ["accuracy", "size"],
        "Accurate and small",
        "Models between which you choose: how right, against bytes on disk.",
    ),
}
