"""Two or more runs side by side: in which parameters they differ, and whether their winners differ by more
than luck on the test images that both saw."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
import numpy.typing as npt

from tunescope.analysis.side_by_side_answers import PairTest, pair_test

# Keys that differ between any two runs, or say nothing of what they did.
_OWN = ("run",)


@dataclass(frozen=True)
class Difference:
    """A parameter that runs have different values of; None where a run has no such parameter."""

    key: str
    values: tuple[Any, ...]


@dataclass(frozen=True)
class ParameterComparison:
    """What runs were started with.

    Attributes:
        differences: parameters with different values, in the order in which they stand.
        same: how many have the same.
    """

    differences: tuple[Difference, ...]
    same: int


@dataclass(frozen=True)
class TestAnswers:
    """What the winner of a run answered to the sealed test images.

    Attributes:
        run_id: the run.
        fingerprint: of the dataset.
        rows: which images, (n,).
        is_right: whether it knew each, (n,).
    """

    __test__ = False  # no test, whatever its name says to pytest

    run_id: str
    fingerprint: str
    rows: npt.NDArray[np.int64]
    is_right: npt.NDArray[np.bool_]


@dataclass(frozen=True)
class WinnerTest:
    """McNemar's test of the winners of two runs."""

    first: str
    second: str
    test: PairTest

    @property
    def images(self) -> int:
        """How many both answered."""
        return self.test.both + self.test.first_only + self.test.second_only + self.test.neither


def compare_parameters(trees: Sequence[Mapping[str, Any]]) -> ParameterComparison:
    """Compare parameter trees leaf by leaf."""
    leaves = [dict(_leaves(tree)) for tree in trees]
    keys = list(dict.fromkeys(key for one in leaves for key in one))
    rows = [Difference(key, tuple(one.get(key) for one in leaves)) for key in keys]
    differences = [row for row in rows if any(value != row.values[0] for value in row.values)]
    return ParameterComparison(tuple(differences), len(rows) - len(differences))


def compare_winners(answers: Sequence[TestAnswers]) -> tuple[WinnerTest, ...]:
    """Test each pair of winners that answered the same test images of one dataset."""
    pairs = combinations(answers, 2)
    return tuple(_test(*pair) for pair in pairs if _have_met(*pair))


def _leaves(tree: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in tree.items():
        if not prefix and key in _OWN:
            continue
        if isinstance(value, Mapping):
            yield from _leaves(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", value


def _have_met(one: TestAnswers, other: TestAnswers) -> bool:
    return one.fingerprint == other.fingerprint and len(one.rows) > 0 and set(one.rows) == set(other.rows)


def _test(one: TestAnswers, other: TestAnswers) -> WinnerTest:
    first, second = (each.is_right[np.argsort(each.rows)] for each in (one, other))
    return WinnerTest(one.run_id, other.run_id, pair_test(first, second))
