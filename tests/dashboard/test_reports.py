"""Reports and runs side by side, as a browser gets them."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from dash_client import Answer, Browser
from dashboard_samples import Samples

from dashboard.app import create_app
from tunescope.store import Store, frames, open_store, runs

COMPARED = "?compare=signs-a&compare=signs-b"


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """Two finished runs of different budgets, and one that was killed."""
    folder = tmp_path_factory.mktemp("reports")
    opened = open_store(f"sqlite:///{folder / 'trials.db'}")
    samples = Samples(opened, folder)
    for run_id, most in (("signs-a", 40), ("signs-b", 50)):
        samples.run(run_id, 4, strategies=["grid"], max_trials=most)
        samples.finish(run_id)
    samples.run("signs-c", 2, strategies=["tpe"])
    samples.kill("signs-c")
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def browser(store: Store) -> Browser:
    return Browser(create_app(store.url))


def compared(browser: Browser, query: str, seen: object = None) -> Answer:
    values = {"compared-query.data": f"/reports{query}", "compared-seen.data": seen}
    return browser.call("compared-figures.children", values, "compared-query.data")


def offered(browser: Browser, **picked: bool) -> str:
    values: dict[str, object] = {}
    for run_id, is_picked in picked.items():
        key = json.dumps({"run": run_id, "type": "reports-pick"}, separators=(",", ":"))
        values |= {f"{key}.value": is_picked, f"{key}.id": {"run": run_id, "type": "reports-pick"}}
    return browser.call("reports-compare.children", values, next(iter(values))).text("reports-compare")


def test_two_to_four_picked_reports_can_be_compared(browser: Browser) -> None:
    assert "Tick 2 to 4" in offered(browser, a=True, b=False)
    assert "/reports?compare=a&compare=b" in offered(browser, a=True, b=True, c=False)
    assert "at most 4" in offered(browser, a=True, b=True, c=True, d=True, e=True)


def test_the_list_is_sent_again_only_when_a_report_comes_in(browser: Browser) -> None:
    values = {"reports-seen.data": None}
    seen = browser.call("reports-list.children", values, "reports-poll.n_intervals").outputs["reports-seen"]
    values = {"reports-seen.data": seen["data"]}
    assert browser.call("reports-list.children", values, "reports-poll.n_intervals").outputs == {}


def test_runs_stand_side_by_side_with_what_differs(browser: Browser) -> None:
    shown = browser.show("/reports", COMPARED)
    for words in ("search.max_trials", '"40"', '"50"', "92.2%", "/files/signs-a/report.html", "signs-b-grid"):
        assert words in shown, words
    assert "search.seed" not in shown
    assert '"Graph"' in compared(browser, COMPARED).text("compared-accuracy")


def test_each_run_is_named_once_at_the_head_of_its_column(browser: Browser) -> None:
    assert "/runs/signs-a" in browser.show("/reports", COMPARED)
    assert "/runs/signs-a" not in compared(browser, COMPARED).text("compared-figures")


def test_a_report_that_is_gone_is_not_called_one_that_comes(browser: Browser, store: Store) -> None:
    assert "has no report yet" in browser.show("/reports", "?run=signs-c")
    report = Path(runs.get(store, "signs-b")["folder"]) / "report.html"
    hidden = report.rename(report.with_suffix(".away"))
    assert "launch the run again under its id" in browser.show("/reports", "?run=signs-b")
    hidden.rename(report)


def test_winners_are_tested_on_the_images_that_both_answered(browser: Browser) -> None:
    told = compared(browser, COMPARED).text("compared-tests")
    assert "Of 90 test images, the winner of" in told
    assert "(p\N{NO-BREAK SPACE}=\N{NO-BREAK SPACE}" in told


def test_a_poll_of_a_comparison_sends_what_changed(browser: Browser) -> None:
    seen = compared(browser, COMPARED).outputs["compared-seen"]["data"]
    assert compared(browser, COMPARED, seen).outputs == {}


def test_a_run_that_has_not_finished_is_compared_as_far_as_it_goes(browser: Browser) -> None:
    shown = browser.show("/reports", "?compare=signs-a&compare=signs-c")
    assert "Interrupted" in shown
    assert "not written yet" in shown
    assert "Known once two of these runs have finished" in shown


def test_more_than_four_are_told_and_one_is_no_comparison(browser: Browser, store: Store) -> None:
    many = "?" + "&".join(f"compare={name}" for name in ("signs-a", "signs-b", "signs-c"))
    assert "More runs than fit" not in browser.show("/reports", many)
    for name in ("signs-d", "signs-e"):
        runs.announce(store, name, {"search": {"moons": 3}}, Path("nowhere"))
    shown = browser.show("/reports", f"{many}&compare=signs-d&compare=signs-e")
    assert "More runs than fit" in shown
    assert "search.moons" in shown
    assert '"value": true' in browser.show("/reports", "?compare=signs-a")


def test_a_run_that_is_not_there_is_told(browser: Browser) -> None:
    assert "Not in this store" in browser.show("/reports", "?compare=signs-a&compare=nobody")


def test_answers_that_are_gone_or_damaged_are_told(store: Store, browser: Browser) -> None:
    paths = [Path(one) for one in frames.benchmarks_frame(store)["predictions"]]
    before = [path.read_bytes() for path in paths]
    paths[0].write_bytes(b"no archive")
    try:
        assert "are gone" in compared(browser, COMPARED).text("compared-tests")
    finally:
        for path, content in zip(paths, before, strict=True):
            path.write_bytes(content)
