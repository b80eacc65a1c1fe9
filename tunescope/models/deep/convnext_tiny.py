"""ConvNeXt-Tiny (Liu and others, "A ConvNet for the 2020s", CVPR 2022)."""

from tunescope.models.deep.transferable import Family, transferable_space

STAGES = (
    ("features.0", "features.1"),
    ("features.2", "features.3"),
    ("features.4", "features.5"),
    ("features.6", "features.7", "classifier.0"),
)

FAMILY = Family("convnext_tiny", "convnext_tiny", {"convnext_tiny": STAGES})

MODEL = FAMILY.model(
    "ConvNeXt-Tiny: convolutions in the order of a transformer",
    "The most accuracy on photos, where there is a GPU",
    transferable_space({}, sides=(64, 96, 128, 160, 224), side=128, learning_rate=5e-4),
)
