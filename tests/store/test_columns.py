"""The columns say what the store says, whatever happens to it."""

import math
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import optuna
import pandas as pd
import pytest
from dashboard_samples import Samples, fill
from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution
from optuna.trial import TrialState, create_trial

from tunescope.store import Store, annotations, frames, open_store, runs
from tunescope.store.columns import TrialTable, following
from tunescope.store.selection import TrialFilter

ALL = TrialFilter()


@pytest.fixture(autouse=True)
def _always_look(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(following, "_FRESH_SECONDS", 0.0)


@pytest.fixture(scope="module")
def samples(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Samples]:
    folder = tmp_path_factory.mktemp("samples")
    url = f"sqlite:///{folder / 'trials.db'}"
    filled = fill(open_store(url), folder)
    # What a running trial has chosen is written within a second, or when the store is closed.
    filled.store.close()
    filled.store = open_store(url)
    yield filled
    filled.store.close()


@pytest.fixture(scope="module")
def table(samples: Samples) -> TrialTable:
    return TrialTable(samples.store).refresh()


def study_of(store: Store, name: str = "plain", **options: Any) -> optuna.Study:
    return optuna.create_study(study_name=name, storage=store.storage, **options)


def finished(value: float = 0.5, **params: Any) -> optuna.trial.FrozenTrial:
    kinds = {int: IntDistribution(-100, 100), float: FloatDistribution(-1e9, 1e9)}
    distributions = {
        name: kinds.get(type(given)) or CategoricalDistribution([given, "another"])
        for name, given in params.items()
    }
    return create_trial(params=params, distributions=distributions, value=value)


def same(table: TrialTable, store: Store) -> None:
    """What a frame of the store holds, the columns hold."""
    expected, found = frames.trials_frame(store), table.refresh().frame(ALL, params=True)
    assert found["trial_id"].tolist() == expected["trial_id"].tolist()
    for name in ("study", "number", "params", "value", "strategy", "dataset", "validation_accuracy"):
        assert [_plain(value) for value in found[name]] == [_plain(value) for value in expected[name]], name


def _plain(value: Any) -> Any:
    """One word for what is missing, however a frame says so."""
    return value if isinstance(value, dict | list) or not pd.isna(value) else None


class TestReading:
    """What was read is what the store holds."""

    def test_the_columns_hold_what_the_frames_hold(self, table: TrialTable, samples: Samples) -> None:
        same(table, samples.store)
        found = table.frame(ALL)
        expected = frames.trials_frame(samples.store)
        numbers = ("seconds", "epochs", "weights", "log_loss", "energy_joules", "peak_memory_bytes", "worker")
        for name in numbers:
            assert found[name].astype(float).equals(expected[name].astype(float)), name
        assert found["start"].tolist() == expected["start"].tolist()

    def test_a_trial_that_nobody_trains_any_more_is_interrupted(self, store: Store, tmp_path: Any) -> None:
        samples = Samples(store, tmp_path)
        samples.run("signs", trials=1, strategies=["grid"])
        samples.running("signs-grid")
        table = TrialTable(store).refresh()
        assert dict(table.options("state"))["RUNNING"] == 1
        runs.finish(store, "signs", "failed", "it broke")
        assert dict(table.refresh().options("state"))["INTERRUPTED"] == 1

    def test_so_is_one_of_an_earlier_launch(self, store: Store, tmp_path: Any) -> None:
        samples = Samples(store, tmp_path)
        samples.run("signs", trials=1, strategies=["grid"])
        samples.running("signs-grid")
        samples.kill("signs")
        parameters = runs.get(store, "signs")["parameters"]
        runs.announce_again(store, "signs")
        table = TrialTable(store).refresh()
        assert dict(table.options("state"))["INTERRUPTED"] == 1
        runs.claim(store, "signs", parameters, tmp_path)
        samples.running("signs-grid")
        states = dict(table.refresh().options("state"))
        assert (states["INTERRUPTED"], states["RUNNING"]) == (1, 1)

    def test_timings_are_those_of_the_store(self, table: TrialTable, samples: Samples) -> None:
        expected = frames.timings_frame(samples.store)
        found = table.timings(ALL)
        assert len(found) == len(expected)
        assert found["seconds"].sum() == pytest.approx(expected["seconds"].sum())

    def test_a_plain_study_of_optuna_tells_its_own_times(self, store: Store) -> None:
        study = study_of(store)
        study.optimize(lambda trial: trial.suggest_float("x", 0, 1), n_trials=3)
        frame = TrialTable(store).refresh().frame(ALL)
        assert (frame["seconds"] >= 0).all()
        assert frame["validation_accuracy"].isna().all()
        assert frame["value"].tolist() == [trial.value for trial in study.trials]

    def test_odd_values_are_kept(self, store: Store) -> None:
        study = study_of(store, directions=["maximize", "minimize"])
        study.add_trial(
            create_trial(
                params={"Case": 1.5, "case": "a", "kind": True, "x" * 500: 3},
                distributions={
                    "Case": FloatDistribution(0, 2),
                    "case": CategoricalDistribution(["a", "<b>"]),
                    "kind": CategoricalDistribution([True, None, 2]),
                    "x" * 500: IntDistribution(0, 5),
                },
                values=[math.inf, -math.inf],
                user_attrs={"note": "<script>", "list": [1, 2], "number": 3.5, 'quo"te': "x"},
            )
        )
        study.add_trial(finished_several())
        table = TrialTable(store).refresh()
        row = table.page(ALL)[-1]
        assert (row["param:Case"], row["param:case"], row["param:kind"]) == (1.5, "a", "yes")
        assert (row["value"], row["value:1"]) == (math.inf, -math.inf)
        assert row["attr:list"] == "[1, 2]"
        assert row["attr:number"] == 3.5
        assert table.frame(ALL, params=True)["params"].iloc[0]["x" * 500] == 3
        assert table.arrow(ALL).read_all().num_rows == 2

    def test_a_parameter_may_be_a_number_here_and_a_name_there(self, store: Store) -> None:
        study_of(store, "one").add_trial(finished(width=0.25))
        study_of(store, "two").add_trial(finished(width="auto"))
        table = TrialTable(store).refresh()
        assert table.count(TrialFilter.from_query("?param:width=auto")) == 1
        assert table.count(TrialFilter.from_query("?param:width=0.2..0.3")) == 1
        assert table.count(TrialFilter.from_query("?param:width=0.25&param:width=auto")) == 2
        assert dict(table.options("param:width")) == {"auto": 1, "0.25": 1}

    def test_two_hundred_parameters_are_two_hundred_columns(self, store: Store) -> None:
        study_of(store).add_trial(finished(**{f"p{index}": float(index) for index in range(200)}))
        table = TrialTable(store).refresh()
        assert len(table.frame(ALL, params=True)["params"].iloc[0]) == 200
        assert table.count(TrialFilter.from_query("?param:p199=198..200")) == 1


def finished_several() -> optuna.trial.FrozenTrial:
    return create_trial(values=[0.5, 2.0])


class TestFollowing:
    """What changes in the store changes here."""

    def test_new_trials_of_old_and_new_studies_are_read(self, store_address: str) -> None:
        store = open_store(store_address)
        study = study_of(store)
        study.add_trial(finished(x=1.0))
        table = TrialTable(store).refresh()
        version = table.version
        assert table.refresh().version == version
        study.add_trial(finished(x=2.0, depth=3))
        study_of(store, "other").add_trial(finished(kernel="rbf"))
        same(table, store)
        assert table.version != version
        store.close()

    def test_records_are_the_rows_of_a_frame(self, samples: Samples, table: TrialTable) -> None:
        ids = table.ids(ALL)
        frame = table.frame(ALL, params=True)
        expected = [
            {str(name): _plain(value) for name, value in row.items()} for row in frame.to_dict("records")
        ]
        assert table.records(reversed(ids)) == expected

    def test_a_running_trial_that_stays_as_it_was_is_no_change(self, store: Store) -> None:
        study = study_of(store)
        study.ask()
        table = TrialTable(store).refresh()
        before = table.version
        study_of(store, "another")  # something was written
        table.refresh()
        changed = table.version
        store.storage.set_study_user_attr(study._study_id, "nothing", "of trials")
        assert table.refresh().version == changed != before

    def test_a_running_trial_is_read_again_until_it_has_ended(self, store: Store) -> None:
        study = study_of(store)
        trial = study.ask()
        table = TrialTable(store).refresh()
        assert dict(table.options("state")) == {"RUNNING": 1}
        x = trial.suggest_float("x", 0, 1)
        same(table, store)
        study.tell(trial, x)
        assert dict(table.refresh().options("state")) == {"COMPLETE": 1}
        same(table, store)

    def test_a_queued_trial_appears_when_it_begins(self, store: Store) -> None:
        study = study_of(store)
        study.enqueue_trial({"x": 0.5})
        table = TrialTable(store).refresh()
        assert (table.total, table.count(ALL)) == (0, 0)
        study.ask()
        assert (table.refresh().total, table.count(ALL)) == (1, 1)

    def test_a_deleted_study_is_gone_and_its_ids_may_come_back(self, store: Store) -> None:
        kept, lost = study_of(store, "kept"), study_of(store, "lost")
        kept.add_trial(finished(x=1.0))
        lost.add_trials([finished(x=2.0), finished(x=3.0)])
        table = TrialTable(store).refresh()
        optuna.delete_study(study_name="lost", storage=store.storage)
        same(table, store)
        again = study_of(store, "lost")
        again.add_trials([finished(x=float(index)) for index in range(3)])
        same(table, store)

    def test_a_study_made_anew_between_two_looks_is_read_anew(self, store: Store) -> None:
        study_of(store).add_trials([finished(x=1.0), finished(x=2.0)])
        table = TrialTable(store).refresh()
        optuna.delete_study(study_name="plain", storage=store.storage)
        time.sleep(0.01)
        study_of(store).add_trials([finished(x=7.0), finished(x=8.0), finished(x=9.0)])
        same(table, store)

    def test_the_newest_trials_are_there_before_all_are_read(
        self, store: Store, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(following, "_FIRST", 2)
        study_of(store).add_trials([finished(x=float(index)) for index in range(10)])
        table = TrialTable(store).refresh(enough=2)
        assert (table.total, table.count(ALL)) == (10, 2)
        assert [row["param:x"] for row in table.page(ALL, 0, 2)] == [9.0, 8.0]
        assert table.refresh().count(ALL) == 10

    def test_many_threads_read_together(self, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(following, "_FIRST", 2)
        monkeypatch.setattr(following, "_PIECE", 3)
        study_of(store).add_trials([finished(x=float(index)) for index in range(40)])
        table, counts = TrialTable(store), []
        threads = [
            threading.Thread(target=lambda: counts.append(table.refresh().count(ALL))) for _ in range(6)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert counts == [40] * 6

    def test_reading_leaves_the_journal_of_the_file_as_it_is(self, tmp_path: Any) -> None:
        store = open_store(f"sqlite:///{tmp_path}/trials.db")
        study_of(store).add_trial(finished(x=1.0))
        with store.reader.connect() as connection, pytest.raises(Exception, match="readonly"):
            connection.exec_driver_sql("DELETE FROM trials")
        store.close()


class TestFiltering:
    """A filter over the columns leaves what it should."""

    def test_an_empty_filter_leaves_every_trial_newest_first(self, table: TrialTable) -> None:
        ids = table.ids(ALL)
        assert ids == sorted(ids, reverse=True)
        assert len(ids) == table.count(ALL) == table.total

    def test_names_ranges_and_words_all_must_fit(self, table: TrialTable) -> None:
        chosen = TrialFilter.from_query(
            "?model=cnn&state=COMPLETE&validation_accuracy=0.6..&q=LEARNING_rate+signs-finished"
        )
        rows = table.page(chosen)
        assert 0 < len(rows) < table.total
        assert {row["model"] for row in rows} == {"cnn"}
        assert {row["run_id"] for row in rows} == {"signs-finished"}
        assert min(row["validation_accuracy"] for row in rows) >= 0.6

    def test_ranges_of_one_field_are_alternatives(self, table: TrialTable) -> None:
        low, high = table.extent("validation_accuracy") or (0.0, 0.0)
        outer = TrialFilter().with_bounds("validation_accuracy", [(None, low), (high, None)])
        assert {row["validation_accuracy"] for row in table.page(outer)} == {low, high}

    def test_a_word_is_no_pattern_and_sql_is_only_a_word(self, table: TrialTable) -> None:
        assert table.count(TrialFilter(text="(.*")) == 0
        assert table.count(TrialFilter(text="' OR 1=1 --")) == 0
        assert table.count(TrialFilter.from_query('?param:x"; DROP TABLE rows; --=1..2')) == 0
        assert table.count(TrialFilter(text="hog")) > 0

    def test_trials_are_sorted_as_asked_with_missing_values_last(self, table: TrialTable) -> None:
        values = [row["param:svm.C"] for row in table.page(TrialFilter(sort=("-param:svm.C", "seconds")))]
        known = [value for value in values if value is not None]
        assert known == sorted(known, reverse=True)
        assert values[: len(known)] == known
        assert len(known) < len(values)

    def test_blocks_follow_one_another(self, table: TrialTable) -> None:
        chosen = TrialFilter(sort=("model",))
        ids = [row["trial_id"] for start in range(0, 40, 7) for row in table.page(chosen, start, start + 7)]
        assert ids == table.ids(chosen)

    def test_picked_trials_are_those_that_pass_too(self, table: TrialTable) -> None:
        svm = next(row["trial_id"] for row in table.page(ALL) if row["model"] == "svm")
        cnn = next(row["trial_id"] for row in table.page(ALL) if row["model"] == "cnn")
        chosen = TrialFilter(picked=(svm, cnn)).with_values("model", ["svm"])
        assert table.ids(chosen) == [svm]

    def test_a_sample_holds_the_best_and_no_more_than_asked(self, store: Store) -> None:
        study_of(store).add_trials([finished(float(index % 50), x=float(index)) for index in range(300)])
        table = TrialTable(store).refresh()
        frame = table.frame(ALL, params=True, most=30, best="-value")
        assert len(frame) <= 30
        assert (frame["value"] == 49).sum() == 6
        assert frame["trial_id"].is_monotonic_increasing

    def test_a_run_is_summed_up_as_its_trials_are(self, table: TrialTable, samples: Samples) -> None:
        trials = frames.trials_frame(samples.store, run_id="signs-finished")
        sums = table.tallies().set_index("run_id").loc["signs-finished"]
        assert sums["ended"] == len(trials)
        assert sums["best"] == trials[trials["state"] == "COMPLETE"]["validation_accuracy"].max()
        best = trials.set_index("trial_id").loc[sums["best_trial"]]
        assert (best["state"], best["validation_accuracy"]) == ("COMPLETE", sums["best"])

    def test_a_run_is_summed_up_study_by_study(self, table: TrialTable, samples: Samples) -> None:
        trials = frames.trials_frame(samples.store, run_id="signs-running")
        sums = table.study_tallies("signs-running").set_index("study")
        for study, own in trials.groupby("study"):
            counts = own["state"].value_counts()
            assert sums.loc[study, "running"] == counts.get("RUNNING", 0)
            assert sums.loc[study, "ended"] == len(own) - counts.get("RUNNING", 0)
            assert sums.loc[study, "newest"] == own["trial_id"].max()

    def test_the_newest_trials_of_a_run_come_first_and_none_in_training_is_left_out(
        self, table: TrialTable, samples: Samples
    ) -> None:
        own = frames.trials_frame(samples.store, run_id="signs-running")
        newest = sorted(own["trial_id"], reverse=True)
        assert table.newest("signs-running", 3) == newest[:3]
        (running,) = own[own["state"] == "RUNNING"]["trial_id"]
        assert running in table.newest("signs-running", 0)

    def test_a_first_trial_in_training_is_not_taken_for_one_that_was_left(
        self, store: Store, tmp_path: Path
    ) -> None:
        samples = Samples(store, tmp_path)
        samples.run("signs", trials=2, strategies=["grid"])
        table = TrialTable(store).refresh()
        samples.running("signs-grid")
        assert table.refresh().frame(ALL)["state"].tolist()[-1] == "RUNNING"

    def test_some_fields_are_read_as_the_whole_frame_has_them(self, table: TrialTable) -> None:
        whole = table.frame(ALL, params=True)
        some = table.columns(ALL, ("trial_id", "model", "param:cnn.epochs", "param:gone"))
        assert some["trial_id"].tolist() == whole["trial_id"].tolist()
        epochs = [params.get("cnn.epochs") for params in whole["params"]]
        assert [None if pd.isna(one) else one for one in some["param:cnn.epochs"]] == epochs
        assert some["param:gone"].isna().all()

    def test_trials_that_lack_what_must_be_known_are_left_out(self, table: TrialTable) -> None:
        deep = table.columns(ALL, ("model",), known=[("param:cnn.epochs", "param:gone"), ("seconds",)])
        assert set(deep["model"]) == {"cnn"}
        assert table.columns(ALL, ("model",), known=[("param:gone",)]).empty


@pytest.fixture
def store(tmp_path: Any) -> Iterator[Store]:
    store = open_store(f"sqlite:///{tmp_path / 'trials.db'}")
    yield store
    store.close()


def test_a_trial_state_of_optuna_is_known_by_its_name(store: Store) -> None:
    study = study_of(store)
    study.add_trial(create_trial(state=TrialState.FAIL))
    assert TrialTable(store).refresh().page(ALL)[0]["state"] == "FAIL"


def test_what_a_trial_reported_is_read_with_its_infinities(store: Store) -> None:
    study = study_of(store)
    trial = study.ask()
    for step, value in enumerate((0.5, math.inf, math.nan)):
        trial.report(value, step)
    trial.set_user_attr("host", {"name": "a"})
    study.tell(trial, 1.0)
    frame = frames.reports_frame(store, [trial._trial_id])
    assert frame["step"].tolist() == [0, 1, 2]
    assert frame["value"].tolist()[:2] == [0.5, math.inf]
    assert math.isnan(frame["value"].iloc[2])
    assert frames.attributes_frame(store, [trial._trial_id])["value"].tolist() == [{"name": "a"}]
    assert frames.attributes_frame(store, []).empty
    assert frames.reports_frame(store, []).empty


def test_stars_tags_and_notes_are_columns_too(store: Store) -> None:
    study_of(store).add_trials([finished(x=1.0), finished(x=2.0)])
    table = TrialTable(store).refresh()
    annotations.annotate(store, 2, is_starred=True, tags=["to ship", "blurred", "to ship"], note="Look Again")
    table.refresh()
    for query in ("?starred=yes", "?tags=blurred", "?tags=to+ship&tags=other", "?q=look", "?q=ship"):
        assert table.ids(TrialFilter.from_query(query)) == [2], query
    assert dict(table.options("tags")) == {"to ship": 1, "blurred": 1}
    annotations.annotate(store, 2, is_starred=False, tags=[])
    assert table.refresh().count(TrialFilter.from_query("?starred=yes")) == 0
    assert table.page(ALL)[0]["note"] == "Look Again"
