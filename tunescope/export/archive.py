"""A trained model as an archive: its files, how photos are prepared for it, and a script that predicts."""

import json
import zipfile
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from typing import IO, Any

from tunescope.export import predict
from tunescope.training.predictor import Identity, described, saved_files

README = "README.md"


def write_archive(
    target: IO[bytes], name: str, folder: str | Path, fit: str, cleaning: Mapping[str, Any]
) -> None:
    """Write a saved model into a zip archive that can be unpacked anywhere.

    Nothing of the images that it was trained, chosen or tested on goes into it.

    Args:
        target: a file that can be written and sought in.
        name: of the folder in the archive, and of the model in its README.
        folder: of the trial, where ``Predictor.save`` wrote the model.
        fit: how the dataset's images became square, a key of ``pixels.FITS``.
        cleaning: with which the dataset was prepared.

    Raises:
        RunError: when the folder holds no whole model.
    """
    preparation = {"fit": fit, "cleaning": dict(cleaning)}
    texts = {
        predict.PREPARATION: json.dumps(preparation, ensure_ascii=False, indent=1),
        "predict.py": Path(predict.__file__).read_text(encoding="utf-8"),
        README: _readme(name, described(Path(folder))),
    }
    # Weights hardly become smaller.
    with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as archive:
        for path in saved_files(folder):
            archive.write(path, f"{name}/{path.name}")
        for file, text in texts.items():
            archive.writestr(f"{name}/{file}", text)


def _readme(name: str, identity: Identity) -> str:
    height, width, channels = identity.image_shape
    settings = "\n".join(f"- `{key}`: {value}" for key, value in identity.hyperparameters.items())
    return f"""# {name}

A `{identity.model}` that tells {len(identity.classes)} classes apart: {", ".join(identity.classes)}.
It sees images of {width} x {height} pixels in {"gray" if channels == 1 else "colour"}. It was trained by
Tunescope {version("tunescope")}, with:

{settings}

Where Tunescope is installed, the script prints the class of each photo with its probability:

    python predict.py photo.jpg another.png

From Python, `tunescope.training.load_predictor(folder)` gives the model, whose `predict` takes arrays.
"""
