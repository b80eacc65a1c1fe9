"""A real browser shows the report on every page it may stand on, without asking anybody for anything."""

from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect
from sample_runs import Sample

from tunescope.report import collect, render

pytestmark = pytest.mark.browser
FIGURES = 15


@pytest.fixture(scope="module")
def address(sample_store: Sample, tmp_path_factory: pytest.TempPathFactory) -> str:
    path: Path = tmp_path_factory.mktemp("report") / "report.html"
    path.write_text(render(collect(sample_store.store, sample_store.run_id)), encoding="utf-8")
    return path.as_uri()


def _open(browser: Browser, address: str, width: int, scheme: str) -> tuple[Page, list[str], list[str]]:
    page = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)
    requests: list[str] = []
    faults: list[str] = []
    page.on("request", lambda request: requests.append(request.url))
    page.on("console", lambda message: faults.append(message.text) if message.type != "log" else None)
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.goto(address)
    expect(page.locator(".plot:has(.main-svg)")).to_have_count(FIGURES)
    return page, requests, faults


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1440])
def test_it_fits_the_screen_and_needs_no_network(
    browser: Browser, address: str, width: int, scheme: str
) -> None:
    page, requests, faults = _open(browser, address, width, scheme)
    assert page.evaluate("document.documentElement.scrollWidth") == width
    assert [url for url in requests if not url.startswith(("data:", "blob:"))] == [address]
    assert faults == []
    broken = "[...document.images].filter((image) => !image.naturalWidth).length"
    assert page.evaluate(broken) == 0
    page.close()


def test_the_first_screen_shows_winner_accuracy_baseline_and_cost(browser: Browser, address: str) -> None:
    page, _, _ = _open(browser, address, 1440, "light")
    for selector in ("h1", ".verdict", ".stats"):
        box = page.locator(selector).bounding_box()
        assert box is not None
        assert box["y"] + box["height"] <= 900
    page.close()


def test_figures_follow_the_page_from_light_to_dark(browser: Browser, address: str) -> None:
    page, _, _ = _open(browser, address, 1440, "light")
    legend = page.locator("[data-figure=history] .legendtext").first
    expect(legend).to_have_css("fill", "rgb(27, 34, 48)")
    page.emulate_media(color_scheme="dark")
    expect(legend).to_have_css("fill", "rgb(232, 235, 240)")
    page.close()


def test_hostile_names_do_nothing(browser: Browser, sample_store: Sample, tmp_path: Path) -> None:
    data = collect(sample_store.store, sample_store.run_id)
    attack = "<img src=x onerror=document.title='owned'>"
    assert data.winner is not None
    assert data.winner.confusion is not None
    course = data.charts["history"]
    lines = tuple(replace(line, label=attack, models=(attack,) * len(line.models)) for line in course.lines)
    hostile = replace(
        data,
        charts={**data.charts, "history": replace(course, lines=lines)},
        winner=replace(data.winner, confusion=replace(data.winner.confusion, classes=(attack,) * 4)),
    )
    path = tmp_path / "hostile.html"
    path.write_text(render(hostile), encoding="utf-8")
    page, _, faults = _open(browser, path.as_uri(), 1440, "light")
    page.locator("[data-figure=history] .scatterlayer").first.hover(force=True)
    assert page.title() == "shapes: Tunescope report"
    assert page.locator("[data-figure] img").count() == 0
    assert faults == []
    page.close()
