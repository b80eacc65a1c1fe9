"""What clicks and entries do, called as the browser calls them."""

import json
import time
from pathlib import Path
from typing import Any

import pytest
from dash import Dash
from dash_client import Browser
from dashboard_samples import Samples

from dashboard import form
from dashboard.app import create_app
from dashboard.form_fields import FIELDS
from dashboard.launch import Launcher
from tunescope.store import Store, commands, frames, runs
from tunescope.store.selection import TrialFilter


@pytest.fixture
def browser(store: Store, launcher: Launcher) -> Browser:
    return Browser(create_app(store.url, launcher))


def entered(**changes: Any) -> dict[str, Any]:
    """The values of the form as its callbacks get them."""
    values = {**form.defaults(), **{key.replace("__", "."): value for key, value in changes.items()}}
    sent: dict[str, Any] = {}
    for key, value in values.items():
        component = {"type": "new-field", "key": key}
        name = json.dumps(component)
        sent |= {f"{name}.value": value, f"{name}.id": component}
    return sent


def start(browser: Browser, token: str, clicks: int | None = 1, **changes: Any) -> Any:
    values = {"new-start.n_clicks": clicks, "new-token.data": token, **entered(**changes)}
    return browser.call("new-goto.href", values, "new-start.n_clicks")


def end_all(store: Store) -> None:
    wait_while(store, "starting")
    for run_id in frames.runs_frame(store)["run_id"]:
        commands.send(store, run_id, "stop")
    wait_while(store, "running")


def wait_while(store: Store, state: str) -> None:
    end = time.monotonic() + 20
    while state in set(frames.runs_frame(store)["state"]):
        assert time.monotonic() < end
        time.sleep(0.05)


def test_a_fault_stands_at_its_field_while_one_types(browser: Browser) -> None:
    changed = json.dumps({"type": "new-field", "key": "search.max_trials"}) + ".value"
    answer = browser.call(
        '{"key":["ALL"],"type":"new-fault"}.children', entered(search__max_trials=0), changed
    )
    faults = {key: value["children"] for key, value in answer.outputs.items() if "new-fault" in key}
    faulty = [key for key, children in faults.items() if children]
    assert len(faults) == len(FIELDS)
    assert [json.loads(key)["key"] for key in faulty] == ["search.max_trials"]
    assert "at least 1" in str(faults[faulty[0]])
    assert "search.max_trials=0" in answer.text("new-command")
    # A control that waits for an answer loses what is being typed into it.
    assert not any("new-field" in key for key in answer.outputs)


def test_start_leads_to_the_page_of_the_new_run(browser: Browser, store: Store) -> None:
    answer = start(browser, "a", search__max_trials=3, run__id="mine")
    assert answer.outputs["new-goto"] == {"href": "/runs/mine"}
    assert runs.get(store, "mine")["parameters"]["search"]["max_trials"] == 3
    end_all(store)


def test_a_double_click_starts_one_run(browser: Browser, store: Store) -> None:
    first, second = start(browser, "a"), start(browser, "a", clicks=2)
    assert first.outputs["new-goto"] == second.outputs["new-goto"]
    assert len(frames.runs_frame(store)) == 1
    end_all(store)


def test_another_form_starts_another_run(browser: Browser, store: Store) -> None:
    assert start(browser, "a").outputs["new-goto"] != start(browser, "b").outputs["new-goto"]
    assert len(frames.runs_frame(store)) == 2
    end_all(store)


def test_a_faulty_form_starts_nothing(browser: Browser, store: Store) -> None:
    answer = start(browser, "a", search__max_trials=0)
    assert "new-goto" not in answer.outputs
    assert "Not started" in answer.text("new-problem")
    assert frames.runs_frame(store).empty


def test_a_run_id_that_is_taken_is_told_and_the_form_may_be_sent_again(
    browser: Browser, store: Store, tmp_path: Path
) -> None:
    runs.announce(store, "mine", {}, tmp_path)
    assert "`" not in start(browser, "a", run__id="mine").text("new-problem")
    assert "there is a run of that name" in start(browser, "a", run__id="mine").text("new-problem")
    assert start(browser, "a", run__id="mine-2").outputs["new-goto"] == {"href": "/runs/mine-2"}
    runs.finish(store, "mine", "failed")
    end_all(store)


def test_a_form_that_was_only_opened_starts_nothing(browser: Browser, store: Store) -> None:
    assert start(browser, "a", clicks=None).status == 204
    assert frames.runs_frame(store).empty


def test_stop_is_asked_once_and_acknowledged(browser: Browser, store: Store, tmp_path: Path) -> None:
    Samples(store, tmp_path).run("signs", trials=0)
    values = {"run-stop-confirm.n_clicks": 1, "run-id.data": "signs", "run-poll.n_intervals": 4}
    answer = browser.call("run-stop-confirm.disabled", values, "run-stop-confirm.n_clicks")
    assert answer.side["run-poll"] == {"n_intervals": 5}
    assert [command.name for command in commands.pending(store, "signs")] == ["stop"]
    shown = browser.show("/runs/signs")
    assert "Stop asked for" in shown
    assert '"disabled": true' in shown
    commands.acknowledge(store, commands.pending(store, "signs")[0], "Stopping: running trials end now.")
    assert "running trials end now" in browser.show("/runs/signs")


def test_a_stop_of_an_earlier_launch_is_no_longer_spoken_of(
    browser: Browser, store: Store, tmp_path: Path
) -> None:
    samples = Samples(store, tmp_path)
    samples.run("signs", trials=0)
    commands.send(store, "signs", "stop")
    samples.kill("signs")
    runs.claim(store, "signs", runs.get(store, "signs")["parameters"], tmp_path)
    assert "Stop asked for" not in browser.show("/runs/signs")


def resume(browser: Browser, run_id: str) -> Any:
    button = json.dumps({"run": run_id, "type": "overview-resume"}, separators=(",", ":"))
    sent = {f"{button}.n_clicks": 1, f"{button}.id": json.loads(button)}
    return browser.call('{"run":["MATCH"],"type":"overview-resume"}', sent, f"{button}.n_clicks")


def test_resume_on_the_overview_leads_to_the_run(browser: Browser, store: Store, tmp_path: Path) -> None:
    samples = Samples(store, tmp_path)
    samples.run("signs", trials=0)
    samples.kill("signs")
    assert resume(browser, "signs").side["overview-goto"] == {"href": "/runs/signs"}
    assert runs.get(store, "signs")["state"] in ("starting", "running")
    end_all(store)


def test_a_second_click_on_resume_leads_to_the_run_as_well(
    browser: Browser, store: Store, tmp_path: Path
) -> None:
    Samples(store, tmp_path).run("signs", trials=0)
    assert resume(browser, "signs").side["overview-goto"] == {"href": "/runs/signs"}
    assert runs.get(store, "signs")["launches"] == 1


def test_a_click_that_fails_is_told_in_a_corner(browser: Browser) -> None:
    answer = resume(browser, "gone")
    assert answer.outputs == {}
    assert "There is no run" in str(answer.side["shell-toasts"])


GRID = {"startRow": 0, "endRow": 60, "sortModel": [], "filterModel": {}}


def rows(app: Dash, query: str = "", **request: Any) -> dict[str, Any]:
    values = {
        "trials-grid.getRowsRequest": {**GRID, **request},
        "trials-query.data": query,
        "trials-picked.data": [1],
    }
    answer = Browser(app).call("trials-grid.getRowsResponse", values, "trials-grid.getRowsRequest")
    return dict(answer.outputs["trials-grid"]["getRowsResponse"])


def test_the_grid_gets_one_block_of_rows_at_a_time(app: Dash, samples: Samples) -> None:
    known = len(frames.trials_frame(samples.store))
    answer = rows(app, startRow=0, endRow=5)
    assert (len(answer["rowData"]), answer["rowCount"]) == (5, known)
    assert len(rows(app, startRow=known - 2, endRow=known + 58)["rowData"]) == 2


def test_the_grid_filters_and_sorts_where_the_trials_are(app: Dash) -> None:
    model = {"validation_accuracy": {"filterType": "number", "type": "greaterThanOrEqual", "filter": 0.7}}
    order = [{"colId": "validation_accuracy", "sort": "desc"}]
    answer = rows(app, "?model=svm", filterModel=model, sortModel=order)
    accuracies = [float(row["validation_accuracy"].rstrip("%")) for row in answer["rowData"]]
    assert {row["model"] for row in answer["rowData"]} == {"svm"}
    assert accuracies == sorted(accuracies, reverse=True)
    assert min(accuracies) >= 70


def test_rows_are_ready_to_be_read(app: Dash) -> None:
    row = next(row for row in rows(app)["rowData"] if row["state"] == "COMPLETE" and row["model"] == "cnn")
    assert row["validation_accuracy"].endswith("%")
    assert row["seconds"].endswith("s")
    assert row["peak_memory_bytes"] == "412 MB"
    assert row["href"] == f"/trials/{row['study']}/{row['number'].lstrip('#')}"


def test_ticked_trials_are_ticked_in_their_rows(app: Dash) -> None:
    assert [row["id"] for row in rows(app)["rowData"] if row["picked"]] == ["1"]


def collected(app: Dash, before: str = "", **values: Any) -> Any:
    choices = {"run_id": [], "dataset": [], "strategy": [], "model": [], "state": [], "study": []}
    choices |= values.pop("choices", {})
    sent = {f"trials-{name.replace('__', '.')}": value for name, value in values.items()}
    for name, chosen in choices.items():
        component = {"type": "trials-choice", "name": name}
        sent |= {f"{json.dumps(component)}.value": chosen, f"{json.dumps(component)}.id": component}
    answer = Browser(app).call(
        "trials-query.data", {"trials-query.data": before, **sent}, "trials-text.value"
    )
    return answer.outputs["trials-query"]["data"] if answer.outputs else None


def test_all_that_is_chosen_goes_into_the_address(app: Dash) -> None:
    query = collected(
        app,
        text__value="hog",
        choices={"model": ["svm"], "state": ["COMPLETE"]},
        grid__filterModel={"seconds": {"type": "lessThanOrEqual", "filter": 5}},
        grid__columnState=[
            {"colId": "seconds", "sort": "desc", "sortIndex": 0},
            {"colId": "model", "sort": None},
        ],
        picked__data=[4, 2],
    )
    assert TrialFilter.from_query(query) == TrialFilter(
        text="hog",
        choices=(("model", ("svm",)), ("state", ("COMPLETE",))),
        ranges=(("seconds", ((None, 5.0),)),),
        sort=("-seconds",),
        picked=(4, 2),
    )


def test_the_order_of_the_address_holds_until_the_grid_reports_one(app: Dash) -> None:
    assert collected(app, before="?sort=-seconds", text__value=None) is None


def drawn(app: Dash, name: str, query: str) -> Any:
    """The answer to a page that shows a chart of the trials of an address."""
    browser = Browser(app)
    callback = browser.callbacks['{"name":["MATCH"],"type":"trials-chart"}.children']
    key = {"type": "trials-chart", "name": name}
    body = {
        "output": callback["output"],
        "outputs": {"id": key, "property": "children"},
        "inputs": [{**one, "value": None} for one in callback["inputs"]],
        "state": [{"id": key, "property": "id", "value": {"name": name}}],
        "changedPropIds": ["trials-query.data"],
    }
    body["inputs"][0]["value"] = query
    body["inputs"][-1]["value"] = True
    return browser.client.post("/_dash-update-component", json=body)


def test_every_chart_is_drawn_of_the_chosen_trials(app: Dash) -> None:
    from tunescope.figures import CHARTS

    for name in CHARTS:
        answer = drawn(app, name, "?run=signs-finished")
        assert answer.status_code == 200
        assert "Graph" in answer.text, name


def test_a_chart_of_no_trial_says_that_the_filters_leave_none(app: Dash) -> None:
    answer = drawn(app, "history", "?q=nothing-has-this-word")
    assert "No trial passes the filters." in answer.text
    assert "Graph" not in answer.text


def test_an_empty_selection_is_told(app: Dash) -> None:
    values = {"trials-query.data": "?q=nothing-has-this-word"}
    answer = Browser(app).call("trials-count.children", values, "trials-query.data")
    assert "0 of " in answer.text("trials-count")
    assert "hidden" not in answer.text("trials-clear", "className")


def test_studies_are_those_of_the_trials_that_pass(app: Dash) -> None:
    def studies(query: str) -> str:
        values = {"trials-side-query.data": query}
        return (
            Browser(app)
            .call("trials-studies.children", values, "trials-side-query.data")
            .text("trials-studies")
        )

    assert "No trial passes the filters" in studies("?q=nothing-has-this-word")
    assert "signs-finished-tpe" in studies("?run=signs-finished")
    assert "signs-killed" not in studies("?run=signs-finished")


def narrowed(app: Dash, asked: str, query: str = "", **values: Any) -> Any:
    sent = {"trials-query.data": query, **{f"trials-{name}": value for name, value in values.items()}}
    for key in ("run_id", "model"):
        component = {"type": "trials-choice", "name": key}
        sent |= {f"{json.dumps(component)}.id": component}
    return Browser(app).call("trials-grid.filterModel", sent, asked).outputs


def test_two_bounds_become_a_filter_of_the_grid(app: Dash) -> None:
    given = {"add.value": "seconds", "low.value": 5, "high.value": 2, "apply.n_clicks": 1}
    model = narrowed(app, "trials-apply.n_clicks", "?log_loss=..1", **given)["trials-grid"]["filterModel"]
    assert set(model) == {"seconds", "log_loss"}
    assert (model["seconds"]["filter"], model["seconds"]["filterTo"]) == (2, 5)


def test_a_brush_narrows_numbers_to_a_range_and_names_to_those_under_it(app: Dash) -> None:
    brushed = [
        {"field": "validation_accuracy", "ranges": [[0.7, 0.8]]},
        {"field": "model", "values": ["svm"]},
        {"field": "param:svm.extractor", "values": ["hog"]},
    ]
    outputs = narrowed(app, "trials-brushed.data", **{"brushed.data": brushed})
    assert outputs["trials-grid"]["filterModel"]["validation_accuracy"]["filterTo"] == 0.8
    assert outputs['{"name":"model","type":"trials-choice"}'] == {"value": ["svm"]}
    assert "param:svm.extractor" in json.dumps(outputs["trials-more"])


def test_a_click_on_a_range_takes_it_away(app: Dash) -> None:
    component = json.dumps({"type": "trials-drop", "name": "seconds"})
    choice = {"type": "trials-choice", "name": "seconds"}
    sent = {"trials-query.data": "?seconds=1..2&log_loss=..1", f"{component}.n_clicks": 1}
    sent[f"{json.dumps(choice)}.id"] = choice
    answer = Browser(app).call("trials-grid.filterModel", sent, f"{component}.n_clicks")
    assert set(answer.outputs["trials-grid"]["filterModel"]) == {"log_loss"}


def test_the_columns_that_are_chosen_are_shown_and_stand_in_the_address(app: Dash) -> None:
    values = {"trials-columns.value": ["seconds", "param:svm.C"], "trials-query.data": ""}
    columns = Browser(app).call("trials-grid.columnDefs", values, "trials-columns.value")
    shown = [one["colId"] for one in columns.outputs["trials-grid"]["columnDefs"][2:] if not one.get("hide")]
    assert shown == ["seconds", "param:svm.C"]
    assert "columns=seconds&columns=param:svm.C" in collected(app, columns__value=["seconds", "param:svm.C"])


def test_new_trials_change_the_version_of_the_table(store: Store, tmp_path: Path) -> None:
    samples = Samples(store, tmp_path)
    samples.run("signs", trials=2, strategies=["grid"])
    browser = Browser(create_app(store.url))

    def poll(before: str | None) -> Any:
        values = {"trials-query.data": "", "trials-version.data": before}
        answer = browser.call("trials-version.data", values, "trials-poll.n_intervals")
        return answer.outputs["trials-version"]["data"] if answer.outputs else None

    first = poll(None)
    assert poll(first) is None
    samples.running("signs-grid")
    time.sleep(0.6)  # what was read is kept for half a second
    assert poll(first) not in (None, first)
