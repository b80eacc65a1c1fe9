"""The storage beside Optuna's own: the same trials, seen by everybody in time, and nothing lost."""

import multiprocessing
import os
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import optuna
import pytest
import store_workers
from optuna.distributions import FloatDistribution
from optuna.exceptions import StorageInternalError, UpdateFinishedTrialError
from optuna.storages import RDBStorage
from optuna.study import Study
from optuna.trial import TrialState
from sqlalchemy import text
from store_workers import objective, report_and_end

from tunescope.errors import StoreError
from tunescope.store import Store, open_store
from tunescope.store.storage import SqlStorage, statements, storage, tables

PATIENCE_SECONDS = 20.0


@pytest.fixture
def ours(emptied_store: Store) -> SqlStorage:
    """Our storage, on an empty store."""
    return emptied_store.storage


@pytest.fixture
def another(emptied_store: Store) -> Iterator[SqlStorage]:
    """Ours once more, as another process would open it."""
    opened = SqlStorage(emptied_store.url)
    yield opened
    opened.close()


@pytest.fixture
def theirs(emptied_store: Store) -> Iterator[RDBStorage]:
    """Optuna's own storage on the same store."""
    opened = RDBStorage(emptied_store.url)
    yield opened
    opened.remove_session()
    opened.engine.dispose()


class TestBesideOptuna:
    def test_optuna_reads_the_same_trials_that_we_keep_in_memory(
        self, ours: SqlStorage, another: SqlStorage, theirs: RDBStorage
    ) -> None:
        study = _study(ours)
        study.optimize(objective, n_trials=3)
        study.tell(study.ask(), state=TrialState.FAIL)
        pruned = study.ask()
        pruned.suggest_categorical("kernel", ["rbf", "linear", "poly"])
        pruned.set_user_attr("note", {"tuple": (1, 2)})
        pruned.set_constraint("size", 0.5)
        pruned.report(float("nan"), 0)
        pruned.report(float("-inf"), 1)
        study.tell(pruned, state=TrialState.PRUNED)
        study.enqueue_trial({"x": 0.5}, user_attrs={"queued": True})
        for reader in (another, theirs):
            assert repr(_study(reader).trials) == repr(study.trials)

    def test_both_can_write_to_a_study_in_turn(self, ours: SqlStorage, theirs: RDBStorage) -> None:
        mine, other = _study(ours), _study(theirs)
        for _ in range(3):
            mine.optimize(objective, n_trials=2)
            other.optimize(objective, n_trials=2)
        assert [trial.number for trial in mine.trials] == list(range(12))
        assert repr(mine.trials) == repr(other.trials)
        assert (
            mine.best_trial.number == min(mine.trials, key=lambda trial: (trial.value, trial.number)).number
        )

    def test_a_trial_that_another_process_changes_is_read_again(
        self, ours: SqlStorage, theirs: RDBStorage
    ) -> None:
        study = _study(ours)
        trial = study.ask()
        trial.report(0.5, 0)
        theirs.set_trial_user_attr(trial._trial_id, "seen", "by a person")
        frozen = study.tell(trial, 1.0)
        assert (frozen.user_attrs, frozen.intermediate_values) == ({"seen": "by a person"}, {0: 0.5})
        assert study.trials[0].user_attrs == {"seen": "by a person"}

    def test_incompatible_distributions_of_another_process_are_refused(
        self, ours: SqlStorage, another: SqlStorage
    ) -> None:
        _study(ours).ask().suggest_float("x", 0, 1)
        ours.flush()
        with pytest.raises(ValueError, match="different distribution"):
            _study(another).ask().suggest_int("x", 0, 1)

    def test_a_study_that_was_deleted_and_made_again_shows_none_of_its_old_trials(
        self, ours: SqlStorage, another: SqlStorage
    ) -> None:
        _study(ours).optimize(objective, n_trials=3)
        assert len(_study(another).trials) == 3
        optuna.delete_study(study_name="demo", storage=ours)
        trial = _study(ours).ask()
        trial.suggest_int("new", 1, 2)
        ours.flush()
        (found,) = _study(another).trials
        assert list(found.params) == ["new"]
        with pytest.raises(KeyError):
            another.get_trial(trial._trial_id + 1)

    def test_tables_of_another_revision_are_refused_in_a_sentence(
        self, ours: SqlStorage, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(tables, "REVISION", "v9.9.9.a")
        with pytest.raises(StoreError, match=r"at revision `v3.2.0.a`, but this Tunescope writes `v9.9.9.a`"):
            SqlStorage(ours.url)


class TestInTime:
    def test_reports_are_seen_by_others_though_nothing_else_is_called(
        self, ours: SqlStorage, another: SqlStorage
    ) -> None:
        trial = _study(ours).ask()
        trial.suggest_float("x", 0, 1)
        trial.report(0.25, 7)
        trial.set_user_attr("note", "running")
        _wait(lambda: another.get_trial(trial._trial_id).intermediate_values == {7: 0.25})
        seen = another.get_trial(trial._trial_id)
        assert (seen.params, seen.user_attrs) == (trial.params, {"note": "running"})
        assert storage.FLUSH_SECONDS < 1

    def test_system_attributes_are_seen_at_once(self, ours: SqlStorage, another: SqlStorage) -> None:
        trial = _study(ours).ask()
        ours.set_trial_system_attr(trial._trial_id, "grid_id", 3)
        assert another.get_trial_system_attrs(trial._trial_id) == {"grid_id": 3}

    @pytest.mark.filterwarnings("ignore:This process .* is multi-threaded")
    def test_a_worker_that_ends_without_a_tell_has_written_its_reports(self, ours: SqlStorage) -> None:
        study = _study(ours)
        waiting = study.ask()
        waiting.report(0.1, 1)
        context = multiprocessing.get_context("fork")
        process = context.Process(target=report_and_end, args=(ours.url, "demo"))
        process.start()
        process.join()
        assert process.exitcode == 0
        waiting.report(0.2, 2)
        assert [trial.intermediate_values for trial in study.trials] == [{1: 0.1, 2: 0.2}, {3: 0.5}]

    def test_a_program_that_ends_without_a_tell_has_written_its_reports(self, tmp_path: Path) -> None:
        url = f"sqlite:///{tmp_path}/trials.db"
        store = open_store(url)
        study = _study(store.storage)
        code = f"from store_workers import report_and_end; report_and_end({url!r}, 'demo')"
        path = os.pathsep.join([str(Path(store_workers.__file__).parent), os.getcwd()])
        subprocess.run([sys.executable, "-c", code], check=True, env={**os.environ, "PYTHONPATH": path})
        assert [trial.intermediate_values for trial in study.trials] == [{3: 0.5}]
        store.close()

    @pytest.mark.filterwarnings("ignore:This process .* is multi-threaded")
    def test_a_storage_that_a_fork_inherits_works_on_both_sides(self, ours: SqlStorage) -> None:
        study = _study(ours)
        trial = study.ask()
        trial.report(0.5, 1)
        child = os.fork()
        if child == 0:
            try:
                study.optimize(objective, n_trials=3)
                os._exit(0)
            finally:
                os._exit(1)
        study.tell(trial, 0.5)
        study.optimize(objective, n_trials=3)
        assert os.waitpid(child, 0)[1] == 0
        assert [one.number for one in study.trials] == list(range(7))
        assert {one.state for one in study.trials} == {TrialState.COMPLETE}


class TestNothingLost:
    def test_only_one_of_many_gets_a_waiting_trial(self, ours: SqlStorage, another: SqlStorage) -> None:
        for x in range(20):
            _study(ours).enqueue_trial({"x": x / 20})
        studies = [_study(ours), _study(another)]
        with ThreadPoolExecutor(4) as pool:
            asked = list(pool.map(lambda n: studies[n % 2].ask(), range(24)))
        assert sorted(trial.number for trial in asked) == list(range(24))
        assert len(studies[0].trials) == 24
        assert {trial.state for trial in studies[0].trials} == {TrialState.RUNNING}

    def test_threads_of_two_storages_number_their_trials_once(
        self, ours: SqlStorage, another: SqlStorage
    ) -> None:
        studies = [_study(ours), _study(another)]
        with ThreadPoolExecutor(2) as pool:
            list(pool.map(lambda study: study.optimize(objective, n_trials=20, n_jobs=2), studies))
        for study in studies:
            assert [trial.number for trial in study.trials] == list(range(40))
            assert all(trial.state == TrialState.COMPLETE for trial in study.trials)
            assert all(len(trial.intermediate_values) == 10 for trial in study.trials)

    def test_a_trial_that_another_process_ended_takes_no_more_reports(
        self, ours: SqlStorage, another: SqlStorage, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        # On a busy machine the first report would be written before the trial is ended.
        monkeypatch.setattr(storage, "FLUSH_SECONDS", 10.0)
        study = _study(ours)
        trial = study.ask()
        trial.report(0.5, 1)
        beside = study.ask()
        beside.report(0.75, 1)
        another.set_trial_state_values(trial._trial_id, TrialState.FAIL)
        ours.flush()
        with pytest.raises(UpdateFinishedTrialError):
            trial.report(0.5, 2)
        with pytest.raises(ValueError, match="Cannot tell a FAIL trial"):
            study.tell(trial, 0.5)
        assert [one.intermediate_values for one in _study(another).trials] == [{}, {1: 0.75}]

    def test_what_cannot_be_written_is_kept_and_said_until_it_is(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(storage, "FLUSH_SECONDS", 0.01)
        store = open_store(f"sqlite:///{tmp_path}/trials.db")
        trial = _study(store.storage).ask()
        with store.engine.begin() as connection:
            connection.execute(
                text(
                    "CREATE TRIGGER full BEFORE INSERT ON trial_intermediate_values "
                    "BEGIN SELECT RAISE(ABORT, 'disk full'); END"
                )
            )
        trial.report(0.1, 1)
        _wait(lambda: store.storage._failed)
        with pytest.raises(
            StorageInternalError, match=r"did not take a statement \(disk full\).*disk is not"
        ):
            trial.report(0.2, 2)
        with store.engine.begin() as connection:
            connection.execute(text("DROP TRIGGER full"))
        trial.report(0.3, 3)
        store.close()
        with sqlite3.connect(tmp_path / "trials.db") as plain:
            steps = plain.execute("SELECT step FROM trial_intermediate_values ORDER BY step").fetchall()
        plain.close()
        assert steps == [(1,), (3,)]

    def test_names_that_no_store_takes_are_refused_at_once(self, ours: SqlStorage) -> None:
        with pytest.raises(StorageInternalError, match="513 characters, but a store takes 512 at most"):
            ours.create_new_study([optuna.study.StudyDirection.MINIMIZE], "n" * 513)
        trial = _study(ours).ask()
        with pytest.raises(StorageInternalError, match="a character that no store takes"):
            trial.set_user_attr("a\0b", 1)
        with pytest.raises(ValueError, match="must fit into 32 bits"):
            trial.report(0.5, 2**40)
        with pytest.raises(StorageInternalError, match="513 characters"):
            ours.set_trial_param(trial._trial_id, "n" * 513, 0.5, FloatDistribution(0, 1))
        assert ours.get_trial(trial._trial_id).params == {}


class TestLittleWork:
    """On SQLite, where a connection can tell what it runs."""

    def test_a_finished_trial_is_synced_to_disk_and_nothing_else_is(self, tmp_path: Path) -> None:
        store = open_store(f"sqlite:///{tmp_path}/trials.db")
        study = _study(store.storage)
        study.optimize(objective, n_trials=1)
        done = _traced(store.storage, lambda: study.optimize(objective, n_trials=1))
        kinds = [statement.split()[0] for statement in done if statement.split()[0] in ("BEGIN", "COMMIT")]
        assert kinds == ["BEGIN", "COMMIT"] * 2
        synced = [statement for statement in done if "synchronous" in statement]
        assert synced == ["PRAGMA synchronous=NORMAL", "PRAGMA synchronous=FULL"]
        assert done.index(synced[1]) < next(n for n, one in enumerate(done) if "trial_values" in one)
        store.close()

    def test_a_later_trial_takes_no_more_statements_than_an_early_one(self, tmp_path: Path) -> None:
        store = open_store(f"sqlite:///{tmp_path}/trials.db")
        study = _study(store.storage)
        study.optimize(objective, n_trials=10)
        early = _traced(store.storage, lambda: study.optimize(objective, n_trials=1))
        study.optimize(objective, n_trials=100)
        late = _traced(store.storage, lambda: study.optimize(objective, n_trials=1))
        assert len(late) == len(early)
        store.close()

    def test_new_trials_are_found_by_indexes(self, tmp_path: Path) -> None:
        store = open_store(f"sqlite:///{tmp_path}/trials.db")
        statement = store.storage._database._translated(statements.TRIALS)
        plan = store.storage._database._run(
            f"EXPLAIN QUERY PLAN {statement}", {"study_id": 1, "last": 5, "ids": "[1, 2]"}
        ).fetchall()
        found = [detail for *_, detail in plan if " trials " in detail]
        assert len(found) == 2
        assert all(detail.startswith("SEARCH") for detail in found)
        assert "rowid>?" in found[0]
        store.close()


def _study(on: optuna.storages.BaseStorage) -> Study:
    sampler = optuna.samplers.RandomSampler()
    return optuna.create_study(study_name="demo", storage=on, load_if_exists=True, sampler=sampler)


def _wait(condition: Callable[[], bool]) -> None:
    until = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        assert time.monotonic() < until
        time.sleep(0.01)


def _traced(on: SqlStorage, work: Callable[[], None]) -> list[str]:
    """The statements that some work runs."""
    done: list[str] = []
    connection = on._database._open()
    connection.set_trace_callback(lambda statement: done.append(" ".join(statement.split())))
    work()
    connection.set_trace_callback(None)
    return done
