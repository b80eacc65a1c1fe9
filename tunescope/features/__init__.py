"""Feature matrices for shallow models.

To add an extractor, write one file with an ``EXTRACTOR``, name it below, and give its options a model in
``parameters``.
"""

from tunescope.features import colour_histogram, embedding, hog, lbp, pixels, pixels_pca
from tunescope.features.extraction import extract, load_extractor, load_features, save_extractor
from tunescope.features.extractor import Extractor, FeatureExtractor
from tunescope.features.projection import write_map

EXTRACTORS: dict[str, Extractor] = {
    "hog": hog.EXTRACTOR,
    "lbp": lbp.EXTRACTOR,
    "colour_histogram": colour_histogram.EXTRACTOR,
    "pixels": pixels.EXTRACTOR,
    "pixels_pca": pixels_pca.EXTRACTOR,
    "embedding": embedding.EXTRACTOR,
}

__all__ = [
    "EXTRACTORS",
    "Extractor",
    "FeatureExtractor",
    "extract",
    "load_extractor",
    "load_features",
    "save_extractor",
    "write_map",
]
