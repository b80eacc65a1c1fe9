"""The grid of a space: counted and indexed without making its points."""

from collections.abc import Iterator, Sequence
from typing import Any

from tunescope.search.space_hyperparameter import Configuration, Hyperparameter

# What earlier choices mean for later hyperparameters: the conditions (who waits, for whom) that hold.
_Open = frozenset[tuple[int, str]]


class Grid:
    """The cartesian product of grid values in which conditions prune branches.

    Points are ordered as nested loops make them, the last hyperparameter moving fastest. Counting goes from
    condition to condition: it takes about as many steps as there are hyperparameters, times the number of
    ways in which conditions that later ones wait for can hold together.
    """

    def __init__(self, hyperparameters: Sequence[Hyperparameter]) -> None:
        self._all = tuple(hyperparameters)
        self._waiting: dict[str, list[int]] = {}
        for index, one in enumerate(self._all):
            for name in one.when:
                self._waiting.setdefault(name, []).append(index)
        self._counts: dict[tuple[int, _Open], int] = {}

    @property
    def size(self) -> int:
        """The number of points."""
        return self._count(0, frozenset())

    def point(self, index: int) -> Configuration:
        """The point at an index, from 0.

        Raises:
            IndexError: when there is no such point.
        """
        if not 0 <= index < self.size:
            raise IndexError(f"the grid has {self.size} points, but none of index {index}")
        chosen: Configuration = {}
        holding: _Open = frozenset()
        for depth, one in enumerate(self._all):
            if not self._exists(depth, holding):
                continue
            for value in one.grid:
                below = self._after(depth, value, holding)
                count = self._count(depth + 1, below)
                if index < count:
                    break
                index -= count
            chosen[one.name], holding = value, below
        return chosen

    def points(self) -> Iterator[Configuration]:
        """Every point in order."""
        return self._points({}, 0)

    def _points(self, chosen: Configuration, depth: int) -> Iterator[Configuration]:
        while depth < len(self._all) and not self._all[depth].exists(chosen):
            depth += 1
        if depth == len(self._all):
            yield chosen
            return
        one = self._all[depth]
        for value in one.grid:
            yield from self._points({**chosen, one.name: value}, depth + 1)

    def _count(self, depth: int, holding: _Open) -> int:
        """How many ways there are to go on from a depth, when these conditions hold."""
        start, count = (depth, holding), 1
        if start in self._counts:
            return self._counts[start]
        while depth < len(self._all):
            one = self._all[depth]
            if self._exists(depth, holding):
                if one.name in self._waiting:
                    count *= sum(self._count(depth + 1, self._after(depth, v, holding)) for v in one.grid)
                    break
                count *= len(one.grid)
            depth += 1
        self._counts[start] = count
        return count

    def _exists(self, depth: int, holding: _Open) -> bool:
        return all((depth, name) in holding for name in self._all[depth].when)

    def _after(self, depth: int, value: Any, holding: _Open) -> _Open:
        """The conditions that still matter, with those that a choice makes hold."""
        name = self._all[depth].name
        waiting = self._waiting.get(name, ())
        new = {(index, name) for index in waiting if value in self._all[index].when[name]}
        return frozenset(pair for pair in (*holding, *new) if pair[0] > depth)
