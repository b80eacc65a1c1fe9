"""Predict the classes of photos with the model beside this file: ``python predict.py photo.jpg ...``.

Each photo is prepared as the images were that the model was trained on. Needs Tunescope.
"""

import json
import sys
from collections.abc import Sequence
from pathlib import Path

PREPARATION = "preparation.json"


def main(folder: Path, photos: Sequence[str]) -> int:
    """Print a line a photo; 1 when one of them could not be read."""
    from tunescope.datasets.photo import read_photo
    from tunescope.datasets.source import UnusableFileError
    from tunescope.parameters import CleaningParameters
    from tunescope.training import load_predictor

    predictor = load_predictor(folder)
    prepared = json.loads((folder / PREPARATION).read_text(encoding="utf-8"))
    cleaning = CleaningParameters.model_validate(prepared["cleaning"])
    is_any_unread = False
    for name in photos:
        try:
            content = Path(name).read_bytes()
            photo = read_photo(content, predictor.identity.image_shape, prepared["fit"], cleaning)
        except (OSError, UnusableFileError) as error:
            print(f"{name}: {error}", file=sys.stderr)
            is_any_unread = True
            continue
        (probabilities,) = predictor.predict(photo.pixels[None])
        best = int(probabilities.argmax())
        print(f"{name}: {predictor.identity.classes[best]} ({probabilities[best]:.1%})")
    return int(is_any_unread)


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit("Give at least one photo: python predict.py photo.jpg")
    sys.exit(main(Path(__file__).parent, sys.argv[1:]))
