"""One study: what it is to search, how and for how long, and its record in the store."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import optuna
from optuna.samplers import BaseSampler

from tunescope.errors import RunError
from tunescope.parameters import SearchParameters
from tunescope.search.budget import Budget
from tunescope.search.objectives import directions
from tunescope.search.pruning import make_pruner
from tunescope.search.space import Configuration, Space
from tunescope.search.space_changes import difference
from tunescope.search.strategies import STRATEGIES, make_sampler
from tunescope.store import Store
from tunescope.store import trials as trial_rows


@dataclass(frozen=True)
class StudyPlan:
    """What one study of a run searches, how, and for how long.

    Attributes:
        run_id: the run that the study belongs to.
        strategy: a key of ``STRATEGIES``.
        space: of the configurations.
        search: the parameters of the whole run's search; the study takes its share of the budget.
        folder: takes the trials' models.
        starts: configurations to try first, before every model's default.
    """

    run_id: str
    strategy: str
    space: Space
    search: SearchParameters
    folder: Path
    starts: tuple[Configuration, ...] = ()

    @property
    def name(self) -> str:
        """The name of the study in the store."""
        return f"{self.run_id}-{self.strategy}"

    @property
    def budget(self) -> Budget:
        """The study's share of the run's budget."""
        return Budget.share(self.search, self.strategy)

    @property
    def objective(self) -> tuple[str, ...]:
        """What the study optimizes."""
        return self.search.objective


def open_study(store: Store, plan: StudyPlan) -> optuna.Study:
    """The study in the store, made where there is none, with the strategy's sampler.

    Raises:
        RunError: when an earlier launch searched another space.
    """
    study = optuna.create_study(
        storage=store.storage,
        study_name=plan.name,
        directions=directions(plan.objective),
        load_if_exists=True,
        pruner=make_pruner(plan.search),
        sampler=_sampler(plan, plan.search.seed),
    )
    objective, space = "+".join(plan.objective), plan.space.to_dict()
    trial_rows.enter_study(store, study._study_id, plan.run_id, plan.strategy, objective, space)
    _require_same_space(trial_rows.study_record(store, study._study_id)["space"], plan)
    return study


def _require_same_space(before: Mapping[str, Any], plan: StudyPlan) -> None:
    changes = difference(before, plan.space.to_dict())
    if changes:
        raise RunError(
            f"study `{plan.name}` was begun with another space ({'; '.join(changes)}): "
            "go on with the space that it had, or choose another `run.id`"
        )


def _sampler(plan: StudyPlan, seed: int) -> BaseSampler:
    """The strategy's sampler; one that wants to know how many trials there will be is told."""
    options = dict(plan.search.options.get(plan.strategy, {}))
    if "max_trials" in STRATEGIES[plan.strategy].options and plan.budget.max_trials is not None:
        options.setdefault("max_trials", plan.budget.max_trials)
    return make_sampler(plan.strategy, plan.space, seed, **options)
