"""The space of a search: hyperparameters with their ranges, grid values, defaults and conditions.

A declaration is a mapping from name to entry, in the order in which values are suggested::

    C:      {low: 0.01, high: 1000.0, log: true, grid: [1, 10, 100], default: 10}
    kernel: [rbf, linear]
    gamma:  {low: 1e-4, high: 10.0, log: true, default: 0.1, when: {kernel: rbf}}

``when`` names an earlier hyperparameter and the value (or list of values) under which this one exists.
Under a single key ``models`` stand such declarations, a model each, which become one space: ``model``, then
``<model>.<hyperparameter>``. ``docs/search.md`` has the whole format.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tunescope.errors import ParameterError
from tunescope.search.space_changes import difference
from tunescope.search.space_grid import Grid
from tunescope.search.space_hyperparameter import Configuration, Hyperparameter, Scalar, value_in_words
from tunescope.search.space_reading import MODEL, MODELS_KEY, Fault, Read, read_models, read_space
from tunescope.yaml_lines import LinedYaml, read_lined

if TYPE_CHECKING:
    import optuna

__all__ = ["MODEL", "Configuration", "Hyperparameter", "Scalar", "Space", "difference"]


@dataclass(frozen=True)
class Space:
    """Hyperparameters in the order of suggestion."""

    hyperparameters: tuple[Hyperparameter, ...]

    @classmethod
    def from_dict(cls, mapping: Mapping[str, Any]) -> "Space":
        """Read a declaration, flat or by models.

        Raises:
            ParameterError: one sentence (a line each) for every fault.
        """
        return cls._checked(read_space(mapping))

    @classmethod
    def from_yaml(cls, path: str | Path) -> "Space":
        """Read a declaration, flat or by models, from a YAML file.

        Raises:
            ParameterError: when the file cannot be read, or one sentence, with the line, for every fault.
        """
        try:
            document = read_lined(path)
        except ParameterError as error:
            raise ParameterError(f"The space {error}") from None
        if not isinstance(document.content, dict) or not document.content:
            raise ParameterError(
                f"The space `{path}` must map names to entries such as `C: {{low: 1, high: 9}}`"
            )
        found, faults = read_space(document.content)
        if told := _with_lines(document, faults):
            raise ParameterError("\n".join(f"{path}, {sentence}" for sentence in told))
        return cls(found)

    @classmethod
    def of_models(cls, models: Mapping[str, Mapping[str, Any]]) -> "Space":
        """Compose the spaces of several models into one: `model` first, then `<model>.<hyperparameter>`.

        Raises:
            ParameterError: as :meth:`from_dict`.
        """
        return cls._checked(read_models(models))

    def suggest(self, trial: "optuna.trial.BaseTrial") -> Configuration:
        """Draw a configuration from a trial, a hyperparameter at a time."""
        configuration: Configuration = {}
        for one in self.hyperparameters:
            if one.exists(configuration):
                configuration[one.name] = trial._suggest(one.name, one.distribution)  # type: ignore[attr-defined]
        return configuration

    def defaults(self) -> list[Configuration]:
        """The default configuration of each model; one for a space without models."""
        models = next((one.grid for one in self.hyperparameters if one.name == MODEL), None)
        starts: list[Configuration] = [{}] if models is None else [{MODEL: model} for model in models]
        return [self._completed(start) for start in starts]

    def grid(self) -> Iterator[Configuration]:
        """Every grid point: the cartesian product of grid values in which conditions prune branches."""
        return self._grid.points()

    @property
    def grid_size(self) -> int:
        """The number of grid points, counted without making them."""
        return self._grid.size

    def grid_point(self, index: int) -> Configuration:
        """The grid point at an index of :meth:`grid`'s order, from 0, found without making the others.

        Raises:
            IndexError: when there is no such point.
        """
        return self._grid.point(index)

    def adapted(self, configuration: Mapping[str, Any]) -> Configuration | None:
        """Make a configuration of another study fit this space.

        Values out of range are clipped to it, choices that are not here and values that are missing become
        the default, and unknown names are dropped.

        Returns:
            None when its model is not in this space.
        """
        fitting: Configuration = {}
        for one in self.hyperparameters:
            if one.name == MODEL and not one.allows(configuration.get(MODEL)):
                return None
            if one.exists(fitting):
                given = one.name in configuration
                fitting[one.name] = one.nearest(configuration[one.name]) if given else one.default
        return fitting

    def faults(self, configuration: Mapping[str, Any]) -> list[str]:
        """What is wrong with a configuration: unknown, impossible or out-of-range values."""
        known = {one.name: one for one in self.hyperparameters}
        faults = [
            f"`{name}` is no hyperparameter of this search" for name in configuration if name not in known
        ]
        for name in configuration:
            if name not in known:
                continue
            one, value = known[name], configuration[name]
            if not one.allows(value):
                faults.append(f"`{name}` is {value_in_words(value)}, but must be in {one.range_in_words()}")
            elif not one.exists(configuration):
                faults.append(f"`{name}` is given, but exists only with {one.conditions_in_words()}")
        return faults

    def to_dict(self) -> dict[str, dict[str, Any]]:
        """The flat declaration as plain data, which :meth:`from_dict` reads."""
        return {one.name: one.to_dict() for one in self.hyperparameters}

    @cached_property
    def _grid(self) -> Grid:
        return Grid(self.hyperparameters)

    @classmethod
    def _checked(cls, read: Read) -> "Space":
        found, faults = read
        if faults:
            raise ParameterError("\n".join(fault.sentence() for fault in faults))
        return cls(found)

    def _completed(self, start: Configuration) -> Configuration:
        configuration: Configuration = {}
        for one in self.hyperparameters:
            if one.exists(configuration):
                configuration[one.name] = start.get(one.name, one.default)
        return configuration


def _with_lines(document: LinedYaml, faults: list[Fault]) -> list[str]:
    """Every fault of a file in the order of its lines, keys that stand there twice included."""
    told = [
        (line, f"`{'.'.join(_named(keys))}` stands there twice") for keys, line in document.repeated.items()
    ]
    told += [(_line(document, fault.keys), fault.sentence()) for fault in faults]
    return [f"line {line}: {sentence}" for line, sentence in sorted(told, key=lambda each: each[0])]


def _line(document: LinedYaml, keys: tuple[str, ...]) -> int:
    """The line of a fault, whose keys leave out that of the models."""
    return max(document.line(keys), document.line((MODELS_KEY, *keys)))


def _named(keys: tuple[str, ...]) -> tuple[str, ...]:
    """Keys as sentences have them: without that of the models."""
    return keys[1:] if keys[0] == MODELS_KEY and len(keys) > 1 else keys
