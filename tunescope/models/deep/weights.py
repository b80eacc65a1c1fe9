"""Weights of networks: files, and the published ones and where they are found. Nothing is unpickled.

``key`` is the parameter that names the file or folder, for messages.
"""

import hashlib
import logging
import os
import pickle
from collections import OrderedDict
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tunescope.errors import SourceError

if TYPE_CHECKING:
    import torch
    from torchvision.models import WeightsEnum  # type: ignore[import-untyped]

logger = logging.getLogger("tunescope.models")

# The beginning of each published file's SHA-256, which is part of its name.
CIFAR_RESNETS = {
    "cifar_resnet20": "12fca82f",
    "cifar_resnet32": "d509ac18",
    "cifar_resnet44": "014dd654",
    "cifar_resnet56": "4bfd9763",
}
FOLDERS = ("", "checkpoints", "hub/checkpoints")  # in which published files lie, below the one that is named
WRAPPERS = ("state_dict", "model_state_dict", "model")  # what checkpoints keep the weights under
PARALLEL = "module."  # what `DataParallel` puts before each name


def read_weights(path: str | Path, key: str) -> "OrderedDict[str, torch.Tensor]":
    """Read a state dict from a ``.safetensors`` file, or from one that ``torch.save`` wrote.

    It may stand under ``state_dict`` or ``model``, and its names may begin with ``module.``.

    Raises:
        SourceError: when the file is not there, or holds anything but tensors by name.
    """
    path = Path(path)
    try:
        return _state_dict(_loaded(path))
    except FileNotFoundError:
        raise _missing(path, key) from None
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


def require(location: str | Path, key: str, folder: str | Path = ".") -> None:
    """Refuse a file or folder of weights that is not there.

    Args:
        location: as for ``find``.
        key: the parameter that names the location.
        folder: where relative paths begin.

    Raises:
        SourceError: when nothing is there.
    """
    if not os.path.exists(Path(folder, _expanded(location))):
        raise _missing(Path(location), key)


def digest(path: str | Path, key: str) -> str:
    """Tell the content of a file of weights: its SHA-256 in hexadecimal digits.

    Raises:
        SourceError: when the file cannot be read.
    """
    try:
        with Path(path).open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        raise _missing(Path(path), key) from None


def find(network: str, location: str | Path | None, key: str) -> Path:
    """The file of a network's weights.

    Args:
        network: a classification model of torchvision, or ``cifar_resnet20`` to ``56``.
        location: the file itself; a folder of files under their published names, or one that holds
            ``hub/checkpoints``; or None for torchvision's cache, where a missing file is downloaded to.
        key: the parameter that names the location.

    Raises:
        SourceError: when a folder does not hold it, or it cannot be downloaded.
    """
    if location is None:
        return _cached(network, key)
    location = _expanded(location)
    if not location.is_dir():
        return location
    names = _published_names(network, key)
    places = (location / folder / name for name in names for folder in FOLDERS)
    found = next((place for place in places if place.is_file()), None)
    if found is None:
        raise SourceError(
            f"`{key}` is `{location}`, but there are no weights of `{network}` in this folder: "
            f"put them there as `{names[0]}`, or name another folder or a file"
        )
    return found


def pretrained(network: str, key: str) -> "WeightsEnum":
    """The weights that torchvision recommends for a network, and how images are prepared for them.

    Raises:
        SourceError: when torchvision has none.
    """
    from torchvision.models import get_model_weights

    try:
        chosen: WeightsEnum = get_model_weights(network).DEFAULT
    except ValueError:
        raise SourceError(f"`{network}` has no weights to download: name a file in `{key}`") from None
    return chosen


def _published_names(network: str, key: str) -> list[str]:
    """Names of files, the best weights first."""
    if network in CIFAR_RESNETS:
        name = f"{network.removeprefix('cifar_')}-{CIFAR_RESNETS[network]}.th"
        return [f"cifar10-{name}", name]
    best = pretrained(network, key)
    others = [one for one in type(best) if one is not best]
    return [_file_name(one) for one in (best, *others)]


def _file_name(weights: "WeightsEnum") -> str:
    return str(weights.url).rpartition("/")[2]


def _cached(network: str, key: str) -> Path:
    import torch

    weights = pretrained(network, key)
    path = Path(torch.hub.get_dir(), "checkpoints", _file_name(weights))
    if not path.exists():
        _download(network, weights.url, path, key)
    return path


def _download(network: str, address: str, path: Path, key: str) -> None:
    import torch

    logger.info("downloading %s", address)
    beginning_of_hash = path.stem.rpartition("-")[2]
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        torch.hub.download_url_to_file(address, str(path), beginning_of_hash, progress=False)
    except (OSError, RuntimeError) as error:
        raise SourceError(
            f"the pretrained weights of `{network}` could not be downloaded ({error}): download {address} "
            f"and put it into `{path.parent}` as `{path.name}`, or name a file or folder in `{key}`"
        ) from None


def _expanded(location: str | Path) -> Path:
    """The path that is meant, with a leading ``~`` replaced by the home folder, where there is one."""
    return Path(os.path.expanduser(location))


def _missing(path: Path, key: str) -> SourceError:
    return SourceError(f"`{key}` is `{path}`, but there is no such file or folder: name one that can be read")


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
