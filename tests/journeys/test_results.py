"""From the best model of a dataset to what came of all: compared, measured, ranked, looked into."""

import re
from collections.abc import Iterator

import pytest
from dashboard_samples import fill, stand_in
from playwright.sync_api import Page, expect
from serving import served

from dashboard.app import create_app
from tunescope.store import open_store

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A site with a run in every state, two of them finished."""
    root = tmp_path_factory.mktemp("results")
    url = f"sqlite:///{root / 'trials.db'}"
    store = open_store(url)
    samples = fill(store, root)
    samples.run("signs-again", 3, strategies=["grid"])
    samples.finish("signs-again")
    with served(create_app(url, stand_in(root))) as address:
        yield address
    store.close()


def test_two_reports_are_ticked_and_compared_and_the_link_shows_the_same(page: Page, site: str) -> None:
    page.goto(site)
    expect(page.locator(".overview-best")).to_contain_text(re.compile(r"validation \d"))
    page.get_by_role("link", name="Reports", exact=True).click()
    for run_id in ("signs-again", "signs-finished"):
        page.get_by_label(f"Compare {run_id}").check()
    page.get_by_role("link", name="Compare 2 runs").click()
    page.wait_for_url(re.compile(r"/reports\?compare=signs-again&compare=signs-finished"))
    expect(page.locator("#compared-tests")).to_contain_text("Of 90 test images")
    expect(page.locator("#compared-accuracy .main-svg").first).to_be_visible()
    page.reload()
    expect(page.locator("#compared-parameters")).to_contain_text("search.strategies")


def test_a_view_of_benchmarks_stands_in_its_address(page: Page, site: str) -> None:
    page.goto(f"{site}/benchmarks")
    expect(page.locator("#benchmarks-table tbody tr")).to_have_count(2)
    page.get_by_text("Memory", exact=True).first.click()
    page.wait_for_url(re.compile(r"/benchmarks\?cost=peak_memory_bytes"))
    expect(page.locator("#benchmarks-costs")).to_contain_text("Memory (MB)")
    page.reload()
    expect(page.get_by_label("Memory", exact=True)).to_be_checked()


def test_a_network_is_looked_into_and_policies_are_drawn(page: Page, site: str) -> None:
    page.goto(f"{site}/architectures")
    page.get_by_role("link", name="Look inside").first.click()
    page.wait_for_url(re.compile(r"trial=signs"))
    expect(page.locator(".network-block").first).to_contain_text("Convolution", timeout=30_000)
    page.get_by_role("link", name="Learning rate", exact=True).click()
    expect(page.locator("#learning-schedules")).to_contain_text("onecycle")
