"""Weights of networks: files, and the pretrained ones that torchvision offers. Nothing is unpickled."""

import hashlib
import logging
import pickle
from collections import OrderedDict
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tunescope.errors import SourceError

if TYPE_CHECKING:
    import torch
    from torchvision.models import WeightsEnum  # type: ignore[import-untyped]

logger = logging.getLogger("tunescope.features")

WRAPPERS = ("state_dict", "model_state_dict", "model")  # what checkpoints keep the weights under
PARALLEL = "module."  # what `DataParallel` puts before each name


def read_weights(path: str | Path) -> "OrderedDict[str, torch.Tensor]":
    """Read a state dict from a ``.safetensors`` file, or from one that ``torch.save`` wrote.

    It may stand under ``state_dict`` or ``model``, and its names may begin with ``module.``.

    Raises:
        SourceError: when the file is not there, or holds anything but tensors by name.
    """
    path = Path(path)
    try:
        return _state_dict(_loaded(path))
    except FileNotFoundError:
        raise _missing(path) from None
    # Each of the formats, old and new, has errors of its own for a damaged file.
    except (
        OSError,
        ValueError,
        RuntimeError,
        LookupError,
        EOFError,
        pickle.UnpicklingError,
        _ForeignError,
    ) as error:
        reason = next(iter(str(error).splitlines()), type(error).__name__)
        raise SourceError(
            f"`{path}` holds no weights that can be read ({reason}): give a `.safetensors` file, or the "
            "`state_dict` of a network that `torch.save` wrote"
        ) from None


def digest(path: str | Path) -> str:
    """Tell the content of a file of weights: its SHA-256 in hexadecimal digits.

    Raises:
        SourceError: when the file cannot be read.
    """
    try:
        with Path(path).open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        raise _missing(Path(path)) from None


def pretrained(backbone: str) -> "WeightsEnum":
    """The weights that torchvision recommends for a backbone, and how images are prepared for them.

    Raises:
        SourceError: when torchvision has none.
    """
    from torchvision.models import get_model_weights

    try:
        chosen: WeightsEnum = get_model_weights(backbone).DEFAULT
    except ValueError:
        raise SourceError(
            f"`{backbone}` has no weights to download: name a file in `features.embedding.weights`"
        ) from None
    return chosen


def read_pretrained(backbone: str) -> "OrderedDict[str, torch.Tensor]":
    """Read torchvision's pretrained weights, from its folder of checkpoints or from where they are published.

    Raises:
        SourceError: when they are not in the folder and cannot be downloaded, or are damaged.
    """
    import torch

    address = pretrained(backbone).url
    path = Path(torch.hub.get_dir(), "checkpoints", address.rpartition("/")[2])
    if not path.exists():
        _download(backbone, address, path)
    return read_weights(path)


def _download(backbone: str, address: str, path: Path) -> None:
    import torch

    logger.info("downloading %s", address)
    beginning_of_hash = path.stem.rpartition("-")[2]
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        torch.hub.download_url_to_file(address, str(path), beginning_of_hash, progress=False)
    except (OSError, RuntimeError) as error:
        raise SourceError(
            f"the pretrained weights of `{backbone}` could not be downloaded ({error}): download {address} "
            f"and put it into `{path.parent}` as `{path.name}`, or name a file in "
            "`features.embedding.weights`"
        ) from None


def _missing(path: Path) -> SourceError:
    return SourceError(
        f"`features.embedding.weights` is `{path}`, but there is no such file: name one that can be read"
    )


class _ForeignError(Exception):
    """A file holds something else than weights."""


def _loaded(path: Path) -> Any:
    if path.suffix == ".safetensors":
        from safetensors import SafetensorError
        from safetensors.torch import load_file

        try:
            return load_file(path)
        except SafetensorError as error:
            raise _ForeignError(str(error)) from None
    import torch

    return torch.load(path, map_location="cpu", weights_only=True)


def _state_dict(content: Any) -> "OrderedDict[str, torch.Tensor]":
    import torch

    for wrapper in WRAPPERS:
        if isinstance(content, Mapping) and isinstance(content.get(wrapper), Mapping):
            content = content[wrapper]
    if not isinstance(content, Mapping) or not content:
        raise _ForeignError("it is no `state_dict`")
    strangers = [name for name, tensor in content.items() if not isinstance(tensor, torch.Tensor)]
    if strangers:
        raise _ForeignError(f"`{strangers[0]}` is no tensor")
    named = OrderedDict((name.removeprefix(PARALLEL), tensor) for name, tensor in content.items())
    # Networks read from it how old the names are.
    vars(named)["_metadata"] = getattr(content, "_metadata", None)
    return named
