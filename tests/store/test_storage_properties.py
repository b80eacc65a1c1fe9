"""Whatever is done to the storage, it shows what Optuna's storage in memory shows."""

import math
import shutil
import tempfile
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, rule
from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution
from optuna.exceptions import UpdateFinishedTrialError
from optuna.storages import BaseStorage, InMemoryStorage
from optuna.study import StudyDirection
from optuna.trial import TrialState, create_trial

from tunescope.store import open_store
from tunescope.store.storage import SqlStorage

PARAMS = {
    "x": (FloatDistribution(0, 1), 0.25),
    "rate": (FloatDistribution(1e-3, 1, log=True), 0.5),
    "depth": (IntDistribution(1, 9), 4),
    "kernel": (CategoricalDistribution([None, True, 1.5, "rbf"]), 2),
}
NUMBERS = st.sampled_from([0, -1.5, 2.5, math.inf, -math.inf])
ATTRIBUTES = st.sampled_from([None, 1, "text", [1, 2], {"a": {"b": 1.5}}])
KEYS = st.sampled_from(["a", "b"])
FINISHED = st.sampled_from([TrialState.COMPLETE, TrialState.PRUNED, TrialState.FAIL])


class StorageMachine(RuleBasedStateMachine):
    """Two of ours on one file, as two processes would have them, beside one in memory."""

    studies = Bundle("studies")
    trials = Bundle("trials")
    writers = st.integers(0, 1)

    @initialize()
    def open_stores(self) -> None:
        self.folder = Path(tempfile.mkdtemp())
        shutil.copy(_empty_store(), self.folder / "trials.db")
        self.url = f"sqlite:///{self.folder}/trials.db"
        self.ours = [SqlStorage(self.url), SqlStorage(self.url)]
        self.model = InMemoryStorage()
        self.made = 0

    def teardown(self) -> None:
        for storage in self.ours:
            storage.close()
        shutil.rmtree(self.folder)

    @rule(target=studies, writer=writers, direction=st.sampled_from(list(StudyDirection)[1:]))
    def create_study(self, writer: int, direction: StudyDirection) -> tuple[int, int]:
        self.made += 1
        name = f"study-{self.made:03}"
        return self._both(writer, lambda storage, _: storage.create_new_study([direction], name), ())

    @rule(study=studies, writer=writers)
    def delete_study(self, study: tuple[int, int], writer: int) -> None:
        self._both(writer, lambda storage, ids: storage.delete_study(ids[0]), (study,), self._is_study)

    @rule(study=studies, writer=writers, key=KEYS, value=ATTRIBUTES)
    def set_study_attributes(self, study: tuple[int, int], writer: int, key: str, value: Any) -> None:
        self._both(
            writer,
            lambda storage, ids: storage.set_study_user_attr(ids[0], key, value),
            (study,),
            self._is_study,
        )
        self._both(
            writer,
            lambda storage, ids: storage.set_study_system_attr(ids[0], key, value),
            (study,),
            self._is_study,
        )

    @rule(target=trials, study=studies, writer=writers)
    def create_trial(self, study: tuple[int, int], writer: int) -> tuple[int, int]:
        return self._both(
            writer, lambda storage, ids: storage.create_new_trial(ids[0]), (study,), self._is_study
        )

    @rule(
        target=trials, study=studies, writer=writers, state=st.sampled_from(list(TrialState)), value=NUMBERS
    )
    def create_trial_like_a_template(
        self, study: tuple[int, int], writer: int, state: TrialState, value: float
    ) -> tuple[int, int]:
        template = create_trial(
            state=state,
            value=value if state == TrialState.COMPLETE else None,
            # A name of its own: whether a parameter may differ in kind from a template's, Optuna's own
            # storages answer differently, and ours as the one in a database.
            params={"given": 3},
            distributions={"given": IntDistribution(1, 9)},
            user_attrs={"u": [1]},
            system_attrs={"s": 2},
            intermediate_values={3: value},
        )
        return self._both(
            writer, lambda storage, ids: storage.create_new_trial(ids[0], template), (study,), self._is_study
        )

    @rule(trial=trials, writer=writers, name=st.sampled_from(list(PARAMS)), other=st.booleans())
    def set_param(self, trial: tuple[int, int], writer: int, name: str, other: bool) -> None:
        distribution, value = PARAMS["kernel" if other else name]
        self._change(
            trial, writer, lambda storage, ids: storage.set_trial_param(ids[0], name, value, distribution)
        )

    @rule(trial=trials, writer=writers, step=st.integers(0, 3), value=NUMBERS | st.just(math.nan))
    def report(self, trial: tuple[int, int], writer: int, step: int, value: float) -> None:
        self._change(
            trial, writer, lambda storage, ids: storage.set_trial_intermediate_value(ids[0], step, value)
        )

    @rule(trial=trials, writer=writers, key=KEYS, value=ATTRIBUTES)
    def set_attributes(self, trial: tuple[int, int], writer: int, key: str, value: Any) -> None:
        self._change(trial, writer, lambda storage, ids: storage.set_trial_user_attr(ids[0], key, value))
        self._change(trial, writer, lambda storage, ids: storage.set_trial_system_attr(ids[0], key, value))

    @rule(trial=trials, writer=writers, state=FINISHED, value=NUMBERS)
    def end_trial(self, trial: tuple[int, int], writer: int, state: TrialState, value: float) -> None:
        values = None if state == TrialState.FAIL else [value]
        self._both(
            writer,
            lambda storage, ids: storage.set_trial_state_values(ids[0], state, values),
            (trial,),
            self._is_trial,
        )

    @rule(trial=trials, writer=writers)
    def begin_trial(self, trial: tuple[int, int], writer: int) -> None:
        changed = self._both(
            writer,
            lambda storage, ids: storage.set_trial_state_values(ids[0], TrialState.RUNNING),
            (trial,),
            self._is_trial,
        )
        assert changed[0] == changed[1] or isinstance(changed[0], Exception)

    @rule(writer=writers)
    def time_passes(self, writer: int) -> None:
        self.ours[writer].flush()

    @rule(reader=writers)
    def read_along(self, reader: int) -> None:
        """Reading fills a cache, which must not change what is shown later."""
        for study in self.ours[reader].get_all_studies():
            self.ours[reader].get_all_trials(study._study_id, deepcopy=False)

    @invariant()
    def everybody_shows_the_same(self) -> None:
        if not hasattr(self, "model"):
            return
        expected = _shown(self.model)
        for storage in self.ours:
            storage.flush()
        assert all(_shown(storage) == expected for storage in self.ours)

    def _change(self, trial: tuple[int, int], writer: int, act: Callable[[Any, Any], Any]) -> None:
        """Change what Optuna allows to be changed: nothing of a waiting trial."""
        if self._is_trial(trial[1]) and self.model.get_trial(trial[1]).state != TrialState.WAITING:
            self._both(writer, act, (trial,))

    def _is_study(self, study_id: Any) -> bool:
        return study_id in {study._study_id for study in self.model.get_all_studies()}

    def _is_trial(self, trial_id: Any) -> bool:
        studies = self.model.get_all_studies()
        return any(
            trial_id == trial._trial_id
            for study in studies
            for trial in self.model.get_all_trials(study._study_id, deepcopy=False)
        )

    def _both(
        self,
        writer: int,
        act: Callable[[Any, Any], Any],
        ids: tuple[tuple[Any, Any], ...],
        alive: Callable[[Any], bool] = lambda _: True,
    ) -> tuple[Any, Any]:
        """Do the same to ours and to the model; their results, of which errors must be of one kind.

        Nothing is done to what has been deleted: SQLite gives its id to something new.
        """
        if not all(alive(one[1]) for one in ids):
            return KeyError(), KeyError()
        ours = _outcome(lambda: act(self.ours[writer], [one[0] for one in ids]))
        model = _outcome(lambda: act(self.model, [one[1] for one in ids]))
        errors = [type(one) if isinstance(one, Exception) else None for one in (ours, model)]
        assert errors[0] == errors[1], (ours, model)
        return ours, model


def test_it_shows_what_optuna_shows_in_memory() -> None:
    from hypothesis.stateful import run_state_machine_as_test

    quick = settings(
        max_examples=20, stateful_step_count=25, deadline=None, suppress_health_check=list(HealthCheck)
    )
    run_state_machine_as_test(StorageMachine, settings=quick)


def _outcome(act: Callable[[], Any]) -> Any:
    try:
        return act()
    except (KeyError, ValueError, UpdateFinishedTrialError) as error:
        return error


def _shown(storage: BaseStorage) -> list[Any]:
    """Studies and trials without ids and times; NaN is equal to itself as text."""
    return [
        (
            study.directions,
            study.user_attrs,
            study.system_attrs,
            [
                repr(
                    (
                        trial.number,
                        trial.state,
                        None if trial.values is None else [float(value) for value in trial.values],
                        trial.params,
                        trial.distributions,
                        trial.user_attrs,
                        trial.system_attrs,
                        sorted((step, float(value)) for step, value in trial.intermediate_values.items()),
                        trial.datetime_start is None,
                        trial.datetime_complete is None,
                    )
                )
                for trial in storage.get_all_trials(study._study_id, deepcopy=False)
            ],
        )
        for study in sorted(storage.get_all_studies(), key=lambda study: study.study_name)
    ]


@cache
def _empty_store() -> Path:
    path = Path(tempfile.mkdtemp()) / "trials.db"
    open_store(f"sqlite:///{path}").close()
    return path
