"""The small residual networks for CIFAR-10 (He and others, CVPR 2016, section 4.2)."""

from tunescope.models.deep.transferable import Family, transferable_space

STAGES = (("conv1", "bn1"), ("layer1",), ("layer2",), ("layer3",))
DEPTHS = (20, 32, 44, 56)

FAMILY = Family(
    "cifar_resnet",
    "cifar_resnet{depth}",
    dict.fromkeys([f"cifar_resnet{depth}" for depth in DEPTHS], STAGES),
    least_side=8,
    is_downloaded=False,
)

MODEL = FAMILY.model(
    "Small residual network, made for images of 32 x 32",
    "Small images and enough time; more accurate than a plain network",
    transferable_space(
        {"depth": {"type": "categorical", "choices": list(DEPTHS), "grid": [20], "default": 20}},
        weights=("none", "pretrained"),
        sides=(32, 48, 64),
        side=32,
        learning_rate=5e-3,
        epochs=16,
    ),
)
