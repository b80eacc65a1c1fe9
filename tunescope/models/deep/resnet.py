"""Residual networks (He and others, "Deep residual learning for image recognition", CVPR 2016)."""

from tunescope.models.deep.transferable import Family, transferable_space

STAGES = (("conv1", "bn1"), ("layer1",), ("layer2",), ("layer3",), ("layer4",))
DEPTHS = (18, 34, 50)

FAMILY = Family("resnet", "resnet{depth}", dict.fromkeys([f"resnet{depth}" for depth in DEPTHS], STAGES))

MODEL = FAMILY.model(
    "Residual network of ImageNet: deep, because layers may be skipped",
    "Photos, from pretrained weights, best on a GPU",
    transferable_space(
        {"depth": {"type": "categorical", "choices": list(DEPTHS), "grid": [18, 50], "default": 18}},
        sides=(64, 96, 128, 160, 224),
        side=128,
        learning_rate=1e-3,
    ),
)
