"""MobileNetV3 (Howard and others, "Searching for MobileNetV3", ICCV 2019)."""

from tunescope.models.deep.transferable import Family, transferable_space


def _blocks(first: int, last: int) -> tuple[str, ...]:
    return tuple(f"features.{number}" for number in range(first, last + 1))


# A stage begins where the sides are halved.
SMALL = (_blocks(0, 0), _blocks(1, 1), _blocks(2, 3), _blocks(4, 8), (*_blocks(9, 12), "classifier.0"))
LARGE = (_blocks(0, 1), _blocks(2, 3), _blocks(4, 6), _blocks(7, 12), (*_blocks(13, 16), "classifier.0"))

FAMILY = Family(
    "mobilenet_v3", "mobilenet_v3_{size}", {"mobilenet_v3_small": SMALL, "mobilenet_v3_large": LARGE}
)

MODEL = FAMILY.model(
    "MobileNetV3: made for telephones, fast on a CPU",
    "Answers on phones and CPUs, from pretrained weights",
    transferable_space(
        {"size": {"type": "categorical", "choices": ["small", "large"], "default": "small"}},
        sides=(64, 96, 128, 160, 224),
        side=224,
        learning_rate=1e-3,
    ),
)
