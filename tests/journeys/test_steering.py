"""Real runs are steered from their page, and outlive page and server."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from projects import Project, dashboard_of, free_port, kill_group, make_project, wait_until

from tunescope.store import Store, frames, open_store, runs

pytestmark = [pytest.mark.browser, pytest.mark.long]


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return make_project(tmp_path / "project")


@pytest.fixture
def address(project: Project) -> Iterator[str]:
    with dashboard_of(project) as address:
        yield address


@pytest.fixture
def store(project: Project) -> Iterator[Store]:
    (project.root / "data").mkdir(exist_ok=True)
    store = open_store(project.store_url)
    yield store
    store.close()


def start_run(page: Page, address: str) -> None:
    """A search of an hour over one model that is trained at once, with a space that was edited."""
    page.goto(f"{address}/new")
    page.get_by_label("Images", exact=True).fill("photos")
    page.get_by_label("Run id").fill("steered")
    for name in ("cnn", "rnn", "random forest", "svm", "gaussian nb"):
        page.get_by_role("checkbox", name=name, exact=False).first.uncheck()
    for name in ("grid", "evolutionary"):
        page.get_by_role("checkbox", name=name, exact=False).first.uncheck()
    page.locator("#new-spaces summary", has_text="decision tree").click()
    page.get_by_label("decision_tree.max_depth To").fill("17")
    page.get_by_label("Seconds", exact=True).fill("3600")
    expect(page.locator("#new-command")).to_contain_text("high: 17")
    page.get_by_role("button", name="Start run").click()
    page.wait_for_url("**/runs/steered")


def trials(store: Store) -> int:
    return len(frames.trials_frame(store, "steered"))


def ended(store: Store) -> int:
    frame = frames.trials_frame(store, "steered")
    return int((frame["state"] != "RUNNING").sum())


def test_a_run_is_paused_fed_resumed_and_stopped_from_its_page(
    page: Page, address: str, store: Store
) -> None:
    start_run(page, address)
    state, asked = page.locator("#run-state"), page.locator("#run-asked")
    expect(state).to_have_text("Running", timeout=60_000)
    wait_until(lambda: ended(store) >= 3)

    page.get_by_role("button", name="Pause").dblclick()
    expect(state).to_have_text("Paused", timeout=10_000)
    assert list(frames.commands_frame(store, "steered")["name"]) == ["pause"]
    other = page.context.new_page()
    other.goto(page.url)
    expect(other.locator("#run-state")).to_have_text("Paused")
    expect(asked).to_contain_text("Paused")
    wait_until(lambda: ended(store) == trials(store))
    before = trials(store)
    assert runs.get(store, "steered")["state"] == "paused"

    page.get_by_role("button", name="Try a configuration").click()
    page.get_by_label("max depth").fill("99")
    expect(page.locator(".modal .field-fault").filter(has_text="max_depth")).to_be_visible()
    page.get_by_label("max depth").fill("13")
    page.get_by_role("button", name="Try it").click()
    expect(asked).to_contain_text("Queued", timeout=10_000)
    assert trials(store) == before

    page.get_by_role("button", name="Resume").click()
    expect(state).to_have_text("Running", timeout=10_000)
    wait_until(lambda: trials(store) > before)
    tried = frames.trials_frame(store, "steered").iloc[before]
    assert tried["params"]["decision_tree.max_depth"] == 13

    page.get_by_role("button", name="Limits").click()
    page.get_by_label("Trials", exact=True).fill("5000")
    page.get_by_role("button", name="Change").click()
    expect(page.locator("#run-meters")).to_contain_text("of 5,000", timeout=10_000)
    expect(other.locator("#run-meters")).to_contain_text("of 5,000")
    expect(other.locator("#run-answers")).to_contain_text("The budget is changed")
    assert runs.get(store, "steered")["parameters"]["search"]["max_trials"] == 5000

    page.get_by_role("button", name="Stop", exact=True).click()
    page.get_by_role("button", name="Stop now").click()
    expect(state).to_have_text("Stopped", timeout=30_000)
    expect(asked).to_contain_text("Stop")


def test_a_trial_is_pruned_and_the_run_stops_after_those_in_training(
    page: Page, project: Project, address: str, store: Store
) -> None:
    search = "search.models=cnn,search.strategies=random,search.max_seconds=900,search.workers=2"
    process = project.start(f"dataset.source=photos,dataset.image_size=64,run.id=steered,{search}")
    try:
        wait_until(lambda: len(frames.trials_frame(store, "steered")) >= 2)
        page.goto(f"{address}/runs/steered")
        prune = page.get_by_role("button", name="Prune trial random #1")
        prune.click()
        expect(page.locator("#run-answers")).to_contain_text("Prune random #1")
        wait_until(lambda: frames.trials_frame(store, "steered").iloc[1]["state"] != "RUNNING")

        page.get_by_role("button", name="Stop", exact=True).click()
        page.get_by_role("button", name="After the trials in training").click()
        expect(page.locator("#run-notice")).to_contain_text("Stop")
        expect(page.locator("#run-state")).to_have_text(re.compile("Stopped|Finished"), timeout=120_000)
    finally:
        process.wait(timeout=60)
    stop = frames.commands_frame(store, "steered").iloc[-1]
    assert stop["argument"] == {"finish_trials": True}
    before = frames.trials_frame(store, "steered")
    # Every trial that was in training when the stop was asked went on to its end.
    assert not before["reason"].fillna("").str.contains("stopped by command").any()


def test_a_page_goes_on_after_the_server_was_restarted_in_the_middle_of_a_run(
    page: Page, project: Project, store: Store
) -> None:
    port = free_port()
    process = project.start(
        "dataset.source=photos,run.id=outlives,search.models=decision_tree,search.max_seconds=600"
    )
    try:
        with dashboard_of(project, port) as address:
            wait_until(lambda: len(frames.trials_frame(store, "outlives")) >= 1)
            page.goto(f"{address}/runs/outlives?level=warning")
            expect(page.locator("#run-state")).to_have_text("Running")
        expect(page.locator("#shell-offline")).to_contain_text("No connection", timeout=15_000)
        before = len(frames.trials_frame(store, "outlives"))
        wait_until(lambda: len(frames.trials_frame(store, "outlives")) > before)
        with dashboard_of(project, port):
            expect(page.locator("#shell-offline")).to_be_hidden(timeout=20_000)
            expect(page.locator("#run-state")).to_have_text("Running", timeout=20_000)
            expect(page.get_by_label("Level")).to_have_value("warning")
            kill_group(process)
            expect(page.locator("#run-state")).to_have_text("Interrupted", timeout=10_000)
            expect(page.locator("#run-notice")).to_contain_text("ended without a word")
            page.get_by_role("button", name="Resume").dblclick()
            expect(page.locator("#run-state")).to_have_text("Running", timeout=60_000)
            assert runs.get(store, "outlives")["launches"] == 2
            page.get_by_role("button", name="Stop", exact=True).click()
            page.get_by_role("button", name="Stop now").click()
            expect(page.locator("#run-state")).to_have_text(re.compile("Stopped|Finished"), timeout=60_000)
    finally:
        if process.poll() is None:
            kill_group(process)
