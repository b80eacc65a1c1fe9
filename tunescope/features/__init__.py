"""Feature matrices for shallow models.

To add an extractor, write one file with an ``EXTRACTOR`` and name it below.
"""

from tunescope.features import colour_histogram, hog, pixels_pca
from tunescope.features.extraction import extract, load_extractor, load_features
from tunescope.features.extractor import Extractor, FeatureExtractor

EXTRACTORS: dict[str, Extractor] = {
    "hog": hog.EXTRACTOR,
    "colour_histogram": colour_histogram.EXTRACTOR,
    "pixels_pca": pixels_pca.EXTRACTOR,
}

__all__ = ["EXTRACTORS", "Extractor", "FeatureExtractor", "extract", "load_extractor", "load_features"]
