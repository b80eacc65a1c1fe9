"""EfficientNet-B0 (Tan and Le, "EfficientNet: rethinking model scaling", ICML 2019)."""

from tunescope.models.deep.transferable import Family, transferable_space

# A stage begins where the sides are halved.
STAGES = (
    ("features.0", "features.1"),
    ("features.2",),
    ("features.3",),
    ("features.4", "features.5"),
    ("features.6", "features.7", "features.8"),
)

FAMILY = Family("efficientnet_b0", "efficientnet_b0", {"efficientnet_b0": STAGES})

MODEL = FAMILY.model(
    "EfficientNet-B0: much accuracy for few operations",
    "Photos, where accuracy must not cost much time",
    transferable_space({}, sides=(64, 96, 128, 160, 224), side=224, learning_rate=1e-3),
)
