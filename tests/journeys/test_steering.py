"""A real run is steered from its page: paused, given a configuration, resumed, given a budget, stopped."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from projects import Project, dashboard_of, make_project, wait_until

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

    page.get_by_role("button", name="Pause").click()
    expect(state).to_have_text("Paused", timeout=10_000)
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

    page.get_by_role("button", name="Stop", exact=True).click()
    page.get_by_role("button", name="Stop now").click()
    expect(state).to_have_text("Stopped", timeout=30_000)
    expect(asked).to_contain_text("Stop")
