"""A run is set up in a browser: by a preset, by keyboard, and still there after a reload and back."""

from collections.abc import Iterator

import pytest
from dashboard_samples import Samples, stand_in
from playwright.sync_api import Browser, Page, expect
from serving import served

from dashboard.app import create_app
from tunescope.store import Store, frames, open_store

pytestmark = pytest.mark.browser
# The first of each callback imports what it needs, on a machine that may be busy.
_PATIENCE = 20_000


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    root = tmp_path_factory.mktemp("new")
    store = open_store(f"sqlite:///{root / 'trials.db'}")
    Samples(store, root).run("earlier", trials=4, seed=5)
    yield store
    store.close()


@pytest.fixture(scope="module")
def address(store: Store, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with served(create_app(store.url, stand_in(tmp_path_factory.mktemp("project")))) as address:
        yield address


def pressed(page: Page, name: str) -> None:
    expect(page.get_by_role("button", name=name).first).to_have_attribute(
        "aria-pressed", "true", timeout=_PATIENCE
    )


def test_a_preset_fills_the_form_and_later_edits_survive_reload_and_back(page: Page, address: str) -> None:
    complaints: list[str] = []
    page.on("console", lambda line: line.type == "error" and complaints.append(line.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(f"{address}/new")
    quick = page.get_by_role("button", name="Quick look")
    expect(quick).to_contain_text("trials", timeout=_PATIENCE)
    quick.press("Enter")
    pressed(page, "Quick look")
    expect(page.get_by_label("Seconds", exact=True)).to_have_value("60")
    expect(page.get_by_role("checkbox", name="rnn").first).not_to_be_checked()

    page.get_by_label("Seconds", exact=True).fill("90")
    page.get_by_role("button", name="Accurate and fast").click()
    pressed(page, "Accurate and fast")
    page.locator("#new-spaces summary", has_text="svm").click()
    page.get_by_label("svm.C To").fill("17")
    page.wait_for_url("**/new?preset=quick&search.max_seconds=90&search.objective=accuracy*edits=*17*")
    expect(page.locator("#new-command")).to_contain_text("high: 17")
    expect(page.locator(".estimate-figure")).to_contain_text("About")

    page.reload()
    for _ in range(2):
        pressed(page, "Quick look")
        pressed(page, "Accurate and fast")
        expect(page.get_by_label("Seconds", exact=True)).to_have_value("90")
        expect(page.locator("#new-yaml")).to_contain_text("high: 17")
        page.locator(".nav").get_by_role("link", name="Overview").click()
        expect(page.locator("h1")).to_have_text("Overview")
        page.go_back()
    assert complaints == []


def test_a_fault_leads_to_its_field_and_nothing_starts_before_it_is_mended(
    page: Page, address: str, store: Store
) -> None:
    before = len(frames.runs_frame(store))
    page.goto(f"{address}/new?search.workers=0")
    start = page.get_by_role("button", name="Start run")
    start.press("Enter")
    expect(page.get_by_text("Not started")).to_be_visible()
    # It was switched off until the answer came, and has the focus again.
    expect(start).to_be_focused()
    workers = page.get_by_label("Workers", exact=True)
    expect(workers).to_be_hidden()
    page.locator(".faults").get_by_role("button", name="Workers").click()
    expect(workers).to_be_focused()
    workers.fill("2")
    expect(page.locator(".faults")).to_be_hidden()
    assert len(frames.runs_frame(store)) == before


def test_on_a_phone_start_is_at_hand_and_says_what_keeps_it(browser: Browser, address: str) -> None:
    context = browser.new_context(viewport={"width": 390, "height": 844}, has_touch=True)
    page = context.new_page()
    page.goto(f"{address}/new?search.workers=0")
    start = page.get_by_role("button", name="Start run")
    expect(start).to_be_in_viewport(ratio=1)
    page.locator("h1").scroll_into_view_if_needed()
    start.tap()
    expect(page.get_by_text("Not started")).to_be_in_viewport(ratio=1)
    # The last of the page is not hidden below the button.
    page.evaluate("scrollTo(0, document.body.scrollHeight)")
    last = page.locator(".form-side summary").last.bounding_box()
    button = start.bounding_box()
    assert last is not None
    assert button is not None
    assert last["y"] + last["height"] < button["y"]
    context.close()


def test_a_run_is_cloned_on_the_page(page: Page, address: str) -> None:
    page.goto(f"{address}/new")
    page.get_by_label("Begin like an earlier run").select_option("earlier")
    page.wait_for_url("**/new?from=earlier")
    expect(page.locator("#new-command")).to_contain_text("search.seed=5")
    page.go_back()
    expect(page.locator("#new-command")).to_have_text("kedro run")


def test_a_fraction_where_a_whole_number_belongs_is_a_fault_and_not_an_empty_field(
    page: Page, address: str
) -> None:
    page.goto(f"{address}/new")
    page.get_by_label("Trials", exact=True).fill("1.5")
    to_mend = page.locator("#new-to-mend")
    expect(to_mend).to_contain_text("search.max_trials is 1.5, but must be a whole number", timeout=_PATIENCE)
    page.get_by_label("Trials", exact=True).fill("15")
    page.locator("#new-spaces summary", has_text="svm").click()
    page.locator("#new-spaces summary", has_text="decision tree").click()
    page.get_by_label("decision_tree.max_depth To").fill("17.5")
    expect(to_mend).to_contain_text("search.space.decision_tree.max_depth.high is 17.5")


def test_what_is_no_number_is_said_to_count_as_empty(page: Page, address: str) -> None:
    page.goto(f"{address}/new")
    seconds = page.get_by_label("Seconds", exact=True)
    said = "() => getComputedStyle(document.activeElement.closest('.field'), '::after').content"
    seconds.fill("90")
    seconds.focus()
    assert page.evaluate(said) == "none"
    seconds.press("End")
    page.keyboard.type("e999")
    assert "counts as empty" in page.evaluate(said)


def test_a_start_that_met_no_server_can_be_clicked_again_when_it_is_back(
    page: Page, address: str, store: Store
) -> None:
    page.goto(f"{address}/new?run.id=second-click")
    expect(page.locator(".estimate-figure")).to_contain_text("About", timeout=_PATIENCE)
    start, offline = page.get_by_role("button", name="Start run"), page.locator("#shell-offline")
    page.context.set_offline(True)
    start.click()
    expect(offline).to_contain_text("No connection")
    expect(start).to_be_enabled()
    page.context.set_offline(False)
    expect(offline).to_be_hidden(timeout=_PATIENCE)
    start.click()
    page.wait_for_url("**/runs/second-click")
    assert "second-click" in set(frames.runs_frame(store)["run_id"])
