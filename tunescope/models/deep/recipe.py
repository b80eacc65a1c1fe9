"""Hyperparameters of the training that all deep models share."""

from typing import Any


def recipe(
    *, learning_rate: float, weight_decay: float, epochs: int, label_smoothing: float = 0.1
) -> dict[str, dict[str, Any]]:
    """The training part of a space, with the model's own defaults.

    ``learning_rate`` is the highest rate of the policy; ``weight_decay`` is AdamW's, decoupled;
    ``augmentation`` is a strength from 0 (none) to 2, where 1 suits most photos. ``flip`` mirrors half of the
    images, and is off because a mirrored digit or letter is another one.
    """
    return {
        "learning_rate": {
            "type": "float",
            "low": learning_rate / 8,
            "high": learning_rate * 4,
            "log": True,
            "grid": [learning_rate / 2, learning_rate],
            "default": learning_rate,
        },
        "weight_decay": {
            "type": "float",
            "low": 1e-3,
            "high": 0.3,
            "log": True,
            "grid": [weight_decay],
            "default": weight_decay,
        },
        "batch_size": {"type": "categorical", "choices": [16, 32, 64, 128], "grid": [32], "default": 32},
        "epochs": {"type": "int", "low": 8, "high": 40, "step": 4, "grid": [epochs], "default": epochs},
        "label_smoothing": {
            "type": "float",
            "low": 0.0,
            "high": 0.2,
            "grid": [label_smoothing],
            "default": label_smoothing,
        },
        "augmentation": {"type": "float", "low": 0.0, "high": 2.0, "grid": [0.5, 1.0], "default": 1.0},
        "flip": {"type": "categorical", "choices": [False, True], "grid": [False], "default": False},
    }
