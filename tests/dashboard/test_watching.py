"""What all pages of a run share, and the parts that only the page of a run has."""

import json
import shutil
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import optuna
import pytest
from dash_client import Answer, Browser
from dashboard_samples import Samples
from sqlalchemy import update

from dashboard import connection, watching
from dashboard.app import create_app
from dashboard.components.run_commands import ask_once
from dashboard.components.run_figures import time_left_in_words
from dashboard.components.run_log import news
from dashboard.run_view import run_view
from dashboard.watching import Audience, Paced, Watch
from tunescope.store import Store, commands, frames, resources, runs
from tunescope.store import trials as trial_rows
from tunescope.store.schema import now, trials


@pytest.fixture
def samples(store: Store, tmp_path: Path) -> Samples:
    samples = Samples(store, tmp_path)
    samples.run("signs", trials=4, stages=3, strategies=["grid"])
    return samples


@pytest.fixture
def browser(store: Store, samples: Samples) -> Browser:
    return Browser(create_app(store.url))


def here_of(store: Store) -> connection.Connection:
    return connection.of(create_app(store.url).server)


def poll(browser: Browser, **values: Any) -> Answer:
    sent = {"run-id.data": "signs", "run-poll.interval": 900}
    sent |= {name.replace("__", "."): value for name, value in values.items()}
    return browser.call("run-state.children", sent, "run-poll.n_intervals")


# ---- one look for all ----


def test_pages_that_ask_within_a_moment_share_one_look(
    store: Store, samples: Samples, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watching, "_FRESH_SECONDS", 60.0)
    looks: list[str] = []
    watch = Watch(here_of(store), "signs", lambda view: looks.append(view.state) or {"state": view.state})
    assert watch.look()[1]["state"] is watch.look()[1]["state"]
    assert looks == ["running"]
    samples.finish("signs")
    assert watch.look()[0].state == "running"
    watch.expire()
    assert watch.look()[0].state == "finished"


def test_a_costly_part_is_made_once_until_it_would_differ() -> None:
    paced, made = Paced(), list[int]()

    def look(made_from: int) -> None:
        paced.current(made_from, lambda: made.append(made_from))

    for made_from in (1, 1, 2, 2, 1):
        look(made_from)
    assert made == [1, 2, 1]


def test_what_costs_much_is_made_seldom(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watching, "_SHARE", 1e-12)
    paced = Paced()
    shown = [paced.current(name, name.upper).content for name in ("a", "b", "c")]
    assert shown == ["A", "A", "A"]


def test_an_audience_is_counted_by_how_often_its_pages_ask(monkeypatch: pytest.MonkeyPatch) -> None:
    at = 0.0
    monkeypatch.setattr(watching.time, "monotonic", lambda: at)
    audience = Audience()
    for pages, pace in ((1, 1.0), (20, 1.0), (20, 3.0), (1, 1.0)):
        for _ in range(12 * pages):
            at += pace / pages
            counted = audience.ask(pace)
        assert abs(counted - pages) <= 1


def test_pages_that_ask_at_the_same_moment_are_counted_in_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watching, "_COUNTED_SECONDS", 0.002)
    audience, interval = Audience(), sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        with ThreadPoolExecutor(4) as pages:
            counted = list(pages.map(audience.ask, [1e-4] * 4_000))
    finally:
        sys.setswitchinterval(interval)
    assert len(counted) == 4_000


def test_a_crowd_asks_more_seldom_and_is_told_the_same_for_longer(store: Store) -> None:
    watch = Watch(here_of(store), "signs", lambda view: {"state": view.state})
    assert watch.crowd(0.9) == 1
    for _ in range(100):
        crowd = watch.crowd(0.9)
    assert crowd >= 2


def test_nothing_is_read_of_a_store_that_nobody_wrote_to(store: Store, samples: Samples) -> None:
    here = here_of(store)
    first = run_view(here, "signs")
    assert run_view(here, "signs", first).trials is first.trials
    samples.running("signs-grid")
    assert len(run_view(here, "signs", first).trials) == len(first.trials) + 1


def test_a_view_says_what_the_trials_came_to(store: Store, samples: Samples) -> None:
    samples.running("signs-grid", epochs=3)
    view = run_view(here_of(store), "signs")
    assert view.tally is not None
    assert (view.tally.ended, view.tally.running, view.tally.by_study) == (4, 1, {"signs-grid": 4})
    assert view.best is not None
    assert view.best["validation_accuracy"] == view.tally.best
    assert [latest["epoch"] for latest in view.epochs.values()] == [3]


# ---- time left ----


def test_time_left_says_what_it_is_taken_from(store: Store, samples: Samples) -> None:
    here = here_of(store)
    # 4 trials in 10 seconds; 40 are allowed, and 180 seconds.
    value, basis = time_left_in_words(run_view(here, "signs"))
    assert value == "1 min 30 s"
    assert basis == "by the number of trials, 2.5 s a trial so far"
    runs.change_search(store, "signs", {"max_seconds": 40.0, "target_accuracy": 0.99})
    value, basis = time_left_in_words(run_view(here, "signs"))
    assert value == "30 s"
    assert basis == "by the time limit; sooner at 99.0%"
    runs.change_search(store, "signs", {"max_seconds": None, "max_trials": None})
    assert time_left_in_words(run_view(here, "signs"))[0] != "30 s"


# ---- asking ----


def test_a_double_click_asks_once(browser: Browser, store: Store) -> None:
    with browser.client.application.app_context():
        for _ in range(2):
            ask_once(store, "signs", "stop", {"finish_trials": True})
    assert [one.argument for one in commands.pending(store, "signs")] == [{"finish_trials": True}]


def test_the_opposite_may_be_asked_at_once_and_the_same_again(browser: Browser, store: Store) -> None:
    with browser.client.application.app_context():
        for name in ("pause", "resume", "resume", "pause"):
            ask_once(store, "signs", name)
    assert [one.name for one in commands.pending(store, "signs")] == ["pause", "resume", "pause"]


def test_a_command_and_its_answer_stand_at_the_top_of_every_page(browser: Browser, store: Store) -> None:
    assert poll(browser).outputs["run-answers"]["children"] is None
    commands.send(store, "signs", "workers", {"count": 2})
    asked = poll(browser)
    assert "waits for the search" in asked.text("run-answers")
    # What waits for an answer is looked for oftener.
    assert asked.outputs["run-poll"]["interval"] < 900
    commands.acknowledge(store, commands.pending(store, "signs")[0], "2 workers from now on.")
    assert "2 workers from now on." in poll(browser).text("run-answers")


def test_a_patient_stop_leaves_the_hard_one_to_be_asked(browser: Browser, store: Store) -> None:
    commands.send(store, "signs", "stop", {"finish_trials": True})
    actions = json.loads(poll(browser).text("run-actions"))
    disabled = {one["props"]["id"]: one["props"].get("disabled") for one in actions}
    assert disabled == {"run-pause": True, "run-enqueue": True, "run-limits": True, "run-stop": False}


# ---- log ----


def test_only_new_lines_of_a_log_are_sent(tmp_path: Path) -> None:
    log = tmp_path / "run.log"
    log.write_text("one\ntwo\nthr")
    first = news(tmp_path, None)
    assert first is not None
    assert first.lines == {"start": True, "text": "one\ntwo\n"}
    assert news(tmp_path, first.place) is None
    log.write_text("one\ntwo\nthree\n")
    second = news(tmp_path, first.place)
    assert second is not None
    assert second.lines == {"start": False, "text": "three\n"}
    assert news(tmp_path, second.place) is None


def test_of_a_long_log_the_end_is_sent_and_a_new_one_begins_anew(tmp_path: Path) -> None:
    log = tmp_path / "launch.log"
    log.write_text("a line of a log\n" * 10_000)
    long = news(tmp_path, None)
    assert long is not None
    assert len(long.lines["text"]) < 50_000
    assert long.lines["text"].startswith("a line")
    (tmp_path / "run.log").write_text("begun\n")
    begun = news(tmp_path, long.place)
    assert begun is not None
    assert begun.lines == {"start": True, "text": "begun\n"}


def test_a_process_that_died_at_its_first_word_is_heard(tmp_path: Path) -> None:
    (tmp_path / "launch.log").write_text("no module named kedro")
    said = news(tmp_path, None)
    assert said is not None
    assert said.lines["text"] == "no module named kedro"


# ---- states ----


def test_an_interrupted_run_says_what_happened_and_can_be_resumed(
    browser: Browser, samples: Samples, store: Store
) -> None:
    runs.begin_stage(store, runs.Launch("signs", 1, "new"), "grid.search_models")
    samples.kill("signs")
    shown = poll(browser)
    assert "ended without a word during search with grid, just now" in shown.text("run-notice")
    assert "the 4 trials that have ended stay" in shown.text("run-notice")
    assert "run-resume" in shown.text("run-actions")


def test_an_interrupted_run_names_a_full_disk(
    browser: Browser, samples: Samples, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=4096))
    assert "room" not in poll(browser).text("run-notice")
    samples.kill("signs")
    assert "has room for 4 kB, which may be why: make room first" in poll(browser).text("run-notice")


def test_a_run_whose_process_hangs_says_since_when(browser: Browser, samples: Samples, store: Store) -> None:
    runs.relate(store, "signs", heartbeat=now() - timedelta(seconds=90), seconds=75.0)
    shown = poll(browser)
    # On a busy machine the page comes some seconds later.
    assert "was last heard of 1 min 3" in shown.text("run-notice")
    assert "No sign of life" in shown.text("run-state")
    assert "Running" not in shown.text("run-state")
    tiles = shown.text("run-tiles")
    assert "1 min 15 s" in tiles  # not the silence as well
    assert "nobody knows" in tiles


def test_the_winner_is_a_click_from_its_page_and_from_a_photo(browser: Browser, samples: Samples) -> None:
    samples.finish("signs")
    notice = poll(browser).text("run-notice")
    assert "/trials/signs-grid/" in notice
    assert "/predict?study=signs-grid&trial=" in notice


def test_a_stopped_run_offers_what_it_found(browser: Browser, samples: Samples, store: Store) -> None:
    runs.finish(store, "signs", "stopped", "stopped by command")
    before = poll(browser)
    assert "run-resume" in before.text("run-actions")
    assert "report" not in before.text("run-actions")
    samples.finish("signs")
    runs.finish(store, "signs", "stopped", "stopped by command")
    shown = poll(browser)
    assert "/reports?run=signs" in shown.text("run-actions")
    assert "run-resume" in shown.text("run-actions")
    assert "The winner so far is" in shown.text("run-notice")
    assert "/predict?study=signs-grid&trial=" in shown.text("run-notice")


def test_stages_that_are_to_come_are_named(browser: Browser) -> None:
    stages = poll(browser).text("run-stages")
    for title in ("Prepare the images", "Search with grid", "Measure the winner", "Write the report"):
        assert title in stages


def test_each_worker_says_what_it_trains_and_how_far(
    browser: Browser, samples: Samples, store: Store
) -> None:
    runs.change_search(store, "signs", {"workers": 2})
    samples.running("signs-grid", epochs=3)
    workers = poll(browser).text("run-workers")
    assert '"grid #4"' in workers
    assert "run-prune" in workers
    assert "waits for a trial" in workers


def test_of_equal_trials_the_best_is_the_one_that_would_win(
    browser: Browser, samples: Samples, store: Store
) -> None:
    samples.study("signs", "tpe", 2)
    second = frames.trials_frame(store, study="signs-tpe")["trial_id"].iloc[0]
    with store.engine.begin() as connection:
        connection.execute(update(trials).values(validation_accuracy=0.9, log_loss=0.5))
        connection.execute(update(trials).values(log_loss=0.1).where(trials.c.trial_id == int(second)))
    assert "tpe #0" in poll(browser).text("run-tiles")


def test_the_use_of_a_gpu_stands_beside_that_of_the_machine(
    browser: Browser, samples: Samples, store: Store
) -> None:
    gpus = [{"name": "NVIDIA T4", "memory_bytes": 16 * 10**9}]
    machine = trial_rows.enter_device(store, {"cpu": "any", "cores": 4, "gpus": gpus, "cuda": "13.0"})
    runs.relate(store, "signs", device_id=machine)
    used = [{"name": "NVIDIA T4", "utilization": 83.0, "memory_bytes": 7_300_000_000}]
    resources.note(store, "signs", 150.0, 2 * 10**9, used)
    shown = poll(browser).text("run-usage")
    for part in ("1.5 of 4 cores", "2.0 GB", "NVIDIA T4", "83%", "7.3 GB of 16.0 GB"):
        assert part in shown


def test_a_trial_whose_configuration_is_being_chosen_begins(
    browser: Browser, samples: Samples, store: Store
) -> None:
    study = optuna.load_study(study_name="signs-grid", storage=store.storage)
    trial_rows.enter_trial(store, study.ask()._trial_id, worker=0, seed=0, folder="")
    workers = poll(browser).text("run-workers")
    assert "begins" in workers
    assert "unknown" not in workers


def test_workers_are_listed_though_nobody_said_how_many(
    browser: Browser, samples: Samples, store: Store
) -> None:
    machine = trial_rows.enter_device(store, {"cpu": "any", "cores": 3, "gpus": [], "cuda": None})
    runs.relate(store, "signs", device_id=machine)
    samples.running("signs-grid", epochs=3)
    workers = poll(browser).text("run-workers")
    assert workers.count("waits for a trial") == 2
    assert "Worker 2" in workers


def test_a_run_that_is_on_its_way_again_trains_nothing_yet(
    browser: Browser, samples: Samples, store: Store
) -> None:
    runs.begin_stage(store, runs.Launch("signs", 1, "new"), "grid.search_models")
    samples.running("signs-grid", epochs=3)
    samples.kill("signs")
    runs.announce_again(store, "signs")
    shown = poll(browser)
    assert "No worker trains yet" in shown.text("run-workers")
    assert "step-running" not in shown.text("run-stages")
    assert "1\N{NO-BREAK SPACE}running" not in shown.text("run-tiles")


def test_a_search_that_was_killed_has_lasted_until_it_was_last_heard_of(
    browser: Browser, samples: Samples, store: Store
) -> None:
    runs.begin_stage(store, runs.Launch("signs", 1, "new"), "grid.search_models")
    runs.relate(store, "signs", heartbeat=now() + timedelta(seconds=75))
    samples.kill("signs")
    assert "1 min 15 s" in poll(browser).text("run-stages")


def test_a_trial_that_failed_says_why_among_the_latest(
    browser: Browser, samples: Samples, store: Store
) -> None:
    samples.running("signs-grid")
    trial_rows.enter_outcome(store, 5, reason="its worker process died")
    study = optuna.load_study(study_name="signs-grid", storage=store.storage)
    study.tell(4, state=optuna.trial.TrialState.FAIL)
    assert "trial-reason" in poll(browser).text("run-recent")


# ---- predictions ----


def test_predictions_of_the_trial_in_training_are_sent_epoch_by_epoch(
    browser: Browser, samples: Samples, store: Store
) -> None:
    before = poll(browser)
    assert before.outputs["run-watched"]["data"] is None
    assert "is-unwatched" in before.outputs["run-body"]["className"]
    samples.running("signs-grid", epochs=0)
    for epoch in (1, 2):
        trial_rows.enter_epoch(store, 5, epoch=epoch, validation_accuracy=0.5, predictions=[[3, 0.51234]])
    answer = poll(browser)
    data = answer.outputs["run-watched"]["data"]
    assert (data["trial"], data["epochs"], data["answers"]) == ("signs-grid/4", [1, 2], [[[3, 0.512]]] * 2)
    assert "in training" in answer.text("run-watch", "options")
    assert "is-unwatched" not in answer.outputs["run-body"]["className"]
    other = poll(browser, **{"run-watch__value": "signs-grid/0"})
    assert other.outputs["run-watched"]["data"] is None
