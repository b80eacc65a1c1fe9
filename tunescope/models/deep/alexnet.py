"""AlexNet (Krizhevsky, "One weird trick for parallelizing convolutional neural networks", 2014)."""

from tunescope.models.deep.transferable import Family, transferable_space

STAGES = (
    ("features.0",),
    ("features.3",),
    ("features.6", "features.8", "features.10"),
    ("classifier.1",),
    ("classifier.4",),
)

FAMILY = Family("alexnet", "alexnet", {"alexnet": STAGES}, least_side=63)

SPACE = transferable_space({}, sides=(64, 96, 128, 160, 224), side=224, learning_rate=5e-4)
# Muon makes whole matrices orthogonal, and AlexNet's are so large that a step takes a CPU a minute.
SPACE["optimizer"] = {**SPACE["optimizer"], "choices": ["adamw", "sgd"]}
del SPACE["muon_learning_rate"]

MODEL = FAMILY.model(
    "AlexNet: the network that began it all, large and shallow", "Comparing with the network of 2012", SPACE
)
