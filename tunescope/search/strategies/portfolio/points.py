"""Configurations as rows of numbers, and what lies near them: the space as far as trials have shown it.

A row has a column for every hyperparameter that any trial had: its place on the unit interval for a
number, the place among its choices for a categorical one, NaN where a configuration does not have it.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray
from optuna.distributions import BaseDistribution, CategoricalDistribution, IntDistribution
from optuna.trial import FrozenTrial

from tunescope.search.strategies.portfolio.process import Matrix
from tunescope.search.strategies.unit import from_unit, to_unit

# Numbers with more steps than this are searched as if they had none.
_STEPS = 64
# How far a neighbour is from a number without steps, as a share of its range.
_REACH = (0.02, 0.1, 0.3)


class Points:
    """The space that some trials span."""

    def __init__(self, trials: Iterable[FrozenTrial]) -> None:
        self.space: dict[str, BaseDistribution] = {}
        self._shapes: dict[tuple[str, Any], set[frozenset[str]]] = defaultdict(set)
        for trial in trials:
            self.space.update({name: one for name, one in trial.distributions.items() if not one.single()})
            self._note_shape(trial)
        self.names = tuple(self.space)

    @cached_property
    def categorical(self) -> NDArray[np.bool_]:
        """Which columns are choices, shape ``(columns,)``."""
        return np.array([isinstance(one, CategoricalDistribution) for one in self.space.values()], dtype=bool)

    @cached_property
    def levels(self) -> list[NDArray[np.float64] | None]:
        """The values of each column; ``None`` for a number without steps, or with very many."""
        return [_levels(one) for one in self.space.values()]

    @cached_property
    def _ruling(self) -> set[str]:
        """Choices on which it depends which other hyperparameters there are: a neighbour keeps them."""
        shapes: dict[str, list[set[frozenset[str]]]] = defaultdict(list)
        for (name, _), seen in self._shapes.items():
            shapes[name].append(seen)
        return {name for name, seen in shapes.items() if any(one != seen[0] for one in seen)}

    def encode(self, configurations: Iterable[Mapping[str, Any]]) -> Matrix:
        """The rows of configurations."""
        rows = [[self._place(name, one) for name in self.names] for one in configurations]
        return np.array(rows, dtype=float).reshape(-1, len(self.names))

    def decode(self, row: NDArray[np.float64]) -> dict[str, Any]:
        """The configuration of a row."""
        present = [(name, value) for name, value in zip(self.names, row, strict=True) if not np.isnan(value)]
        return {name: _value(self.space[name], value) for name, value in present}

    def scattered(self, rows: Matrix, count: int, rng: np.random.Generator) -> Matrix:
        """``count`` random configurations with the hyperparameters that some of the rows have."""
        drawn = rows[rng.integers(len(rows), size=count)].copy()
        for column, name in enumerate(self.names):
            if name not in self._ruling:
                fresh = self._draws(column, count, rng)
                drawn[:, column] = np.where(np.isnan(drawn[:, column]), np.nan, fresh)
        return drawn

    def neighbours(self, row: NDArray[np.float64], rng: np.random.Generator) -> Matrix:
        """Configurations that differ from a row in one hyperparameter; numbers only by a little."""
        found = []
        for column, name in enumerate(self.names):
            if name not in self._ruling and not np.isnan(row[column]):
                for value in self._near(column, row[column], rng):
                    neighbour = row.copy()
                    neighbour[column] = value
                    found.append(neighbour)
        return np.array(found).reshape(-1, len(self.names))

    def _near(self, column: int, value: float, rng: np.random.Generator) -> NDArray[np.float64]:
        levels = self.levels[column]
        if levels is None:
            reach = np.array([sign * one for one in _REACH for sign in (-1, 1)])
            near = np.clip(value + reach * rng.random(len(reach)), 0.0, 1.0)
            moved: NDArray[np.float64] = near[near != value]
            return moved
        here = int(np.abs(levels - value).argmin())
        if self.categorical[column]:
            others: NDArray[np.float64] = np.delete(levels, here)
            return others
        places = [here + step for step in (-2, -1, 1, 2) if 0 <= here + step < len(levels)]
        chosen: NDArray[np.float64] = levels[places]
        return chosen

    def _draws(self, column: int, count: int, rng: np.random.Generator) -> NDArray[np.float64]:
        levels = self.levels[column]
        drawn: NDArray[np.float64] = rng.random(count) if levels is None else rng.choice(levels, count)
        return drawn

    def _place(self, name: str, configuration: Mapping[str, Any]) -> float:
        if name not in configuration:
            return np.nan
        one = self.space[name]
        if not isinstance(one, CategoricalDistribution):
            return to_unit(one, configuration[name])
        value = configuration[name]
        return float(one.choices.index(value)) if value in one.choices else np.nan

    def _note_shape(self, trial: FrozenTrial) -> None:
        shape = frozenset(trial.params)
        for name, one in trial.distributions.items():
            if isinstance(one, CategoricalDistribution):
                self._shapes[name, trial.params[name]].add(shape)


def _levels(one: BaseDistribution) -> NDArray[np.float64] | None:
    if isinstance(one, CategoricalDistribution):
        return np.arange(len(one.choices), dtype=float)
    step = one.step  # type: ignore[attr-defined]
    steps = _STEPS if step is None else round((one.high - one.low) / step)  # type: ignore[attr-defined]
    if steps >= _STEPS:
        return None
    return np.array([to_unit(one, one.low + place * step) for place in range(steps + 1)])  # type: ignore[attr-defined]


def _value(one: BaseDistribution, place: float) -> Any:
    if isinstance(one, CategoricalDistribution):
        return one.choices[int(place)]
    value = from_unit(one, float(place))
    return int(value) if isinstance(one, IntDistribution) else value
