"""What surrounds every page: news of runs, slower polls in the background, and the keyboard."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, Request, expect
from projects import wait_until
from sites import FilledSite, site_of_everything

from tunescope.store import commands, runs

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FilledSite]:
    with site_of_everything(tmp_path_factory.mktemp("site")) as site:
        yield site


def show(page: Page, is_shown: bool) -> None:
    """Bring the page's tab to the front, or send it to the background."""
    page.evaluate(
        """isShown => {
            Object.defineProperty(document, "hidden", { configurable: true, get: () => !isShown });
            document.dispatchEvent(new Event("visibilitychange"));
        }""",
        is_shown,
    )


def let_pass(page: Page, seconds: int) -> None:
    """Let time pass on the page, and the answers come in."""
    for _ in range(seconds):
        page.clock.run_for(1000)
        page.wait_for_timeout(60)


@pytest.fixture
def polls(page: Page) -> list[str]:
    """What the page asks for without anybody doing anything."""
    asked: list[str] = []

    def note(request: Request) -> None:
        if "-poll.n_intervals" in (request.post_data or "") or request.url.endswith("/states"):
            asked.append("states" if request.url.endswith("/states") else "page")

    page.on("request", note)
    return asked


def test_a_tab_in_the_background_asks_ten_times_less_and_at_once_when_it_is_back(
    page: Page, site: FilledSite, polls: list[str]
) -> None:
    page.clock.install()
    page.goto(f"{site.address}/runs/signs-paused")
    expect(page.locator("#run-state")).to_have_text("Paused")
    let_pass(page, 12)
    assert polls.count("page") >= 4  # of twelve, as the answers take longer than this clock allows
    assert polls.count("states") >= 2
    show(page, False)
    let_pass(page, 2)  # what was on its way
    polls.clear()
    let_pass(page, 24)
    assert 1 <= polls.count("page") <= 3
    assert polls.count("states") <= 1
    polls.clear()
    show(page, True)
    page.wait_for_timeout(300)
    assert sorted(polls) == ["page", "states"]
    let_pass(page, 8)
    assert polls.count("page") >= 3


def test_a_run_that_ends_is_told_on_other_pages_and_leads_there(page: Page, site: FilledSite) -> None:
    samples = site.samples
    for name in ("night-one", "night-two"):
        samples.run(name, 2)
    page.clock.install()
    page.goto(f"{site.address}/reports")
    expect(page.locator("h1")).to_have_text("Reports")
    told = page.locator("#shell-ends .end")
    let_pass(page, 6)
    expect(told).to_have_count(0)  # runs that had ended before are no news
    samples.finish("night-one")
    samples.kill("night-two")
    let_pass(page, 6)
    expect(told).to_have_count(2)
    expect(told.filter(has_text="night-one has finished")).to_be_visible()
    expect(told.filter(has_text="night-two was interrupted")).to_be_visible()
    assert page.locator("#shell-ends").get_attribute("aria-live") == "polite"

    told.first.get_by_role("button", name="Dismiss").focus()
    page.keyboard.press("Escape")
    expect(told).to_have_count(1)
    expect(told.get_by_role("button", name="Dismiss")).to_be_focused()
    told.get_by_role("link", name="Open the run").click()
    page.wait_for_url("**/runs/night-*")
    expect(told).to_have_count(0)


def test_many_runs_that_end_at_once_do_not_cover_the_page(page: Page, site: FilledSite) -> None:
    samples, names = site.samples, [f"batch-{number}" for number in range(6)]
    for name in names:
        samples.run(name, 0)
    page.clock.install()
    page.goto(f"{site.address}/datasets")
    expect(page.locator("h1")).to_have_text("Datasets")
    let_pass(page, 6)
    for name in names:
        runs.finish(samples.store, name, "failed", "There is no such file.")
    let_pass(page, 6)
    expect(page.locator("#shell-ends .end")).to_have_count(3)
    more = page.get_by_role("link", name="3 more runs have ended")
    more.click()
    page.wait_for_url(f"{site.address}/")


def test_the_page_of_a_run_tells_its_own_end_itself(page: Page, site: FilledSite) -> None:
    site.samples.run("own", 2)
    page.clock.install()
    page.goto(f"{site.address}/runs/own")
    expect(page.locator("#run-state")).to_have_text("Running")
    let_pass(page, 6)
    site.samples.finish("own")
    let_pass(page, 6)
    expect(page.locator("#run-state")).to_have_text("Finished")
    expect(page.locator("#shell-ends .end")).to_have_count(0)


def test_the_keyboard_skips_to_the_content_and_comes_back_from_dialogs(page: Page, site: FilledSite) -> None:
    page.goto(f"{site.address}/runs/signs-running")
    stop = page.get_by_role("button", name="Stop", exact=True)
    expect(stop).to_be_visible()
    page.keyboard.press("Tab")
    expect(page.locator(".skip-link")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#shell-page")).to_be_focused()
    page.keyboard.press("Tab")
    inside = "document.getElementById('shell-page').contains(document.activeElement)"
    assert page.evaluate(inside)
    # What has the focus shows it.
    style = "getComputedStyle(document.activeElement)"
    assert page.evaluate(f"{style}.outlineStyle !== 'none' && parseFloat({style}.outlineWidth) >= 2")

    stop.focus()
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog")
    expect(dialog).to_be_visible()
    page.wait_for_function("document.querySelector('[role=dialog]')?.contains(document.activeElement)")
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(stop).to_be_focused()


def test_the_focus_stays_near_a_button_that_is_switched_off_or_gone(page: Page, site: FilledSite) -> None:
    store = site.samples.store
    site.samples.run("by-keys", 2)
    page.goto(f"{site.address}/runs/by-keys")
    actions, stop = page.locator("#run-actions"), page.get_by_role("button", name="Stop", exact=True)
    pause, resume = (page.get_by_role("button", name=name) for name in ("Pause", "Resume"))
    pause.focus()
    page.keyboard.press("Enter")
    wait_until(lambda: commands.pending(store, "by-keys"))
    expect(pause).to_be_disabled()
    expect(actions).to_be_focused()
    (asked,) = commands.pending(store, "by-keys")
    runs.pause(store, "by-keys", True)
    commands.acknowledge(store, asked, "Paused")
    # What takes the place of the button takes its focus.
    expect(resume).to_be_enabled()
    expect(resume).to_be_focused()
    page.keyboard.press("Enter")
    wait_until(lambda: commands.pending(store, "by-keys"))
    expect(resume).to_be_disabled()
    expect(actions).to_be_focused()
    (asked,) = commands.pending(store, "by-keys")
    runs.pause(store, "by-keys", False)
    commands.acknowledge(store, asked, "Searching again.")
    expect(pause).to_be_enabled()
    expect(pause).to_be_focused()

    stop.focus()
    page.keyboard.press("Enter")
    stop_now = page.get_by_role("button", name="Stop now")
    stop_now.focus()
    page.keyboard.press("Enter")
    expect(stop_now).to_be_hidden()
    expect(stop).to_be_disabled()
    expect(actions).to_be_focused()
    runs.finish(store, "by-keys", "stopped", "stopped by command")
    expect(stop).to_have_count(0)
    expect(actions).to_be_focused()
    page.keyboard.press("Tab")
    expect(resume).to_be_focused()

    # Who has left it for elsewhere is not called back.
    page.mouse.click(100, 800)
    runs.finish(store, "by-keys", "finished")
    expect(resume).to_have_count(0)
    expect(page.locator("body")).to_be_focused()


def wait_for_poll(page: Page) -> None:
    with page.expect_response(lambda answer: "run-state.children" in (answer.request.post_data or "")):
        pass


def test_buttons_that_a_poll_draws_ask_nothing_and_keep_their_state(page: Page, site: FilledSite) -> None:
    store = site.samples.store
    site.samples.run("redrawn", 2)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.post_data or "") if request.post_data else None)
    page.goto(f"{site.address}/runs/redrawn")
    pause, resume = (page.get_by_role("button", name=name) for name in ("Pause", "Resume"))
    pause.click()
    expect(pause).to_be_disabled()
    asked.clear()
    runs.pause(store, "redrawn", True)
    expect(resume).to_be_disabled()
    wait_for_poll(page)
    expect(resume).to_be_disabled()
    commands.acknowledge(store, commands.pending(store, "redrawn")[0], "Paused")
    expect(resume).to_be_enabled()
    wait_for_poll(page)
    assert {body for body in asked if '"run-poll","property":"n_intervals"' not in body} == set()


def test_filters_have_one_stop_each_and_are_read_out_with_their_name(page: Page, site: FilledSite) -> None:
    page.goto(f"{site.address}/trials")
    model = page.get_by_role("button", name="Model All")
    expect(model).to_be_visible()
    page.locator("#trials-text").focus()
    stops = []
    for _ in range(6):
        page.keyboard.press("Tab")
        stops.append(page.evaluate("document.activeElement.className"))
    assert all("dash-dropdown" in one and "focus-target" not in one for one in stops)
    model.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("option", name="cnn")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("option", name="cnn")).to_be_hidden()
    expect(model).to_be_focused()
