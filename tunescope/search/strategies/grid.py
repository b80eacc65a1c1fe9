"""Grid search over a conditional space, in shuffled order, safe with parallel workers, resumable."""

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from optuna.distributions import BaseDistribution
from optuna.samplers import BaseSampler
from optuna.study import Study
from optuna.trial import FrozenTrial, TrialState

from tunescope.errors import ParameterError

if TYPE_CHECKING:
    from tunescope.search.space import Configuration, Space

_POINT = "tunescope:grid_point"
# A point whose trial failed is not tried again: the retry of a lost trial is the search's business.
_TAKEN = (TrialState.COMPLETE, TrialState.PRUNED, TrialState.RUNNING, TrialState.FAIL)


class GridSampler(BaseSampler):
    """Every point of a grid once.

    The order is a shuffle fixed by the seed, so that a search which ends early has seen all corners of
    the grid. Which points are taken is read from the study: a point counts as taken when a trial was
    given it, or has its very parameters (an enqueued default, say).
    """

    def __init__(self, space: "Space", seed: int | None = None) -> None:
        self._points: list[Configuration] = list(space.grid())
        np.random.default_rng(seed).shuffle(self._points)

    def is_exhausted(self, study: Study) -> bool:
        """Whether every point has been taken."""
        return self._free(study.get_trials(deepcopy=False)) is None

    def before_trial(self, study: Study, trial: FrozenTrial) -> None:
        """Give the next free point to a trial that is not enqueued with parameters of its own."""
        if "fixed_params" in trial.system_attrs:
            return
        point = self._free(study.get_trials(deepcopy=False))
        if point is None:
            # An optimize loop has asked for more than there is: it ends, and this trial repeats a point.
            point = self._points[trial.number % len(self._points)]
        study._storage.set_trial_system_attr(trial._trial_id, _POINT, point)

    def after_trial(
        self, study: Study, trial: FrozenTrial, state: TrialState, values: Sequence[float] | None
    ) -> None:
        """End an ``optimize`` loop with the last point."""
        others = [other for other in study.get_trials(deepcopy=False) if other.number != trial.number]
        if study._thread_local.in_optimize_loop and self._free([*others, trial]) is None:
            study.stop()

    def infer_relative_search_space(self, study: Study, trial: FrozenTrial) -> dict[str, BaseDistribution]:
        """Nothing is sampled relatively: a point is looked up a hyperparameter at a time."""
        return {}

    def sample_relative(
        self, study: Study, trial: FrozenTrial, search_space: dict[str, BaseDistribution]
    ) -> dict[str, Any]:
        """Nothing, as :meth:`infer_relative_search_space` says."""
        return {}

    def sample_independent(
        self, study: Study, trial: FrozenTrial, param_name: str, param_distribution: BaseDistribution
    ) -> Any:
        """Look a hyperparameter up in the trial's grid point.

        Raises:
            ParameterError: when the grid does not have it, which means that the space was changed.
        """
        point = study._storage.get_trial_system_attrs(trial._trial_id).get(_POINT, {})
        if param_name in point:
            return point[param_name]
        known = next((values[param_name] for values in self._points if param_name in values), None)
        if known is None:
            raise ParameterError(f"`{param_name}` is not in the grid: declare it in the space of the search")
        return known

    def _free(self, trials: Iterable[FrozenTrial]) -> "Configuration | None":
        """The first point that no trial has taken."""
        begun = [trial for trial in trials if trial.state in _TAKEN]
        taken = {_frozen(trial.system_attrs.get(_POINT, {})) for trial in begun}
        taken |= {_frozen(trial.params) for trial in begun}
        return next((point for point in self._points if _frozen(point) not in taken), None)


def build(space: "Space", seed: int | None = None) -> GridSampler:
    """Make the sampler for a declared space."""
    return GridSampler(space, seed)


def _frozen(params: Mapping[str, Any]) -> frozenset[tuple[str, Any]]:
    return frozenset(params.items())
