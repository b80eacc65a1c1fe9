"""Every page in every state, as the browser gets it."""

from pathlib import Path

import pytest
from dash import Dash
from dash_client import Browser
from dashboard_samples import MARKED, Samples, tree

from dashboard.app import create_app
from dashboard.reading import prepared
from tunescope.store import Store, frames, runs, trials


@pytest.fixture(scope="module")
def browser(app: Dash) -> Browser:
    return Browser(app)


def poll_run(browser: Browser, run_id: str, **state: object) -> str:
    values = {"run-id.data": run_id, "run-poll.interval": 1000, **state}
    return str(browser.call("run-state.children", values, "run-poll.n_intervals").outputs)


def test_an_empty_store_shows_the_way_in(store: Store) -> None:
    shown = Browser(create_app(store.url)).show("/")
    assert "Start a first run" in shown
    assert "/new?source=data%2F01_raw%2Fhand_signs.zip" in shown
    assert "Upload images" in shown


def test_the_overview_shows_live_runs_first_then_interrupted_ones(browser: Browser) -> None:
    shown = browser.show("/")
    places = [shown.index(f'"/runs/{name}"') for name in ("signs-running", "signs-killed", "signs-finished")]
    # The tiles above may name a run too: the lists begin with the first card.
    cards = shown.index("active-body")
    assert shown.index('"/runs/signs-killed"', cards) < shown.index('"/runs/signs-finished"', cards)
    assert all(place > 0 for place in places)
    assert "overview-resume" in shown
    assert "92.2%" in shown


def test_only_interrupted_runs_have_a_resume_button_on_the_overview(browser: Browser) -> None:
    assert browser.show("/").count("overview-resume") == 1


@pytest.mark.parametrize(
    ("run_id", "words", "absent"),
    [
        ("signs-starting", ["Starting", "run-stop", "Prepare the images"], ['"run-resume"']),
        ("signs-running", ["Running", "run-stop", "Search with tpe", "Worker 0"], ['"run-resume"']),
        (
            "signs-finished",
            ["The winner is", "92.2%", "84.8", "/files/signs-finished/summary.json"],
            ['"run-resume"'],
        ),
        ("signs-killed", ["Interrupted", "run-resume", "goes on where it stopped"], ['"id": "run-stop"}']),
        ("signs-stopped", ["Stopped", "run-resume"], ["still searching"]),
        ("signs-failed", ["This run failed", "no such file or folder", "run-resume", "is-untrained"], []),
    ],
)
def test_the_page_of_a_run_shows_its_state(
    browser: Browser, run_id: str, words: list[str], absent: list[str]
) -> None:
    shown = browser.show(f"/runs/{run_id}")
    for word in words:
        assert word in shown, word
    for word in absent:
        assert word not in shown, word


def test_a_trial_that_nobody_trains_any_more_is_not_called_running(store: Store, tmp_path: Path) -> None:
    samples = Samples(store, tmp_path)
    samples.run("signs", trials=1, strategies=["grid"])
    samples.running("signs-grid", epochs=3)
    browser = Browser(create_app(store.url))
    assert "at epoch 3" in poll_run(browser, "signs")
    samples.kill("signs")
    assert "'Running'" not in poll_run(browser, "signs")
    assert "Interrupted" in str(poll_trial(browser, "signs-grid", 1)["trial-state"])


def test_a_run_whose_process_never_began_says_where_to_look(store: Store, tmp_path: Path) -> None:
    runs.announce(store, "signs", tree(), tmp_path)
    runs.relate(store, "signs", process_started=0.0)
    (tmp_path / "launch.log").write_text("no module named kedro")
    browser = Browser(create_app(store.url))
    assert "This run failed" in browser.show("/runs/signs")
    assert "no module named kedro" in poll_run(browser, "signs")


def test_a_poll_sends_charts_once_and_then_only_what_moves(browser: Browser) -> None:
    values = {
        "run-id.data": "signs-finished",
        "run-poll.interval": 3000,
        "run-body.className": "run-body is-finished is-unwatched",
    }
    first = browser.call("run-state.children", values, "run-poll.n_intervals")
    assert "Validation accuracy" in first.text("run-history")
    known = {f"run-{name}.data": first.outputs[f"run-{name}"]["data"] for name in ("seen", "log-at")}
    again = browser.call("run-state.children", {**values, **known}, "run-poll.n_intervals")
    assert again.outputs == {}
    assert again.size < 1_000


def test_a_poll_of_a_live_run_is_small(browser: Browser) -> None:
    values = {"run-id.data": "signs-running", "run-poll.interval": 1000}
    seen = browser.call("run-state.children", values, "run-poll.n_intervals").outputs["run-seen"]["data"]
    again = browser.call("run-state.children", {**values, "run-seen.data": seen}, "run-poll.n_intervals")
    assert again.status == 200
    assert again.size < 20_000
    assert "run-history" not in again.outputs


def test_the_charts_follow_the_colour_scheme(browser: Browser) -> None:
    values = {"run-id.data": "signs-finished", "run-poll.interval": 4000}
    light, dark = (
        browser.call("run-state.children", {**values, "shell-dark.data": scheme}, "shell-dark.data")
        for scheme in (False, True)
    )
    assert light.text("run-history") != dark.text("run-history")
    assert light.outputs["run-seen"]["data"]["history"] != dark.outputs["run-seen"]["data"]["history"]


@pytest.mark.parametrize(
    ("pathname", "words"),
    [
        ("/nowhere", "There is no such page"),
        ("/runs/nobody", "There is no run `nobody`"),
        ("/trials/nothing/0", "There is no trial"),
        ("/trials/signs-finished-grid/999", "There is no trial"),
        ("/trials/signs-finished-grid/x", "There is no trial"),
    ],
)
def test_what_is_not_there_has_a_page_that_says_so(browser: Browser, pathname: str, words: str) -> None:
    shown = browser.show(pathname)
    for part in words.split("`"):
        assert part in shown
    assert '"/trials"' in shown


def test_an_unforeseen_error_is_a_sentence_on_the_page_and_a_traceback_in_the_log(
    store: Store, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    runs.announce(store, "signs", {}, tmp_path)
    runs.relate(store, "signs", parameters=["not", "a", "tree"])
    shown = Browser(create_app(store.url)).show("/runs/signs")
    assert "should not have" in shown
    assert "AttributeError" not in shown
    assert "AttributeError" in caplog.text


def test_parameters_of_another_version_are_no_obstacle(store: Store, tmp_path: Path) -> None:
    runs.announce(store, "signs", {"search": {"moons": 3}, "dataset": {"source": "photos.zip"}}, tmp_path)
    shown = Browser(create_app(store.url)).show("/runs/signs")
    assert "photos.zip" in shown
    assert "written by another version" in shown


def trial_of(samples: Samples, state: str, model: str) -> tuple[str, int]:
    rows = frames.trials_frame(samples.store, "signs-finished")
    rows = prepared(rows)
    rows = rows[(rows["state"] == state) & (rows["model"] == model)]
    return str(rows["study"].iloc[0]), int(rows["number"].iloc[0])


def poll_trial(browser: Browser, study: str, number: int) -> dict[str, dict[str, object]]:
    return browser.call(
        "trial-state.children", {"trial-key.data": [study, number]}, "trial-poll.n_intervals"
    ).outputs


def answers_of(browser: Browser, study: str, number: int) -> dict[str, dict[str, object]]:
    values = {"trial-key.data": [study, number], "trial-stamp.data": 1}
    return browser.call("answers-matrix.children", values, "trial-stamp.data").outputs


def test_the_page_of_a_trained_model_shows_all_of_it(browser: Browser, samples: Samples) -> None:
    study, number = trial_of(samples, "COMPLETE", "cnn")
    assert f"{study} #{number}" in browser.show(f"/trials/{study}/{number}")
    outputs = poll_trial(browser, study, number)
    assert "learning_rate" in str(outputs["trial-settings"])
    assert "backward" in str(outputs["trial-phases"])
    assert "58.3%" in str(outputs["trial-machine"])
    assert "aten::addmm" in str(outputs["trial-operators"])
    assert "are enlarged to" in str(outputs["trial-settings"])
    assert "Epoch" in str(outputs["trial-curve"])
    assert "Predicted class" in str(answers_of(browser, study, number)["answers-matrix"])
    assert outputs["trial-poll"] == {"disabled": True}


def test_a_shallow_model_has_no_learning_curve_and_says_why(browser: Browser, samples: Samples) -> None:
    outputs = poll_trial(browser, *trial_of(samples, "COMPLETE", "svm"))
    assert "Only deep models learn in epochs" in str(outputs["trial-curve"])


def test_a_running_trial_is_watched(browser: Browser, samples: Samples) -> None:
    rows = frames.trials_frame(samples.store, "signs-running")
    running = rows[rows["state"] == "RUNNING"].iloc[0]
    outputs = poll_trial(browser, str(running["study"]), int(running["number"]))
    assert "after the latest epoch" in str(outputs["trial-tiles"])
    assert "Known when the training has ended" in str(outputs["trial-machine"])
    assert outputs["trial-poll"] == {"disabled": False}


def test_a_trial_without_predictions_says_so(store: Store, tmp_path: Path) -> None:
    samples = Samples(store, tmp_path)
    samples.run("signs", trials=2, strategies=["grid"])
    for file in tmp_path.rglob("validation.npz"):
        file.write_bytes(b"not an archive")
    outputs = answers_of(Browser(create_app(store.url)), "signs-grid", 0)
    assert "cannot be used" in str(outputs["answers-matrix"])


def test_a_failed_trial_shows_why(store: Store, tmp_path: Path) -> None:
    samples = Samples(store, tmp_path)
    samples.run("signs", trials=9, strategies=["grid"])
    failed = frames.trials_frame(store).query("state == 'FAIL'").iloc[0]
    browser = Browser(create_app(store.url))
    outputs = poll_trial(browser, "signs-grid", int(failed["number"]))
    assert "loss is not finite" in str(outputs["trial-notice"])
    assert "Calibration" not in browser.show(f"/trials/signs-grid/{failed['number']}")
    assert "Calibration" in browser.show("/trials/signs-grid/0")


def test_a_study_that_tunescope_did_not_make_is_shown_too(store: Store) -> None:
    import optuna

    study = optuna.create_study(study_name="their study/1", storage=store.storage)
    study.tell(study.ask({"x": optuna.distributions.FloatDistribution(0, 1)}), 0.5)
    browser = Browser(create_app(store.url))
    assert "their study/1" in browser.show("/trials")
    assert "their study/1 #0" in browser.show("/trials/their%20study%2F1/0")
    assert "'x'" in str(poll_trial(browser, "their study/1", 0)["trial-settings"])


def test_reports_are_listed_read_and_taken_away(browser: Browser) -> None:
    shown = browser.show("/reports")
    assert '"/reports?run=signs-finished"' in shown
    assert '"/files/signs-finished/report.html?download=1"' in shown
    viewer = browser.show("/reports", "?run=signs-finished")
    assert "Iframe" in viewer
    assert "allow-same-origin" not in viewer


def test_without_reports_the_page_says_how_to_get_one(store: Store) -> None:
    browser = Browser(create_app(store.url))
    shown = browser.show("/reports")
    assert "No report yet" in shown
    assert "Tick 2" not in shown


@pytest.mark.parametrize("run_id", ["signs-running", "nobody"])
def test_a_report_that_is_not_there_is_told(browser: Browser, run_id: str) -> None:
    assert "Not in this store" in browser.show("/reports", f"?run={run_id}")


def test_a_form_can_begin_with_the_settings_of_a_run(browser: Browser) -> None:
    shown = browser.show("/new", "?from=signs-finished")
    assert "kedro run --params=" in shown
    assert "search.max_trials=40" in shown
    assert "run.id" not in shown.split("kedro run --params=")[1].split('"')[0]


def test_names_with_mark_up_reach_the_browser_as_text_only(browser: Browser, samples: Samples) -> None:
    # Components are sent as JSON, which React renders as text; what plotly renders must be escaped.
    study, number = trial_of(samples, "COMPLETE", "cnn")
    figure = str(answers_of(browser, study, number)["answers-matrix"])
    figure = figure[figure.index("'figure'") : figure.index("Most often mixed up")]
    assert MARKED not in figure
    assert "&lt;b&gt;rock" in figure
    assert "dangerously" not in browser.show("/runs/signs-failed")


def test_a_run_without_any_measure_of_its_dataset_is_shown(store: Store, tmp_path: Path) -> None:
    samples = Samples(store, tmp_path)
    samples.run("signs", trials=0, stages=1)
    runs.finish(store, "signs", "finished")
    shown = Browser(create_app(store.url)).show("/runs/signs")
    assert "Finished without a winner" in shown
    assert trials.best_accuracy(store, "signs") is None


@pytest.mark.parametrize(
    ("path", "status"), [("/trials/a%2Fb/0?tab=x", 200), ("/trials/a/b/0", 404), ("/timing", 200)]
)
def test_a_slash_in_the_name_of_a_study_is_no_part_of_the_path(app: Dash, path: str, status: int) -> None:
    assert app.server.test_client().get(path).status_code == status
