"""The dashboard as a person sees it: a real Chromium on a served app."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import sites
from dashboard_samples import Samples
from playwright.sync_api import Browser, Page, expect
from sites import FilledSite, Site, site_of_runs

from tunescope.store import frames, runs

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FilledSite]:
    """A site with a run in every state, to look at."""
    with site_of_runs(tmp_path_factory.mktemp("site")) as site:
        yield site


@pytest.fixture
def empty_site(tmp_path: Path) -> Iterator[Site]:
    with sites.empty_site(tmp_path) as site:
        yield site


def test_a_first_run_is_started_watched_stopped_and_resumed(page: Page, empty_site: Site) -> None:
    empty_site.watch(page)
    page.goto(empty_site.address)
    page.get_by_role("link", name="Start a first run").click()
    page.get_by_label("Run id").fill("First")
    expect(page.locator(".field-fault").filter(has_text="run.id")).to_be_visible()
    page.get_by_label("Run id").fill("first")
    expect(page.locator(".field-fault").filter(has_text="run.id")).to_be_hidden()
    expect(page.locator("#new-command")).to_contain_text("run.id=first")
    page.get_by_role("button", name="Start run").dblclick()
    page.wait_for_url("**/runs/first")
    assert list(frames.runs_frame(empty_site.store)["run_id"]) == ["first"]

    state = page.locator("#run-state")
    expect(state).to_have_text("Running", timeout=20_000)
    page.get_by_role("button", name="Stop", exact=True).click()
    page.get_by_role("button", name="Stop now").click()
    expect(page.locator("#run-notice")).to_contain_text("Stop")
    expect(state).to_have_text("Stopped", timeout=20_000)
    page.get_by_role("button", name="Resume").click()
    expect(state).to_have_text("Running", timeout=20_000)
    assert runs.get(empty_site.store, "first")["launches"] == 2
    page.get_by_role("button", name="Stop", exact=True).click()
    page.get_by_role("button", name="Stop now").click()
    expect(state).to_have_text("Stopped", timeout=20_000)
    assert empty_site.complaints == []


def test_a_link_to_the_trials_shows_the_same_view(page: Page, site: Site) -> None:
    page.goto(f"{site.address}/trials?run=signs-finished")
    expect(page.locator("#trials-count")).to_have_text("8 of 33 trials")
    page.get_by_label("Search").fill("learning_rate")
    expect(page.locator("#trials-count")).to_have_text("4 of 33 trials")
    page.locator(".ag-header-cell[col-id=validation_accuracy] .ag-header-cell-label").click()
    # The rows of the new order replace the old ones, and a tick on a row that goes is lost.
    page.wait_for_url(re.compile("sort=validation_accuracy"))
    page.wait_for_load_state("networkidle")
    page.locator(".ag-row .pick").nth(0).click()
    expect(page.locator("#trials-picked-note")).to_contain_text("1 trial")
    page.locator(".ag-row .pick").nth(1).click()
    expect(page.locator("#trials-picked-note")).to_contain_text("2 trials")
    page.wait_for_url(
        re.compile(r"q=learning_rate&run=signs-finished&sort=validation_accuracy&picked=\d+,\d+")
    )

    other = page.context.new_page()
    other.goto(page.url)
    expect(other.locator("#trials-count")).to_have_text("4 of 33 trials")
    expect(other.get_by_label("Search")).to_have_value("learning_rate")
    expect(other.locator(".ag-row .pick:checked")).to_have_count(2)
    expect(other.locator("#trials-picked-note")).to_contain_text("2 trials")
    assert other.url == page.url
    other.get_by_role("link", name="Trials", exact=True).click()
    expect(other.locator("#trials-count")).to_have_text("33 trials")


def test_no_tick_is_lost_however_quickly_it_follows(page: Page, site: Site) -> None:
    page.goto(f"{site.address}/trials?run=signs-finished")
    expect(page.locator(".ag-row .pick")).to_have_count(8)
    page.wait_for_load_state("networkidle")
    first_five = "[...document.querySelectorAll('.ag-row .pick')].slice(0, 5)"
    page.evaluate(f"for (const pick of {first_five}) pick.click()")
    expect(page.locator("#trials-picked-note")).to_contain_text("5 trials")
    page.locator(".ag-row .pick:checked").first.click()
    expect(page.locator("#trials-picked-note")).to_contain_text("4 trials")
    page.wait_for_load_state("networkidle")
    expect(page.locator("#trials-picked-note")).to_contain_text("4 trials")
    page.get_by_role("button", name="Clear picks").click()
    expect(page.locator("#trials-picked-note")).to_contain_text("Tick trials")
    expect(page.locator(".ag-row .pick:checked")).to_have_count(0)
    page.wait_for_function("!location.search.includes('picked')")


def test_a_trial_is_opened_from_the_table_and_back_leads_back(page: Page, site: Site) -> None:
    page.goto(f"{site.address}/trials?state=COMPLETE&model=cnn")
    page.locator(".ag-row a").first.click()
    expect(page.locator("h1")).to_contain_text("#")
    expect(page.locator("#answers-matrix .main-svg").first).to_be_visible()
    assert page.title().endswith("Tunescope")
    page.go_back()
    expect(page.locator("h1")).to_have_text("Trials")
    assert "model=cnn" in page.url


def test_the_page_of_a_run_follows_the_store(page: Page, empty_site: Site, tmp_path: Path) -> None:
    samples = Samples(empty_site.store, tmp_path)
    samples.run("signs", trials=3, strategies=["grid"])
    page.goto(f"{empty_site.address}/runs/signs")
    expect(page.locator("#run-tiles .tile").nth(2)).to_contain_text("3")
    samples.study("signs", "tpe", 2)
    expect(page.locator("#run-tiles .tile").nth(2)).to_contain_text("5")
    expect(page.locator("#run-recent")).to_contain_text("tpe #1")
    samples.finish("signs")
    expect(page.locator("#run-state")).to_have_text("Finished")
    expect(page.locator("#run-notice")).to_contain_text("The winner is")


def test_page_and_charts_follow_the_colour_scheme_while_one_looks(page: Page, site: Site) -> None:
    page.goto(f"{site.address}/runs/signs-finished")
    expect(page.locator("#run-history .main-svg").first).to_be_visible()
    ink = "getComputedStyle(document.querySelector('#run-history .xtick text')).fill"
    light = page.evaluate(ink)
    page.emulate_media(color_scheme="dark")
    page.wait_for_function(f"{ink} !== '{light}'")
    assert page.evaluate("document.documentElement.dataset.bsTheme") == "dark"


def test_everything_is_reached_with_the_keyboard(page: Page, site: Site) -> None:
    page.goto(f"{site.address}/new")
    expect(page.get_by_role("button", name="Start run")).to_be_visible()
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the content"
    reached = set()
    for _ in range(160):
        page.keyboard.press("Tab")
        reached.add(page.evaluate("document.activeElement.id || document.activeElement.textContent"))
    assert {"new-start", "new-copy", "Overview", "Trials", "Reports"} <= reached
    fields = "[...document.querySelectorAll('input, select')]"
    unlabelled = page.evaluate(f"{fields}.filter(one => !one.labels.length).map(one => one.outerHTML)")
    assert unlabelled == []


def test_the_menu_opens_and_closes_on_a_narrow_screen(browser: Browser, site: Site) -> None:
    page = browser.new_page(viewport={"width": 390, "height": 844})
    page.goto(site.address)
    expect(page.locator("h1")).to_be_visible()
    menu = page.get_by_role("button", name="Menu")
    expect(page.get_by_role("link", name="Reports")).to_be_hidden()
    menu.click()
    expect(menu).to_have_attribute("aria-expanded", "true")
    page.get_by_role("link", name="Reports").click()
    expect(page.locator("h1")).to_have_text("Reports")
    expect(menu).to_have_attribute("aria-expanded", "false")
    page.close()


def test_mark_up_in_the_store_stays_text(page: Page, site: Site) -> None:
    page.on("dialog", lambda dialog: pytest.fail(f"a script ran: {dialog.message}"))
    page.goto(f"{site.address}/runs/signs-failed")
    expect(page.locator("#run-notice")).to_contain_text("<i>x</i>.zip")
    page.goto(f"{site.address}/trials/signs-finished-grid/0")
    expect(page.locator("#answers-matrix")).to_contain_text("<b>rock</b>")


def test_a_store_that_vanishes_and_returns_is_noticed(page: Page, empty_site: Site, tmp_path: Path) -> None:
    Samples(empty_site.store, tmp_path).run("signs", trials=2, strategies=["grid"])
    page.goto(f"{empty_site.address}/runs/signs")
    expect(page.locator("#run-state")).to_have_text("Running")
    file = tmp_path / "trials.db"
    file.rename(tmp_path / "away.db")
    expect(page.locator("#shell-trouble")).to_contain_text("is gone")
    expect(page.locator("#run-state")).to_have_text("Running")
    (tmp_path / "away.db").rename(file)
    expect(page.locator("#shell-trouble")).to_be_empty(timeout=10_000)


def test_a_filter_is_added_seen_and_taken_away(page: Page, site: Site) -> None:
    page.goto(f"{site.address}/trials?run=signs-finished")
    expect(page.locator("#trials-count")).to_have_text("8 of 33 trials")
    page.locator("#trials-add").click()
    page.get_by_role("option", name="svm.C", exact=True).click()
    page.locator("#trials-low").fill("0.001")
    page.get_by_role("button", name="Apply").click()
    chip = page.get_by_role("button", name="Take away the filter svm.C")
    expect(chip).to_have_text("svm.C from 0.001")
    expect(page.locator("#trials-count")).to_have_text("4 of 33 trials")
    page.wait_for_url(re.compile(r"param:svm\.C=0\.001\.\."))
    chip.click()
    expect(page.locator("#trials-count")).to_have_text("8 of 33 trials")


def test_columns_are_chosen_and_the_rows_that_pass_are_saved(page: Page, site: Site) -> None:
    page.goto(f"{site.address}/trials?run=signs-finished&columns=seconds&columns=param:svm.C")
    expect(page.locator(".ag-header-cell-text", has_text="svm.C")).to_be_visible()
    expect(page.locator(".ag-header-cell-text", has_text="State")).to_have_count(0)
    with page.expect_download() as saved:
        page.get_by_role("link", name="CSV").click()
    assert saved.value.suggested_filename == "trials.csv"
    assert len(Path(saved.value.path()).read_text().splitlines()) == 9


def test_a_store_of_plain_optuna_shows_what_it_can(page: Page, empty_site: Site) -> None:
    import optuna

    expect_empty(page, empty_site)
    study = optuna.create_study(study_name="<b>their</b>/1", storage=empty_site.store.storage)
    for index in range(12):
        trial = study.ask()
        x = trial.suggest_float("x", 0, 1)
        trial.set_user_attr("host", "=1+1")
        study.tell(trial, (x - 0.3) ** 2 if index else float("inf"))
    page.goto(f"{empty_site.address}/trials?sort=value")
    expect(page.locator("#trials-count")).to_have_text("12 trials")
    expect(page.locator(".ag-header-cell-text", has_text="host")).to_be_visible()
    expect(page.locator(".ag-center-cols-container .ag-row").first).to_contain_text("Complete")
    assert empty_site.complaints == []


def expect_empty(page: Page, site: Site) -> None:
    page.goto(f"{site.address}/trials")
    expect(page.locator("#shell-page")).to_contain_text("No trial yet")


def test_four_trials_are_compared_side_by_side(page: Page, site: Site) -> None:
    page.goto(f"{site.address}/trials?run=signs-finished&state=COMPLETE")
    boxes = page.locator(".pick")
    expect(boxes.first).to_be_visible()
    for index in range(4):
        boxes.nth(index).click()
    page.get_by_role("link", name="Side by side (4)").click()
    side = page.locator("#trials-side")
    expect(side).to_contain_text("Scores", timeout=20_000)
    expect(side.locator(".main-svg").first).to_be_attached()
    page.wait_for_url(re.compile("view=compare"))
    other = page.context.new_page()
    other.goto(page.url)
    expect(other.locator("#trials-side")).to_contain_text("Scores", timeout=20_000)
    other.close()


def test_a_star_and_a_note_are_found_again(page: Page, empty_site: Site, tmp_path: Path) -> None:
    Samples(empty_site.store, tmp_path).run("signs", trials=2, strategies=["grid"])
    page.goto(f"{empty_site.address}/trials/signs-grid/0")
    page.get_by_role("button", name="Star").click()
    expect(page.get_by_role("button", name="Starred")).to_be_visible()
    # The star has said "Saved" already.
    with page.expect_response(lambda answer: "worth another look" in (answer.request.post_data or "")):
        page.get_by_label("Note", exact=True).fill("worth another look")
    expect(page.locator("#note-state")).to_have_text("Saved")
    page.goto(f"{empty_site.address}/trials?q=another")
    expect(page.locator("#trials-count")).to_have_text("1 of 2 trials")
    page.get_by_text("Views", exact=True).click()
    page.get_by_placeholder("Name of this view").fill("noted")
    page.get_by_role("button", name="Save view").click()
    expect(page.get_by_role("link", name="noted")).to_have_attribute("href", "/trials?q=another")
    assert empty_site.complaints == []
