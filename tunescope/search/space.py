"""The space of a search: hyperparameters with their ranges, grid values, defaults and conditions.

A declaration is a mapping from name to entry, in the order in which values are suggested::

    C:      {type: float, low: 0.01, high: 1000, log: true, grid: [1, 10, 100], default: 10}
    kernel: {type: categorical, choices: [rbf, linear], default: rbf}
    gamma:  {type: float, low: 1e-4, high: 10, log: true, default: 0.1, when: {kernel: rbf}}

``when`` names an earlier hyperparameter and the value (or list of values) under which this one exists.
Without a ``grid``, choices and small integer ranges are their own grid and anything else has three values.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from tunescope.errors import ParameterError

if TYPE_CHECKING:
    import optuna
    from optuna.distributions import BaseDistribution

Configuration = dict[str, Any]
Scalar = bool | int | float | str | None

MODEL = "model"
_GRID_VALUES = 3


class _Entry(BaseModel):
    """One entry of a declaration, as a person writes it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    type: Literal["float", "int", "categorical"]
    low: float | None = None
    high: float | None = None
    step: float | None = Field(None, gt=0)
    log: bool = False
    choices: tuple[Scalar, ...] = ()
    grid: tuple[Scalar, ...] = ()
    default: Scalar = None
    when: dict[str, Any] = {}

    def fault(self) -> str | None:
        """The rule that this entry breaks, if any."""
        if self.type == "categorical":
            return None if self.choices else "needs `choices`"
        if self.low is None or self.high is None:
            return "needs `low` and `high`"
        if self.low > self.high:
            return f"has `low` {self.low:g} above `high` {self.high:g}"
        if self.log and self.low <= 0:
            return f"has `low` {self.low:g}, but a logarithmic range must begin above 0"
        return "has both `log` and `step`, which exclude each other" if self.log and self.step else None


@dataclass(frozen=True)
class Hyperparameter:
    """One dimension of a space. ``when`` maps an earlier name to the values under which this one exists."""

    name: str
    entry: _Entry
    when: Mapping[str, tuple[Any, ...]]

    @cached_property
    def distribution(self) -> "BaseDistribution":
        """The dimension as Optuna knows it."""
        from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution

        entry = self.entry
        if entry.type == "categorical":
            return CategoricalDistribution(entry.choices)
        assert entry.low is not None  # for the type checker: `_Entry.fault` requires both
        assert entry.high is not None
        if entry.type == "int":
            return IntDistribution(int(entry.low), int(entry.high), entry.log, int(entry.step or 1))
        return FloatDistribution(entry.low, entry.high, entry.log, entry.step)

    @property
    def default(self) -> Any:
        """The declared default, or the middle of the range, or the first choice."""
        entry = self.entry
        if entry.type == "categorical":
            return entry.default if entry.default in entry.choices else entry.choices[0]
        return entry.default if entry.default is not None else _spread(entry, 1)[0]

    @property
    def grid(self) -> tuple[Any, ...]:
        """The values that a grid search tries."""
        entry = self.entry
        if entry.grid:
            return entry.grid
        return entry.choices if entry.type == "categorical" else _spread(entry, _GRID_VALUES)

    def exists(self, configuration: Mapping[str, Any]) -> bool:
        """Whether the conditions hold under what was chosen before."""
        return all(configuration.get(name) in values for name, values in self.when.items())

    def allows(self, value: Any) -> bool:
        """Whether a value lies in the range."""
        try:
            return bool(self.distribution._contains(self.distribution.to_internal_repr(value)))
        except (TypeError, ValueError):
            return False


@dataclass(frozen=True)
class Space:
    """Hyperparameters in the order of suggestion."""

    hyperparameters: tuple[Hyperparameter, ...]

    @classmethod
    def from_dict(cls, mapping: Mapping[str, Mapping[str, Any]]) -> "Space":
        """Read a declaration.

        Raises:
            ParameterError: one sentence (a line each) for every fault.
        """
        found: list[Hyperparameter] = []
        faults: list[str] = []
        for name, declared in mapping.items():
            try:
                found.append(_hyperparameter(name, declared, [one.name for one in found]))
            except ParameterError as error:
                faults.append(str(error))
        if faults:
            raise ParameterError("\n".join(faults))
        return cls(tuple(found))

    @classmethod
    def from_yaml(cls, path: str | Path) -> "Space":
        """Read a declaration from a YAML file.

        Raises:
            ParameterError: when the file is missing, no YAML mapping, or faulty as in :meth:`from_dict`.
        """
        try:
            mapping = yaml.safe_load(Path(path).read_text())
        except (OSError, yaml.YAMLError) as error:
            raise ParameterError(f"The space `{path}` cannot be read: {error}") from None
        if not isinstance(mapping, dict):
            raise ParameterError(f"The space `{path}` must map names to entries such as `C: {{type: float}}`")
        return cls.from_dict(mapping)

    @classmethod
    def of_models(cls, models: Mapping[str, Mapping[str, Mapping[str, Any]]]) -> "Space":
        """Compose the spaces of several models into one: `model` first, then `<model>.<hyperparameter>`."""
        composed: dict[str, Mapping[str, Any]] = {MODEL: {"type": "categorical", "choices": list(models)}}
        for model, declaration in models.items():
            for name, entry in declaration.items():
                inner = {f"{model}.{other}": value for other, value in entry.get("when", {}).items()}
                composed[f"{model}.{name}"] = {**entry, "when": {MODEL: model, **inner}}
        return cls.from_dict(composed)

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
        return self._points({}, 0)

    @cached_property
    def grid_size(self) -> int:
        """The number of grid points."""
        return sum(1 for _ in self.grid())

    def faults(self, configuration: Mapping[str, Any]) -> list[str]:
        """What is wrong with a configuration: unknown, impossible or out-of-range values."""
        known = {one.name: one for one in self.hyperparameters}
        faults = [
            f"`{name}` is no hyperparameter of this search" for name in configuration if name not in known
        ]
        for name in configuration.keys() & known.keys():
            one, value = known[name], configuration[name]
            if not one.allows(value):
                faults.append(f"`{name}` is {value!r}, but must be in {_range(one.entry)}")
            elif not one.exists(configuration):
                faults.append(f"`{name}` is given, but exists only with {_conditions(one)}")
        return faults

    def to_dict(self) -> dict[str, dict[str, Any]]:
        """The declaration, as :meth:`from_dict` reads it."""
        return {
            one.name: {**one.entry.model_dump(exclude_defaults=True, mode="json"), "type": one.entry.type}
            for one in self.hyperparameters
        }

    def _completed(self, start: Configuration) -> Configuration:
        configuration: Configuration = {}
        for one in self.hyperparameters:
            if one.exists(configuration):
                configuration[one.name] = start.get(one.name, one.default)
        return configuration

    def _points(self, chosen: Configuration, depth: int) -> Iterator[Configuration]:
        if depth == len(self.hyperparameters):
            yield dict(chosen)
            return
        one = self.hyperparameters[depth]
        if not one.exists(chosen):
            yield from self._points(chosen, depth + 1)
            return
        for value in one.grid:
            yield from self._points({**chosen, one.name: value}, depth + 1)


def _hyperparameter(name: str, declared: Mapping[str, Any], earlier: list[str]) -> Hyperparameter:
    try:
        entry = _Entry.model_validate(dict(declared))
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in (name, *first["loc"]))
        raise ParameterError(f"`{key}` is {first['input']!r}: {first['msg']}") from None
    if fault := entry.fault():
        raise ParameterError(f"`{name}` {fault}")
    unknown = [other for other in entry.when if other not in earlier]
    if unknown:
        raise ParameterError(f"`{name}.when` names `{unknown[0]}`, which must be declared before `{name}`")
    one = Hyperparameter(name, entry, {other: _tuple(values) for other, values in entry.when.items()})
    for value in (*entry.grid, *([entry.default] if entry.default is not None else [])):
        if not one.allows(value):
            raise ParameterError(f"`{name}` has the value {value!r}, but must be in {_range(entry)}")
    return one


def _tuple(values: Any) -> tuple[Any, ...]:
    return tuple(values) if isinstance(values, list | tuple) else (values,)


def _range(entry: _Entry) -> str:
    if entry.type == "categorical":
        return ", ".join(f"`{choice}`" for choice in entry.choices)
    step = f" in steps of {entry.step:g}" if entry.step else ""
    return f"{entry.low:g} to {entry.high:g}{step}"


def _conditions(one: Hyperparameter) -> str:
    return " and ".join(f"`{name}` {' or '.join(map(str, values))}" for name, values in one.when.items())


def _spread(entry: _Entry, count: int) -> tuple[Any, ...]:
    """Values at even distances inside a numeric range: its middle for one, both ends too for more."""
    assert entry.low is not None  # `_Entry.fault` has checked both
    assert entry.high is not None
    shares = [0.5] if count == 1 else [index / (count - 1) for index in range(count)]
    if entry.log:
        values = [entry.low * (entry.high / entry.low) ** share for share in shares]
    else:
        values = [entry.low + (entry.high - entry.low) * share for share in shares]
    step = entry.step or (1 if entry.type == "int" else None)
    if step:
        values = [entry.low + round((value - entry.low) / step) * step for value in values]
    kind = int if entry.type == "int" else float
    return tuple(dict.fromkeys(kind(min(value, entry.high)) for value in values))
