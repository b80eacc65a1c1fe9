"""The store on every backend: Optuna's tables as they stand, and ours beside them."""

import os
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import optuna
import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from optuna.trial import TrialState
from sqlalchemy import inspect, text

from tunescope.errors import RunError, StoreError, UnknownNameError
from tunescope.store import Store, annotations, commands, frames, live, open_storage, open_store, runs, trials
from tunescope.store.migrations import HEAD, configuration, current, is_ours
from tunescope.store.schema import PREFIX, STOPPED_BY_COMMAND, VERSION_TABLE, metadata, now

PARAMETERS = {"search": {"seed": 1, "max_seconds": 60}, "run": {"id": "demo"}}


def test_a_fresh_store_has_the_tables_that_the_code_declares(store: Store) -> None:
    with store.engine.connect() as connection:
        context = MigrationContext.configure(
            connection,
            opts={"version_table": VERSION_TABLE, "include_name": is_ours, "compare_type": True},
        )
        context.opts["include_object"] = lambda _, name, kind, *__: is_ours(name, kind)
        assert compare_metadata(context, metadata) == []


def test_opening_a_store_again_changes_nothing(store: Store) -> None:
    before = current(store)
    open_store(store.url).close()
    assert before is not None
    assert current(store) == before


def test_optuna_opens_the_store_as_it_stands(store: Store) -> None:
    study = _study(store, "demo-grid")
    study.tell(study.ask(), 0.5)
    storage = open_storage(store.url)
    assert optuna.load_study(study_name="demo-grid", storage=storage).best_value == 0.5
    storage.engine.dispose()  # type: ignore[attr-defined]


def test_a_store_that_optuna_made_opens_and_keeps_its_trials(store_address: str) -> None:
    storage = optuna.storages.RDBStorage(store_address)
    study = optuna.create_study(storage=storage, study_name="plain", direction="maximize")
    trial = study.ask()
    trial.suggest_categorical("kernel", ["rbf", "linear"])
    trial.suggest_int("depth", 1, 9)
    study.tell(trial, 0.75)
    storage.engine.dispose()
    store = open_store(store_address)
    frame = frames.trials_frame(store)
    assert frame["params"].tolist() == [trial.params]
    assert frame["value"].tolist() == [0.75]
    assert frame["run_id"].isna().all()
    store.close()


@pytest.mark.parametrize("already", [(), ("device", "precision")])
def test_a_store_of_the_first_version_opens_and_keeps_its_trials(
    store_address: str, already: tuple[str, ...]
) -> None:
    trial_id = _enter_a_trial_as_the_first_version_did(store_address, already)
    store = open_store(store_address)
    (row,) = frames.trials_frame(store).to_dict("records")
    assert (row["trial_id"], row["validation_accuracy"], row["seconds"]) == (trial_id, 0.75, 12.5)
    new = ("device", "precision", "flops_per_image", "energy_joules", "notes", "operators")
    assert [row[name] for name in new] == [None] * len(new)
    trials.enter_outcome(store, trial_id, device="cpu", notes=["adapted"])
    (row,) = frames.trials_frame(store).to_dict("records")
    assert (row["device"], row["notes"], row["seconds"]) == ("cpu", ["adapted"], 12.5)
    store.close()


def test_deleting_a_study_deletes_what_we_keep_of_its_trials(store: Store) -> None:
    runs.claim(store, "demo", PARAMETERS, Path("demo"))
    study = _study(store, "demo-grid", run_id="demo")
    trial = study.ask()
    trials.enter_trial(store, trial._trial_id, worker=0)
    trials.enter_epoch(store, trial._trial_id, epoch=1, validation_accuracy=0.5)
    trials.enter_outcome(store, trial._trial_id, {"fit": 1.5}, validation_accuracy=0.5)
    study.tell(trial, 0.5)
    optuna.delete_study(study_name="demo-grid", storage=store.storage)
    for table in ("tunescope_studies", "tunescope_trials", "tunescope_epochs", "tunescope_timings"):
        with store.engine.connect() as connection:
            assert connection.execute(text(f"SELECT count(*) FROM {table}")).scalar() == 0


def test_every_table_of_ours_carries_the_prefix(store: Store) -> None:
    ours = {name for name in inspect(store.engine).get_table_names() if name.startswith(PREFIX)}
    declared = {name for name in metadata.tables if name.startswith(PREFIX)}
    assert ours == declared | {VERSION_TABLE}


def test_a_commit_in_sqlite_is_on_disk_when_it_returns(tmp_path: Path) -> None:
    store = open_store(f"sqlite:///{tmp_path}/trials.db")
    for engine in (store.engine, store.storage.engine):
        with engine.connect() as connection:
            pragmas = [
                connection.execute(text(f"PRAGMA {name}")).scalar()
                for name in ("synchronous", "journal_mode", "foreign_keys")
            ]
        assert pragmas == [2, "wal", 1]
    store.close()


def test_a_store_from_the_future_is_refused(store: Store) -> None:
    with store.engine.begin() as connection:
        connection.execute(text(f"UPDATE {VERSION_TABLE} SET version_num = '9999'"))
    with pytest.raises(StoreError, match=r"revision `9999`.*update Tunescope"):
        open_store(store.url)


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("no url", "is no SQLAlchemy URL"),
        ("sqlite:////proc/nowhere/trials.db", "cannot be written"),
        ("postgresql+psycopg://nobody@127.0.0.1:1/none", "cannot be used"),
    ],
)
def test_a_store_that_cannot_be_used_says_so_in_one_sentence(url: str, message: str) -> None:
    with pytest.raises(StoreError, match=message) as caught:
        open_store(url)
    assert "\n" not in str(caught.value)


def test_a_file_that_is_no_database_says_so(tmp_path: Path) -> None:
    (tmp_path / "trials.db").write_text("not a database at all, but long enough to look like one" * 20)
    with pytest.raises(StoreError, match="cannot be used"):
        open_storage(f"sqlite:///{tmp_path}/trials.db")


class TestRuns:
    def test_a_new_run_is_claimed_and_running(self, store: Store) -> None:
        launch = runs.claim(store, "demo", PARAMETERS, Path("demo"))
        assert (launch.kind, launch.number) == ("new", 1)
        assert runs.get(store, "demo")["state"] == "running"

    def test_a_run_that_is_alive_is_refused(self, store: Store) -> None:
        runs.claim(store, "demo", PARAMETERS, Path("demo"))
        with pytest.raises(RunError, match="is working on that run"):
            runs.claim(store, "demo", PARAMETERS, Path("demo"))

    def test_a_run_whose_process_is_dead_is_interrupted_and_resumed(self, store: Store) -> None:
        _claim_in_a_process_that_dies(store)
        assert runs.get(store, "demo")["state"] == "interrupted"
        launch = runs.claim(store, "demo", PARAMETERS, Path("demo"))
        assert (launch.kind, launch.number) == ("resumed", 2)

    def test_a_run_of_another_host_is_dead_when_its_heartbeat_is_old(self, store: Store) -> None:
        runs.claim(store, "demo", PARAMETERS, Path("demo"))
        runs.relate(store, "demo", host="elsewhere")
        assert runs.get(store, "demo")["state"] == "running"
        runs.relate(store, "demo", heartbeat=now() - timedelta(seconds=20))
        assert runs.get(store, "demo")["state"] == "interrupted"

    def test_a_finished_run_is_repeated_with_its_own_parameters(self, store: Store) -> None:
        runs.claim(store, "demo", PARAMETERS, Path("demo"))
        runs.finish(store, "demo", "finished")
        changed = {**PARAMETERS, "search": {"seed": 1, "max_seconds": 5}}
        assert runs.claim(store, "demo", changed, Path("demo")).kind == "repeated"
        assert runs.get(store, "demo")["parameters"] == PARAMETERS

    def test_a_run_cannot_go_on_with_another_seed_but_with_another_budget(self, store: Store) -> None:
        _claim_in_a_process_that_dies(store)
        with pytest.raises(RunError, match=r"`search.seed` is `2`, but run `demo` was launched with `1`"):
            runs.claim(store, "demo", {"search": {"seed": 2}}, Path("demo"))
        longer = {**PARAMETERS, "search": {"seed": 1, "max_seconds": 600}}
        assert runs.claim(store, "demo", longer, Path("demo")).kind == "resumed"

    def test_an_announced_run_is_claimed_as_new_and_cannot_be_announced_twice(self, store: Store) -> None:
        runs.announce(store, "demo", PARAMETERS, Path("demo"))
        assert runs.get(store, "demo")["state"] == "starting"
        with pytest.raises(RunError, match="choose another"):
            runs.announce(store, "demo", PARAMETERS, Path("demo"))
        assert runs.claim(store, "demo", PARAMETERS, Path("demo")).kind == "new"
        assert runs.get(store, "demo")["state"] == "running"

    def test_a_study_that_was_stopped_goes_on_when_its_run_is_launched_again(self, store: Store) -> None:
        runs.claim(store, "demo", PARAMETERS, Path("demo"))
        study = _study(store, "demo-grid", run_id="demo")
        trials.update_study(store, study._study_id, stopped_because=STOPPED_BY_COMMAND)
        assert trials.was_stopped(store, "demo")
        runs.finish(store, "demo", "stopped")
        runs.claim(store, "demo", PARAMETERS, Path("demo"))
        assert not trials.was_stopped(store, "demo")

    def test_stages_are_kept_with_their_seconds(self, store: Store) -> None:
        launch = runs.claim(store, "demo", PARAMETERS, Path("demo"))
        runs.begin_stage(store, launch, "pack_images")
        assert runs.get(store, "demo")["stage"] == "pack_images"
        runs.end_stage(store, launch, "pack_images")
        assert frames.stages_frame(store, "demo")["seconds"].between(0, 5).all()

    def test_the_heartbeat_signs_while_the_block_runs(
        self, store: Store, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(runs, "HEARTBEAT_SECONDS", 0.01)
        launch = runs.claim(store, "demo", PARAMETERS, Path("demo"))
        before = runs.get(store, "demo")["heartbeat"]
        with runs.heartbeat(store, launch):
            pass
        after = runs.get(store, "demo")
        assert after["heartbeat"] > before
        assert after["seconds"] > 0

    def test_an_unknown_run_is_named(self, store: Store) -> None:
        with pytest.raises(UnknownNameError, match="no run `nobody`"):
            runs.get(store, "nobody")


class TestCommands:
    def test_a_command_is_pending_until_it_is_acknowledged(self, store: Store) -> None:
        runs.claim(store, "demo", PARAMETERS, Path("demo"))
        commands.send(store, "demo", "stop")
        (command,) = commands.pending(store, "demo")
        commands.acknowledge(store, command, "Stopping.")
        assert commands.pending(store, "demo") == []
        assert frames.commands_frame(store, "demo")["outcome"].tolist() == ["Stopping."]

    def test_a_new_launch_does_not_obey_what_was_asked_of_the_last(self, store: Store) -> None:
        _claim_in_a_process_that_dies(store)
        commands.send(store, "demo", "stop")
        runs.claim(store, "demo", PARAMETERS, Path("demo"))
        assert commands.pending(store, "demo") == []

    def test_unknown_commands_and_runs_are_refused(self, store: Store) -> None:
        with pytest.raises(UnknownNameError, match="no command `explode`"):
            commands.send(store, "demo", "explode")  # type: ignore[arg-type]
        with pytest.raises(UnknownNameError, match="no run `nobody`"):
            commands.send(store, "nobody", "stop")


class TestFrames:
    def test_frames_of_an_empty_store_have_columns_and_no_rows(self, store: Store) -> None:
        for frame in (frames.runs_frame, frames.studies_frame, frames.trials_frame, frames.epochs_frame):
            assert len(frame(store)) == 0
            assert len(frame(store).columns) > 5

    def test_a_trial_shows_its_parameters_as_they_were_suggested(self, store: Store) -> None:
        study = _study(store, "demo-tpe", run_id="demo")
        trial = study.ask()
        trial.suggest_categorical("model", ["svm", "cnn"])
        trial.suggest_float("svm.C", 0.1, 10, log=True)
        trial.suggest_int("svm.degree", 1, 5)
        study.tell(trial, 0.9)
        (row,) = frames.trials_frame(store, run_id="demo").to_dict("records")
        assert row["params"] == trial.params
        assert (row["study"], row["strategy"], row["state"], row["value"]) == (
            "demo-tpe",
            "grid",
            "COMPLETE",
            0.9,
        )

    def test_a_trial_shows_what_it_ran_on_and_what_it_cost(self, store: Store) -> None:
        trial = _study(store, "demo-tpe", run_id="demo").ask()
        trials.enter_trial(store, trial._trial_id, worker=0)
        costs = {
            "device": "cuda:0",
            "precision": "bfloat16",
            "batch_size": 128,
            "micro_batch": 64,
            "flops_per_image": 35_127_656_448,  # more than an Integer of PostgreSQL holds
            "peak_flops": 7.9e14,
            "energy_joules": 5123.4,
            "device_memory_bytes": 6 * 2**30,
            "notes": ["1 channel is shown to the network as 3"],
            "operators": [{"name": "aten::mm", "calls": 3, "seconds": 0.5, "share": 0.25}],
        }
        trials.enter_outcome(store, trial._trial_id, **costs)
        (row,) = frames.trials_frame(store).to_dict("records")
        assert {name: row[name] for name in costs} == costs

    def test_nothing_to_note_is_null_in_sql_too(self, store: Store) -> None:
        trial = _study(store, "demo-tpe", run_id="demo").ask()
        trials.enter_trial(store, trial._trial_id, worker=0)
        trials.enter_outcome(store, trial._trial_id, operators=None, notes=[])
        query = text("SELECT count(*) FROM tunescope_trials WHERE operators IS NULL AND notes IS NOT NULL")
        with store.engine.connect() as connection:
            assert connection.execute(query).scalar() == 1

    def test_a_scope_leaves_other_runs_out(self, store: Store) -> None:
        for run_id in ("one", "two"):
            study = _study(store, f"{run_id}-grid", run_id=run_id)
            trial = study.ask()
            trials.enter_trial(store, trial._trial_id, worker=0)
            trials.enter_epoch(store, trial._trial_id, epoch=1)
        assert frames.trials_frame(store, run_id="one")["study"].tolist() == ["one-grid"]
        assert frames.epochs_frame(store, study="two-grid")["study"].tolist() == ["two-grid"]
        assert frames.studies_frame(store, run_id="two")["study"].tolist() == ["two-grid"]

    def test_epochs_are_found_by_the_ids_that_a_frame_gives(self, store: Store) -> None:
        trial = _study(store, "demo-grid", run_id="demo").ask()
        trials.enter_trial(store, trial._trial_id, worker=0)
        trials.enter_epoch(store, trial._trial_id, epoch=1)
        ids = frames.trials_frame(store)["trial_id"].to_numpy()
        assert frames.epochs_frame(store, trial_ids=ids)["epoch"].tolist() == [1]

    def test_what_was_said_of_the_watched_images_is_read_apart_from_the_epochs(self, store: Store) -> None:
        trial = _study(store, "demo-grid", run_id="demo").ask()
        trials.enter_trial(store, trial._trial_id, worker=0)
        trials.enter_epoch(store, trial._trial_id, epoch=1, predictions=None)
        trials.enter_epoch(store, trial._trial_id, epoch=2, predictions=((0, 0.5), (2, 0.999)))
        assert "predictions" not in frames.epochs_frame(store)
        (row,) = live.predictions(store, trial._trial_id)
        assert row["epoch"] == 2
        assert row["predictions"] == [[0, 0.5], [2, 0.999]]

    def test_queued_trials_have_not_begun_and_are_left_out(self, store: Store) -> None:
        study = _study(store, "demo-grid", run_id="demo")
        study.enqueue_trial({"x": 1})
        assert frames.trials_frame(store).empty

    def test_the_best_accuracy_of_a_run_is_that_of_its_complete_trials(self, store: Store) -> None:
        study = _study(store, "demo-grid", run_id="demo")
        assert trials.best_accuracy(store, "demo") is None
        for accuracy, state in (
            (0.9, TrialState.FAIL),
            (0.5, TrialState.COMPLETE),
            (0.4, TrialState.COMPLETE),
        ):
            trial = study.ask()
            trials.enter_trial(store, trial._trial_id, validation_accuracy=accuracy)
            study.tell(trial, accuracy if state == TrialState.COMPLETE else None, state)
        assert trials.best_accuracy(store, "demo") == 0.5

    def test_a_dataset_and_a_device_are_entered_once(self, store: Store) -> None:
        assert trials.enter_device(store, {"cpu": "x"}) == trials.enter_device(store, {"cpu": "x"})
        assert trials.enter_device(store, {"cpu": "y"}) != trials.enter_device(store, {"cpu": "x"})


def _study(store: Store, name: str, run_id: str | None = None) -> optuna.Study:
    study = optuna.create_study(storage=store.storage, study_name=name, direction="maximize")
    if run_id:
        if frames.runs_frame(store).query("run_id == @run_id").empty:
            runs.claim(store, run_id, PARAMETERS, Path(run_id))
        trials.enter_study(store, study._study_id, run_id, "grid", "accuracy", {})
    return study


def _enter_a_trial_as_the_first_version_did(url: str, already: tuple[str, ...]) -> int:
    """A store at revision 0001 with one trial; ``already`` are columns that a broken upgrade left in it."""
    storage = optuna.storages.RDBStorage(url)
    study = optuna.create_study(storage=storage, study_name="old", direction="maximize")
    trial = study.ask()
    study.tell(trial, 0.75)
    with storage.engine.begin() as connection:
        command.upgrade(configuration(connection), "0001")
        connection.execute(
            text(
                "INSERT INTO tunescope_trials (trial_id, validation_accuracy, seconds) VALUES (:id, :a, :s)"
            ),
            {"id": trial._trial_id, "a": 0.75, "s": 12.5},
        )
        for name in already:
            connection.execute(text(f"ALTER TABLE tunescope_trials ADD COLUMN {name} VARCHAR(40)"))
    storage.remove_session()
    storage.engine.dispose()
    return trial._trial_id


def _claim_in_a_process_that_dies(store: Store) -> None:
    code = (
        "import sys; from pathlib import Path; from tunescope.store import open_store, runs;"
        f"runs.claim(open_store(sys.argv[1]), 'demo', {PARAMETERS!r}, Path('demo'))"
    )
    subprocess.run([sys.executable, "-c", code, store.url], check=True, env=os.environ)


def test_the_newest_revision_is_the_one_that_stores_are_brought_to(store: Store) -> None:
    with store.engine.connect() as connection:
        scripts = ScriptDirectory.from_config(configuration(connection))
    assert scripts.get_current_head() == HEAD == current(store)


def test_a_store_of_the_version_before_gets_what_is_new(store: Store) -> None:
    with store.engine.begin() as connection:
        command.downgrade(configuration(connection), "-1")
    assert current(store) != HEAD
    again = open_store(store.url)
    assert current(again) == HEAD
    assert annotations.all_annotations(again) == {}
    again.close()
