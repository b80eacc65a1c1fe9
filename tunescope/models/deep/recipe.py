"""Hyperparameters of the training that all deep models share."""

from typing import Any

# How many times AdamW's learning rate is usual for each optimizer.
RATE_SCALES = {"adamw": 1.0, "sgd": 20.0, "muon": 2.5}


def recipe(
    *,
    learning_rate: float,
    weight_decay: float,
    epochs: int,
    batch_size: int = 32,
    label_smoothing: float = 0.1,
    augmentation: float = 1.0,
) -> dict[str, dict[str, Any]]:
    """The training part of a space, with the model's own defaults.

    The rates are the highest of the learning-rate policy, one for each optimizer, because their scales
    differ: ``learning_rate`` is that of AdamW. ``weight_decay`` is decoupled. ``clipping`` is the largest
    norm of a gradient, 0 for any. ``ema`` is the share of the training's steps that the average of the
    weights looks back over, 0 for none. ``augmentation`` is a strength from 0 (none) to 2, where 1 suits most
    photos; ``mirror`` is `auto` where the images tell whether a mirrored one is still of its class.
    """
    return {
        "optimizer": _choice(list(RATE_SCALES)),
        "learning_rate": _rate(learning_rate, "adamw"),
        "sgd_learning_rate": _rate(learning_rate, "sgd"),
        "muon_learning_rate": _rate(learning_rate, "muon"),
        "weight_decay": {
            "type": "float",
            "low": 1e-3,
            "high": 0.3,
            "log": True,
            "grid": [weight_decay],
            "default": weight_decay,
        },
        "batch_size": {
            "type": "categorical",
            "choices": [16, 32, 64, 128],
            "grid": [batch_size],
            "default": batch_size,
        },
        "epochs": {"type": "int", "low": 8, "high": 40, "step": 4, "grid": [epochs], "default": epochs},
        "label_smoothing": {
            "type": "float",
            "low": 0.0,
            "high": 0.2,
            "grid": [label_smoothing],
            "default": label_smoothing,
        },
        "clipping": _choice([1.0, 0.0, 5.0]),
        "ema": _choice([0.0, 0.02, 0.1]),
        "augmenter": _choice(["basic", "randaugment"]),
        "augmentation": {
            "type": "float",
            "low": 0.0,
            "high": 2.0,
            "grid": [augmentation / 2, augmentation] if augmentation else [0.0],
            "default": augmentation,
        },
        "mirror": _choice(["auto", "never", "always"]),
        "mixing": _choice(["none", "mixup", "cutmix"]),
    }


def _rate(learning_rate: float, optimizer: str) -> dict[str, Any]:
    usual = RATE_SCALES[optimizer] * learning_rate
    return {
        "type": "float",
        "low": usual / 8,
        "high": usual * 4,
        "log": True,
        "grid": [usual / 2, usual],
        "default": usual,
        "when": {"optimizer": optimizer},
    }


def _choice(choices: list[Any]) -> dict[str, Any]:
    """Searched by strategies that draw; the first is the default, and all that a grid tries."""
    return {"type": "categorical", "choices": choices, "grid": choices[:1], "default": choices[0]}
