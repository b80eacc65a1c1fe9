"""What holds on every page: it fits, reads well, stays on this server, and its address holds the view."""

from collections.abc import Iterator
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect
from sites import FilledSite, site_of_everything

from dashboard.app import PAGES

pytestmark = pytest.mark.browser

# Addresses of the pages that need one, and other views of a page. The first of each is always looked at.
VIEWS = {
    "/datasets/<name>": [
        f"/datasets/shapes?tab={tab}"
        for tab in ("images", "overview", "findings", "duplicates", "labels", "map", "preparation")
    ],
    "/runs/<run_id>": [
        f"/runs/signs-{state}"
        for state in ("running", "finished", "paused", "starting", "killed", "failed", "stopped")
    ],
    "/trials": [
        "/trials?charts=costs",
        "/trials",
        "/trials?charts=settings",
        "/trials?charts=training",
        "/trials?view=compare&picked=1,3,5",
        "/trials?view=studies&cost=seconds",
    ],
    "/trials/<study>/<number>": [
        "/trials/shapes-grid/0?cell=0:1",
        "/trials/signs-finished-grid/0",
        "/trials/signs-finished-grid/7",
    ],
    "/reports": [
        "/reports",
        "/reports?run=signs-finished",
        "/reports?compare=signs-finished&compare=signs-stopped",
    ],
    "/predict": ["/predict", "/predict?study=shapes-grid&trial=0"],
}
NOTHING = ["/nowhere", "/runs/nobody"]
AXE = Axe()
# What can differ between light and dark.
COLOURS = {"runOnly": ["color-contrast"]}
# Adds up how far what is seen moves while a page is loaded: Cumulative Layout Shift, which web.dev calls good
# up to 0.1, a tenth of the window moved by its height.
SHIFTS = """window.shifted = 0;
    new PerformanceObserver((list) => list.getEntries().forEach((one) => { window.shifted += one.value; }))
        .observe({ type: "layout-shift", buffered: true });"""
MOST_SHIFTED = 0.1
_LOOKS = 5
SETTLED = """() => !document.querySelector("#shell-page .skeleton")
    && [...document.querySelectorAll(".js-plotly-plot")].every((one) => one.querySelector(".main-svg"))"""
# What a person would call the view: its headings, what is chosen, what is counted.
VIEW = """() => [
    ...[...document.querySelectorAll("#shell-page :is(h1, h2), .tab-current, [id$='-count']")]
        .map((one) => one.innerText),
    ...[...document.querySelectorAll("#shell-page input:is(:checked, [type=text], [type=number])")]
        .map((one) => one.closest("label, .form-check")?.innerText + "=" + one.value),
    ...[...document.querySelectorAll("#shell-page .dash-dropdown")].map((one) => one.innerText),
]"""


def addresses() -> Iterator[Any]:
    """Every page and view; all but the first of a page are for those who have time."""
    for page in PAGES:
        first, *others = VIEWS.get(page.path, [page.path])
        assert "<" not in first, f"give a view of {page.path} above"
        yield pytest.param(first, id=first)
        yield from (pytest.param(other, id=other, marks=pytest.mark.long) for other in others)
    yield from (pytest.param(one, id=one, marks=pytest.mark.long) for one in NOTHING)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FilledSite]:
    with site_of_everything(tmp_path_factory.mktemp("site")) as site:
        yield site


def settle(page: Page) -> None:
    """Wait until everything that is on its way is there."""
    expect(page.locator("#shell-page h1").first).to_be_visible()
    page.wait_for_function(SETTLED)


def faults(page: Page, **options: Any) -> list[str]:
    """What axe-core finds that would keep somebody out, and still finds some seconds later.

    A grid has rows without cells while it is built, which takes seconds on a busy machine.
    """
    for _ in range(_LOOKS):
        if not (found := _faults(page, options)):
            break
        page.wait_for_timeout(1000)
    return found


def _faults(page: Page, options: dict[str, Any]) -> list[str]:
    found = AXE.run(page, options={"resultTypes": ["violations"], **options}).response["violations"]
    return [
        f"{one['id']}: {[node['target'] for node in one['nodes']]}"
        for one in found
        if one["impact"] in ("serious", "critical")
    ]


@pytest.mark.parametrize("address", list(addresses()))
def test_a_page_can_be_used_by_everybody_at_every_width_stands_still_and_loads_from_here_alone(
    page: Page, site: FilledSite, address: str
) -> None:
    site.complaints.clear()
    site.watch(page)
    page.add_init_script(SHIFTS)
    page.emulate_media(reduced_motion="reduce")  # no colour is caught on its way to another
    page.goto(site.address + address)
    settle(page)
    assert faults(page) == []
    assert page.evaluate("window.shifted") <= MOST_SHIFTED
    assert page.locator("h1").count() == 1
    page.set_viewport_size({"width": 390, "height": 844})
    page.emulate_media(color_scheme="dark")
    page.wait_for_function("document.documentElement.dataset.bsTheme === 'dark'")
    settle(page)
    assert faults(page, **COLOURS) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    expected = [] if address not in NOTHING else site.complaints[:1]  # the browser notes the status 404
    assert site.complaints == expected


@pytest.mark.parametrize(
    "address",
    [
        "/trials?charts=costs&model=svm",
        pytest.param("/trials?view=studies&cost=seconds", marks=pytest.mark.long),
        pytest.param("/trials?view=compare&picked=1,3,5", marks=pytest.mark.long),
        pytest.param("/datasets/shapes?tab=findings", marks=pytest.mark.long),
        pytest.param("/trials/shapes-grid/0?cell=0:1", marks=pytest.mark.long),
        pytest.param("/timing?model=cnn", marks=pytest.mark.long),
        pytest.param("/reports?run=signs-finished", marks=pytest.mark.long),
    ],
)
def test_an_address_shows_the_same_after_back_and_forward_and_a_reload(
    page: Page, site: FilledSite, address: str
) -> None:
    page.goto(site.address + address)
    settle(page)
    before, view = page.url, page.evaluate(VIEW)
    page.locator(".brand").click()
    page.wait_for_url(site.address + "/")
    settle(page)
    page.go_back()
    page.wait_for_url(before)
    page.wait_for_function(f"view => JSON.stringify(({VIEW})()) === JSON.stringify(view)", arg=view)
    page.reload()
    settle(page)
    page.wait_for_function(f"view => JSON.stringify(({VIEW})()) === JSON.stringify(view)", arg=view)
    page.go_forward()
    page.wait_for_url(site.address + "/")
    settle(page)
