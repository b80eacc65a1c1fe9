"""Vision transformer ViT-B/16 (Dosovitskiy and others, "An image is worth 16 x 16 words", ICLR 2021)."""

from tunescope.models.deep.transferable import Family, transferable_space

PATCH = 16
LAYERS, LAYERS_OF_A_STAGE = 12, 3


def _layers(first: int) -> tuple[str, ...]:
    numbers = range(first, first + LAYERS_OF_A_STAGE)
    return tuple(f"encoder.layers.encoder_layer_{number}" for number in numbers)


STAGES = (
    ("class_token", "conv_proj", "encoder.pos_embedding"),
    *(_layers(first) for first in range(0, LAYERS - LAYERS_OF_A_STAGE, LAYERS_OF_A_STAGE)),
    (*_layers(LAYERS - LAYERS_OF_A_STAGE), "encoder.ln"),
)

FAMILY = Family("vit_b_16", "vit_b_16", {"vit_b_16": STAGES}, least_side=PATCH, multiple=PATCH)

MODEL = FAMILY.model(
    "Vision transformer ViT-B/16: reads an image as a sentence of patches",
    "Large sets of photos, pretrained, on a GPU",
    transferable_space({}, sides=(64, 96, 128, 160, 224), side=224, learning_rate=5e-4),
)
