"""From images on a disk to the page of a dataset: a real Chromium, a real server, a real preparation."""

import base64
from collections.abc import Iterator

import pytest
from dropping import DROP, archive_of
from playwright.sync_api import Browser, Page, Route, expect
from prepared_samples import enter_prepared
from projects import Project, dashboard_of, draw_photos, make_project, wait_until

from dashboard.dataset_view import TABS
from tunescope.store import open_store

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A project whose store knows a dataset already."""
    project = make_project(tmp_path_factory.mktemp("datasets") / "project")
    (project.root / "data").mkdir(exist_ok=True)
    store = open_store(project.store_url)
    enter_prepared(store, project.root, "shapes", "f00dbeef", "prepare-shapes-1")
    store.close()
    return project


@pytest.fixture(scope="module")
def address(project: Project) -> Iterator[str]:
    """The dashboard as its own process."""
    with dashboard_of(project) as address:
        yield address


@pytest.fixture
def complaints(page: Page) -> list[str]:
    """What the browser calls an error."""
    found: list[str] = []
    page.on("pageerror", lambda error: found.append(str(error)))
    page.on("console", lambda line: line.type == "error" and found.append(line.text))
    return found


def enter(page: Page, label: str, text: str) -> None:
    """Fill a field and leave it: an answer that arrives meanwhile can swallow the pause that sends it."""
    page.get_by_label(label, exact=True).fill(text)
    page.keyboard.press("Tab")


@pytest.mark.long
def test_an_archive_is_dropped_prepared_and_looked_at(
    page: Page, address: str, project: Project, complaints: list[str]
) -> None:
    page.on("dialog", lambda dialog: pytest.fail(f"a script ran: {dialog.message}"))
    page.goto(f"{address}/datasets")
    expect(page.locator("#upload-zone")).to_be_visible()
    page.evaluate(DROP, ["<b>my</b> stripes.zip", archive_of(project.root / "photos")])
    page.wait_for_url("**/datasets?prepare=*")
    expect(page.locator("#prepare-outline")).to_contain_text("stripes0 (14)")
    enter(page, "Group", r"/(\d)\d\.png")
    groups = page.locator("#prepare-groups")  # checking a form for the first time loads a good deal
    expect(groups).to_contain_text("2 groups in 42 sampled paths: 0 (30), 1 (12).", timeout=20_000)
    enter(page, "Group", "")
    enter(page, "Name", "stripes")
    expect(page.locator("#prepare-command")).to_contain_text("dataset.name=stripes")
    page.get_by_role("button", name="Prepare", exact=True).click()
    expect(page.locator("#datasets-active")).to_contain_text("stripes")
    page.wait_for_url("**/datasets/stripes?fingerprint=*", timeout=60_000)

    expect(page.locator("h1")).to_have_text("stripes")
    expect(page.locator(".class-row")).to_have_count(3)
    page.get_by_role("link", name="stripes1").click()
    expect(page.locator(".image-tile")).to_have_count(14)
    page.locator(".image-tile").first.click()
    box = page.get_by_role("dialog")
    expect(box).to_contain_text("24")
    first = page.url
    page.keyboard.press("ArrowRight")
    page.wait_for_url(lambda url: url != first)
    page.keyboard.press("Escape")
    expect(box).to_be_hidden()
    for tab in TABS.values():
        page.locator(".tabs").get_by_role("link", name=tab, exact=True).click()
        expect(page.locator(".tabs").first.locator("[aria-current=page]")).to_have_text(tab)
        expect(page.locator(".card-part").first).to_be_visible()
    page.get_by_role("link", name="Search models on this").click()
    expect(page.get_by_label("Images", exact=True)).to_have_value(
        "data/01_raw/uploads/b-stripes/b-stripes.zip"
    )
    expect(page.locator("#new-command")).to_contain_text("dataset.name=stripes")
    assert complaints == []


def test_an_upload_survives_a_connection_that_breaks(page: Page, address: str, project: Project) -> None:
    broken: list[str] = []

    def break_twice(route: Route) -> None:
        broken.append(route.request.method)
        if len(broken) < 3:
            route.abort("connectionreset")
        else:
            route.continue_()

    page.goto(f"{address}/datasets")
    expect(page.locator("#upload-zone")).to_be_visible()
    page.route("**/uploads/*?offset=*", break_twice)
    page.evaluate(DROP, ["broken.zip", archive_of(project.root / "photos")])
    expect(page.locator("#upload-progress")).to_contain_text("trying again")
    page.wait_for_url("**/datasets?prepare=*", timeout=20_000)
    assert (project.root / "data/01_raw/uploads/broken/broken.zip").is_file()


def test_an_upload_that_stands_still_is_cancelled_and_leaves_nothing(
    page: Page, address: str, project: Project
) -> None:
    page.goto(f"{address}/datasets")
    expect(page.locator("#upload-zone")).to_be_visible()
    page.route("**/uploads/*?offset=*", lambda route: route.abort("connectionreset"))
    page.evaluate(DROP, ["never.zip", archive_of(project.root / "photos")])
    expect(page.locator("#upload-progress")).to_contain_text("never.zip")
    drafts = project.root / "data/01_raw/.uploads"
    wait_until(lambda: any(drafts.iterdir()))
    page.locator("#upload-progress").get_by_role("button", name="Cancel").click()
    expect(page.locator("#upload-progress")).to_be_empty()
    wait_until(lambda: not any(drafts.iterdir()))


def test_what_no_reader_takes_is_a_sentence_in_place(page: Page, address: str) -> None:
    page.goto(f"{address}/datasets")
    expect(page.locator("#upload-zone")).to_be_visible()
    page.evaluate(DROP, ["<i>notes</i>.zip", base64.b64encode(b"no archive" * 50).decode()])
    expect(page.locator("#upload-progress [role=alert]")).to_contain_text("This upload was not kept")
    expect(page.locator("#upload-progress [role=alert]")).to_contain_text("<i>notes</i>.zip")


def test_a_folder_is_chosen_and_arrives_with_its_paths(page: Page, address: str, project: Project) -> None:
    draw_photos(project.root / "elsewhere/pets", classes=2, images=70)
    page.goto(f"{address}/datasets")
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="Choose a folder").click()
    chooser.value.set_files(project.root / "elsewhere/pets")
    page.wait_for_url("**/datasets?prepare=*")
    expect(page.locator("#prepare-outline")).to_contain_text("stripes1 (70)")
    assert len(list((project.root / "data/01_raw/uploads/pets").rglob("*.png"))) == 140


def test_labels_are_corrected_on_the_page(
    page: Page, address: str, project: Project, complaints: list[str]
) -> None:
    page.goto(f"{address}/datasets/shapes?tab=labels")
    expect(page.locator(".suspect")).to_have_count(10)
    page.locator(".suspect select").nth(0).select_option("Remove this image")
    page.locator(".suspect select").nth(1).select_option(label="It is b")
    expect(page.locator("#label-saved")).to_contain_text("2 corrections saved")
    written = (project.root / "data/01_raw/corrections/shapes-f00dbeef.csv").read_text()
    assert written.splitlines()[1:] == ["a/000.png,,yes", "a/006.png,b,"]
    page.reload()
    expect(page.locator(".suspect-done")).to_have_count(2)
    expect(page.locator(".suspect select").nth(1)).to_have_value("=b")
    assert complaints == []


def test_a_point_of_the_map_shows_its_image(page: Page, address: str, complaints: list[str]) -> None:
    page.goto(f"{address}/datasets/shapes?tab=map")
    page.wait_for_function("document.querySelector('#map-graph .js-plotly-plot canvas.gl-canvas')")
    place = page.evaluate(
        """() => {
            const plot = document.querySelector("#map-graph .js-plotly-plot");
            const { xaxis, yaxis } = plot._fullLayout;
            const box = plot.getBoundingClientRect(), trace = plot.calcdata[0][0].trace;
            const [x, y] = [trace.x[0], trace.y[0]];
            return [box.left + xaxis._offset + xaxis.l2p(x), box.top + yaxis._offset + yaxis.l2p(y)];
        }"""
    )
    page.mouse.move(place[0] - 40, place[1] - 40)
    page.mouse.move(*place, steps=4)
    expect(page.locator("#map-text")).to_contain_text(".png", timeout=5_000)
    expect(page.locator("#map-image")).to_be_visible()
    assert complaints == []


@pytest.mark.parametrize(("width", "scheme"), [(1440, "light"), (390, "dark")])
def test_every_part_fits_the_screen_and_raises_nothing(
    browser: Browser, address: str, width: int, scheme: str
) -> None:
    context = browser.new_context(viewport={"width": width, "height": 844}, color_scheme=scheme)
    page = context.new_page()
    found: list[str] = []
    page.on("pageerror", lambda error: found.append(str(error)))
    page.on("console", lambda line: line.type == "error" and found.append(line.text))
    page.on("dialog", lambda dialog: found.append(dialog.message))
    paths = [f"/datasets/shapes?tab={tab}" for tab in TABS]
    for path in [
        "/datasets",
        "/datasets?prepare=photos",
        "/datasets/shapes?tab=images&image=a/000.png",
        *paths,
    ]:
        page.goto(address + path)
        expect(page.locator("h1")).to_be_visible()
        page.wait_for_function("!document.querySelector('.skeleton')")
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path
        assert page.locator("h1").count() == 1, path
        fields = "[...document.querySelectorAll('input:not([aria-hidden]), select')]"
        unlabelled = page.evaluate(f"{fields}.filter(one => !one.labels.length).map(one => one.outerHTML)")
        assert unlabelled == [], path
    context.close()
    assert found == []
