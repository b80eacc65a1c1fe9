"""The storage itself: what Optuna asks for, from memory where that is right, else by short SQL."""

import copy
import json
import logging
import os
import threading
import uuid
from collections.abc import Callable, Container, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from multiprocessing.util import Finalize
from typing import Any
from weakref import WeakSet

from optuna.distributions import BaseDistribution, check_distribution_compatibility
from optuna.exceptions import DuplicatedStudyError, StorageInternalError, UpdateFinishedTrialError
from optuna.storages import BaseStorage
from optuna.study import StudyDirection
from optuna.study._frozen import FrozenStudy
from optuna.trial import FrozenTrial, TrialState, create_trial

from tunescope.store.storage import rows
from tunescope.store.storage import statements as sql
from tunescope.store.storage.cache import StudyCache
from tunescope.store.storage.database import Database
from tunescope.store.storage.rows import Pending
from tunescope.store.storage.tables import require_tables

_logger = logging.getLogger(__name__)

# What is set on a running trial waits for at most so long, or for the trial's end, to be written with more.
FLUSH_SECONDS = 0.4
# Optuna's columns for names and keys.
_NAME_LENGTH = 512
_STEPS = range(-(2**31), 2**31)
_open_storages: "WeakSet[SqlStorage]" = WeakSet()


class SqlStorage(BaseStorage):
    """An Optuna storage on SQLite or PostgreSQL that does little more a trial than two transactions.

    - A finished trial is on disk, whole, when `tell` returns; studies and queued trials when they are made.
    - Parameters, reports and user attributes of a running trial are visible to other processes within a
      second; system attributes and states at once.
    - Finished trials are read once. Others are read again when somebody else has committed.

    One object may be used by many threads, pickled to other processes, and inherited by a fork.

    Args:
        url: an SQLAlchemy URL of SQLite or PostgreSQL.

    Raises:
        StoreError: when Optuna's tables there are of a version that this code does not know.
        optuna.exceptions.StorageInternalError: here and in every method, when the database fails.
    """

    def __init__(self, url: str) -> None:
        self.url = url
        self._database = Database(url)
        self._lock = threading.RLock()
        self._forget_everything()
        require_tables(self._database, url)
        _open_storages.add(self)

    def __getstate__(self) -> dict[str, Any]:
        self.flush()
        return {"url": self.url}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__init__(state["url"])  # type: ignore[misc]

    @property
    def engine(self) -> Any:
        """The SQLAlchemy engine that the connection comes from."""
        return self._database.engine

    def flush(self) -> None:
        """Write what is pending, so that every other process sees it."""
        with self._lock:
            self._failed = True
            for trial_id in list(self._pending):
                self._write_pending(trial_id)
            self._failed = False

    def _flush_at_exit(self) -> None:
        """Nobody is left to catch an error; what could not be written has been warned of."""
        with suppress(StorageInternalError):
            self.flush()

    def close(self) -> None:
        """Write what is pending and close the connection; another call opens a new one."""
        with self._lock:
            try:
                self.flush()
            finally:
                self._database.close()

    def remove_session(self) -> None:
        """Write what is pending: what Optuna calls when it has optimized."""
        self.flush()

    # Studies

    def create_new_study(self, directions: Sequence[StudyDirection], study_name: str | None = None) -> int:
        """Create a study, under a name of its own if none is given."""
        name = f"no-name-{uuid.uuid4()}" if study_name is None else _checked(study_name)
        with self._lock, self._database.transaction():
            created = self._database.read(sql.CREATE_STUDY, name=name)
            if not created:
                raise DuplicatedStudyError(f"There is a study `{name}` already: choose another name")
            study_id: int = created[0][0]
            directed = [
                {"study_id": study_id, "objective": objective, "direction": direction.name}
                for objective, direction in enumerate(directions)
            ]
            self._database.write(sql.CREATE_DIRECTION, directed)
        return study_id

    def delete_study(self, study_id: int) -> None:
        """Delete a study with all that belongs to it, also in `tunescope_*` tables."""
        with self._lock:
            with self._database.transaction():
                self._lock_study(study_id)
                for statement in sql.DELETE_STUDY:
                    self._database.read(statement, study_id=study_id)
            self._forget(study_id)

    def set_study_user_attr(self, study_id: int, key: str, value: Any) -> None:
        """Set or replace a user's attribute of a study."""
        self._set_study_attribute(sql.SET_STUDY_USER_ATTRIBUTE, study_id, key, value)

    def set_study_system_attr(self, study_id: int, key: str, value: Any) -> None:
        """Set or replace an attribute of a study that Optuna or a sampler keeps."""
        self._set_study_attribute(sql.SET_STUDY_SYSTEM_ATTRIBUTE, study_id, key, value)

    def get_study_id_from_name(self, study_name: str) -> int:
        """The id of the study with a name."""
        study_id: int = self._one(sql.STUDY_ID, f"There is no study `{study_name}`", name=study_name)
        return study_id

    def get_study_name_from_id(self, study_id: int) -> str:
        """The name of the study with an id."""
        name: str = self._one(sql.STUDY_NAME, f"There is no study with the id {study_id}", study_id=study_id)
        return name

    def get_study_directions(self, study_id: int) -> list[StudyDirection]:
        """A direction for each objective."""
        with self._lock:
            found = self._database.read(sql.DIRECTIONS, study_id=study_id)
        if not found:
            raise KeyError(f"There is no study with the id {study_id}")
        return [StudyDirection[direction] for (direction,) in found]

    def get_study_user_attrs(self, study_id: int) -> dict[str, Any]:
        """The user's attributes of a study."""
        return self._study_attributes(sql.STUDY_USER_ATTRIBUTES, study_id)

    def get_study_system_attrs(self, study_id: int) -> dict[str, Any]:
        """The attributes of a study that Optuna and samplers keep."""
        return self._study_attributes(sql.STUDY_SYSTEM_ATTRIBUTES, study_id)

    def get_all_studies(self) -> list[FrozenStudy]:
        """Every study, by ascending id."""
        with self._lock:
            found = self._database.read(sql.ALL_STUDIES)
            return [
                FrozenStudy(
                    study_name=name,
                    direction=None,
                    directions=self.get_study_directions(study_id),
                    user_attrs=self.get_study_user_attrs(study_id),
                    system_attrs=self.get_study_system_attrs(study_id),
                    study_id=study_id,
                )
                for study_id, name in found
            ]

    # Trials: what changes them

    def create_new_trial(self, study_id: int, template_trial: FrozenTrial | None = None) -> int:
        """Create a trial with the next number of its study: a running one, or one like the template."""
        template = template_trial or create_trial(state=TrialState.RUNNING)
        running = template.state == TrialState.RUNNING
        with self._lock:
            # The lock makes the number unique: whoever else creates a trial of this study waits for it.
            with self._database.transaction(durable=not running):
                self._lock_study(study_id)
                study = self._current(study_id)
                trial_id, number = self._insert(study_id, len(study), template)
            created = _created(template, trial_id, number)
            self._keep(study_id, study, created, settled=template.state.is_finished())
            return trial_id

    def set_trial_param(
        self, trial_id: int, param_name: str, param_value_internal: float, distribution: BaseDistribution
    ) -> None:
        """Set a parameter of a trial to a value, as its distribution represents it."""
        with self._lock:
            study, trial = self._draft(trial_id)
            if param_name not in study.distributions:
                # Another process may have been the first to use this name.
                study = self._study_of(trial_id)
                trial = study.draft(trial_id)
            known = study.distributions.setdefault(_checked(param_name), distribution)
            check_distribution_compatibility(known, distribution)
            value = float(param_value_internal)
            trial.params[param_name] = distribution.to_external_repr(param_value_internal)
            trial.distributions[param_name] = distribution
            self._pend(trial_id).params[param_name] = (value, distribution)

    def set_trial_intermediate_value(self, trial_id: int, step: int, intermediate_value: float) -> None:
        """Set what a trial reports at a step."""
        if step not in _STEPS:
            raise ValueError(f"The step is {step}, but must fit into 32 bits")
        with self._lock:
            _, trial = self._draft(trial_id)
            trial.intermediate_values[int(step)] = float(intermediate_value)
            self._pend(trial_id).reports[int(step)] = float(intermediate_value)

    def set_trial_user_attr(self, trial_id: int, key: str, value: Any) -> None:
        """Set or replace a user's attribute of a trial."""
        text = json.dumps(value)
        with self._lock:
            _, trial = self._draft(trial_id)
            self._pend(trial_id).user_attributes[_checked(key)] = text
            trial.user_attrs[key] = json.loads(text)

    def set_trial_system_attr(self, trial_id: int, key: str, value: Any) -> None:
        """Set or replace an attribute that Optuna or a sampler keeps; others see it at once."""
        text = json.dumps(value)
        with self._lock:
            _, trial = self._draft(trial_id)
            with self._database.transaction(durable=False):
                self._require_open(trial_id)
                rows.write_attributes(
                    self._database, sql.SET_SYSTEM_ATTRIBUTE, trial_id, {_checked(key): text}
                )
            trial.system_attrs[key] = json.loads(text)

    def set_trial_state_values(
        self, trial_id: int, state: TrialState, values: Sequence[float] | None = None
    ) -> bool:
        """Change the state of a trial; one that ends is on disk, with all that was set on it."""
        with self._lock:
            study = self._study_of(trial_id)
            moment = datetime.now(UTC)
            with self._database.transaction(durable=state.is_finished()):
                if not self._change_state(trial_id, state, moment):
                    return False
                rows.write_values(self._database, trial_id, values or ())
                pending = self._pending.get(trial_id)
                if pending:
                    pending.write(self._database, trial_id)
                seen_all = study.version is not None and study.version == self._database.version()
            self._pending.pop(trial_id, None)
            trial = study.draft(trial_id)
            _enter_state(trial, state, values, rows.local(moment.replace(tzinfo=None)))
            # Where others have written meanwhile, they may have written to this trial.
            study.put(trial, settled=state.is_finished() and seen_all)
            return True

    # Trials: what reads them

    def get_trial(self, trial_id: int) -> FrozenTrial:
        """The trial with an id, as it is now."""
        with self._lock:
            return self._study_of(trial_id).lend(trial_id)

    def get_all_trials(
        self, study_id: int, deepcopy: bool = True, states: Container[TrialState] | None = None
    ) -> list[FrozenTrial]:
        """The trials of a study, in the given states, by ascending id."""
        with self._lock:
            trials = self._current(study_id).lend_all(states)
        return copy.deepcopy(trials) if deepcopy else trials

    def get_trial_id_from_study_id_trial_number(self, study_id: int, trial_number: int) -> int:
        """The id of the trial of a study that has a number."""
        with self._lock:
            return self._current(study_id).numbered(trial_number)._trial_id

    def get_best_trial(self, study_id: int) -> FrozenTrial:
        """The complete trial with the best value; the first of several."""
        with self._lock:
            study = self._current(study_id)
        if len(study.directions) > 1:
            raise RuntimeError("Best trial can be obtained only for single-objective optimization.")
        if study.best is None:
            raise ValueError("No trials are completed yet.")
        return study.best

    # What is behind them

    def _one(self, statement: str, missing: str, **parameters: Any) -> Any:
        with self._lock:
            found = self._database.read(statement, **parameters)
        if not found:
            raise KeyError(missing)
        return found[0][0]

    def _lock_study(self, study_id: int) -> None:
        self._one(sql.LOCK_STUDY, f"There is no study with the id {study_id}", study_id=study_id)

    def _set_study_attribute(self, statement: str, study_id: int, key: str, value: Any) -> None:
        text = json.dumps(value)
        with self._lock, self._database.transaction():
            missing = f"There is no study with the id {study_id}"
            self._one(statement, missing, study_id=study_id, key=_checked(key), value_json=text)

    def _study_attributes(self, statement: str, study_id: int) -> dict[str, Any]:
        with self._lock:
            found = self._database.read(statement, study_id=study_id)
            if not found:
                self.get_study_name_from_id(study_id)
        return {key: json.loads(text) for key, text in found}

    def _insert(self, study_id: int, number: int, template: FrozenTrial) -> tuple[int, int]:
        created = self._database.read(
            sql.CREATE_TRIAL,
            study_id=study_id,
            number=number,
            state=template.state.name,
            datetime_start=rows.utc_text(template.datetime_start),
            datetime_complete=rows.utc_text(template.datetime_complete),
        )
        trial_id: int = created[0][0]
        rows.write_template(self._database, trial_id, template)
        return trial_id, number

    def _change_state(self, trial_id: int, state: TrialState, moment: datetime) -> bool:
        """Whether the state was changed; raises where no change is allowed."""
        statement = sql.REQUEUE_TRIAL
        if state == TrialState.RUNNING:
            statement = sql.BEGIN_TRIAL
        elif state.is_finished():
            statement = sql.END_TRIAL
        text = rows.utc_text(moment)
        if self._database.read(statement, trial_id=trial_id, state=state.name, moment=text):
            return True
        self._require_open(trial_id)
        return False

    def _require_open(self, trial_id: int) -> None:
        """Raise where a trial is gone or finished, whatever this process believes."""
        state = self._one(sql.STATE, f"There is no trial with the id {trial_id}", trial_id=trial_id)
        if TrialState[state].is_finished():
            raise UpdateFinishedTrialError(
                f"Trial#{self._number(trial_id)} has already finished and can not be updated."
            )

    def _number(self, trial_id: int) -> int:
        return self._study_of(trial_id).lend(trial_id).number

    def _draft(self, trial_id: int) -> tuple[StudyCache, FrozenTrial]:
        """A trial to change, from memory: whether it is open in the store too is checked on writing."""
        if self._failed:
            self.flush()
        study = self._studies.get(self._study_ids.get(trial_id, -1))
        if study is None or study.stale or trial_id not in study:
            study = self._study_of(trial_id)
        trial = study.draft(trial_id)
        self.check_trial_is_updatable(trial_id, trial.state)
        return study, trial

    def _study_of(self, trial_id: int) -> StudyCache:
        """The study of a trial, as it is now."""
        known = self._study_ids.get(trial_id)
        if known is not None:
            with suppress(KeyError):
                study = self._current(known)
                if trial_id in study:
                    return study
        study_id = self._one(
            sql.STUDY_OF_TRIAL, f"There is no trial with the id {trial_id}", trial_id=trial_id
        )
        return self._current(study_id)

    def _current(self, study_id: int) -> StudyCache:
        """A study, with whatever other connections have committed since it was read last."""
        version = self._database.version()
        study = self._studies.get(study_id)
        if study is not None and not study.stale and version is not None and study.version == version:
            return study
        if study is None or not self._catch_up(study_id, study):
            self._forget(study_id)
            study = StudyCache(self.get_study_directions(study_id))
            self._catch_up(study_id, study)
            self._studies[study_id] = study
        # Read before the rows: what is committed between the two is read once more, and not missed.
        study.version, study.stale = version, False
        return study

    def _catch_up(self, study_id: int, study: StudyCache) -> bool:
        """Read new and unsettled trials; false where this is not the study any more that had been read.

        Ids are used again after a deletion. A finished trial never changes while its study lives, so
        one of them that is gone or looks different tells.
        """
        witness = study.witness
        again = sorted(study.unsettled) + ([witness._trial_id] if witness else [])
        ids = self._database.ids(again)
        found = self._database.read(sql.TRIALS, study_id=study_id, last=study.last_id, ids=ids)
        if len({row[0] for row in found} & set(again)) < len(again):
            return False
        if witness:
            row = next(row for row in found if row[0] == witness._trial_id)
            if (rows.local(row[3]), rows.local(row[4])) != (
                witness.datetime_start,
                witness.datetime_complete,
            ):
                return False
            found.remove(row)
        changed = [row for row in found if row[2] != "WAITING" or study.state(row[0]) != TrialState.WAITING]
        for trial in rows.read_trials(self._database, changed):
            pending = self._pending.get(trial._trial_id)
            if pending and not trial.state.is_finished():
                pending.overlay(trial)
            self._keep(study_id, study, trial, settled=trial.state.is_finished())
        return True

    def _keep(self, study_id: int, study: StudyCache, trial: FrozenTrial, settled: bool) -> None:
        study.put(trial, settled)
        self._study_ids[trial._trial_id] = study_id

    def _forget(self, study_id: int) -> None:
        study = self._studies.pop(study_id, None)
        for trial_id in study.ids if study else ():
            self._study_ids.pop(trial_id, None)
            self._pending.pop(trial_id, None)

    def _forget_everything(self) -> None:
        self._studies: dict[int, StudyCache] = {}
        self._study_ids: dict[int, int] = {}
        self._pending: dict[int, Pending] = {}
        self._timer: threading.Timer | None = None
        self._at_exit: Callable[[], Any] | None = None
        self._failed = False

    # Writing what is pending

    def _pend(self, trial_id: int) -> Pending:
        if self._timer is None:
            self._set_timer()
        return self._pending.setdefault(trial_id, Pending())

    def _set_timer(self) -> None:
        self._timer = threading.Timer(FLUSH_SECONDS, self._flush_in_time)
        self._timer.daemon = True
        self._timer.start()
        self._at_exit = Finalize(
            None, self._flush_at_exit, exitpriority=1
        )  # at the end of workers too, unlike atexit

    def _flush_in_time(self) -> None:
        with self._lock:
            self._timer = None
            if self._at_exit is not None:
                self._at_exit.cancel()  # type: ignore[attr-defined]
            try:
                self.flush()
            except StorageInternalError as error:
                # Nothing is lost: it is tried again in time, and by the next call, which then raises.
                _logger.warning("What trials reported is not written yet. %s", error)
                self._set_timer()

    def _write_pending(self, trial_id: int) -> None:
        with self._database.transaction(durable=False):
            found = self._database.read(sql.STATE, trial_id=trial_id)
            is_open = bool(found) and not TrialState[found[0][0]].is_finished()
            if is_open:
                self._pending[trial_id].write(self._database, trial_id)
        del self._pending[trial_id]
        if not is_open:
            # The next call for this trial reads it again, and raises.
            self._studies[self._study_ids[trial_id]].stale = True
            _logger.warning(
                "Trial id %d was ended or deleted by another process: what it reported since is dropped",
                trial_id,
            )


def _checked(name: str) -> str:
    """A name or key that Optuna's columns take on every database."""
    if len(name) > _NAME_LENGTH:
        raise StorageInternalError(
            f"The name `{name[:40]}...` has {len(name)} characters, but a store takes {_NAME_LENGTH} at most"
        )
    if any(character == "\0" or "\ud800" <= character <= "\udfff" for character in name):
        raise StorageInternalError(f"The name {name!r} holds a character that no store takes: leave it out")
    return name


def _created(template: FrozenTrial, trial_id: int, number: int) -> FrozenTrial:
    """The trial that a template makes, as it would be read from the store."""
    trial = copy.deepcopy(template)
    trial.number, trial._trial_id = number, trial_id
    trial.values = None if template.values is None else [float(value) for value in template.values]
    trial.user_attrs = json.loads(json.dumps(template.user_attrs))
    trial.system_attrs = json.loads(json.dumps(template.system_attrs))
    return trial


def _enter_state(
    trial: FrozenTrial, state: TrialState, values: Sequence[float] | None, moment: datetime | None
) -> None:
    trial.state = state
    if values is not None:
        trial.values = [float(value) for value in values]
    if state == TrialState.RUNNING:
        trial.datetime_start = moment
    elif state.is_finished():
        trial.datetime_complete = moment


def _close_before_fork() -> None:
    """SQLite's locks do not survive a fork in the child, which would believe to hold them: have none open."""
    for storage in list(_open_storages):
        storage._lock.acquire()
        with suppress(StorageInternalError):
            storage.flush()
        storage._database.close()


def _go_on_after_fork() -> None:
    for storage in list(_open_storages):
        with suppress(RuntimeError):  # one that was opened meanwhile is not locked
            storage._lock.release()


def _start_afresh_in_child() -> None:
    """What is pending is the parent's to write, and its timers and locks stay behind."""
    for storage in list(_open_storages):
        storage._lock = threading.RLock()
        storage._forget_everything()


os.register_at_fork(
    before=_close_before_fork, after_in_parent=_go_on_after_fork, after_in_child=_start_afresh_in_child
)
