"""What every model is: a name, a line for people, a space, and how to build one."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from tunescope.errors import ParameterError

Entry = Mapping[str, Any]
SpaceDeclaration = Mapping[str, Entry]


@dataclass(frozen=True)
class Model:
    """Declares a model.

    Attributes:
        name: its key in ``MODELS``.
        kind: ``shallow`` (scikit-learn, on a feature matrix) or ``deep`` (PyTorch, on images).
        line: what it is, in words for people.
        space: its hyperparameters, in the order of suggestion; each has a default.
        build: shallow: ``build(hyperparameters, seed)`` gives a scikit-learn pipeline that is not fitted.
            Deep: ``build(hyperparameters, image_shape, classes)``, with ``image_shape`` (height, width,
            channels), gives a module from float32 (n, channels, height, width) normalized images to
            (n, classes) logits.
    """

    name: str
    kind: Literal["shallow", "deep"]
    line: str
    space: SpaceDeclaration
    build: Callable[..., Any]

    def completed(self, hyperparameters: Mapping[str, Any]) -> dict[str, Any]:
        """Fill in the defaults of the hyperparameters that exist beside the given ones.

        Raises:
            ParameterError: when one is given that the model does not have.
        """
        strangers = [name for name in hyperparameters if name not in self.space]
        if strangers:
            raise ParameterError(
                f"`{strangers[0]}` is no hyperparameter of `{self.name}`: "
                f"use {', '.join(f'`{name}`' for name in self.space)}"
            )
        complete: dict[str, Any] = {}
        for name, entry in self.space.items():
            if _exists(entry, complete):
                complete[name] = hyperparameters.get(name, entry["default"])
        return complete


def _exists(entry: Entry, chosen: Mapping[str, Any]) -> bool:
    conditions = entry.get("when", {})
    return all(chosen.get(name) in _listed(values) for name, values in conditions.items())


def _listed(values: Any) -> Any:
    return values if isinstance(values, list | tuple) else (values,)
