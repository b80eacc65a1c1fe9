"""What the browser loads is all here, and all used."""

import re
from pathlib import Path

import dashboard
from dashboard.components.basics import STATES

ROOT = Path(dashboard.__file__).parent
ASSETS = ROOT / "assets"
SOURCES = "\n".join(path.read_text() for path in [*ROOT.rglob("*.py"), *(ASSETS / "scripts").glob("*.js")])


def test_each_vendored_folder_has_its_licence() -> None:
    for name in ("bootstrap", "icons", "inter", "plotly"):
        assert "Licen" in (ASSETS / name / "LICENSE").read_text().title()


def test_no_style_or_script_reaches_beyond_this_server() -> None:
    # The drawing library names addresses in its messages and documentation; the policy of the pages, by which
    # browsers fetch from this server alone, is tested with the pages.
    scripts = [path for path in ASSETS.rglob("*.js") if path.parent.name != "plotly"]
    for path in [*ASSETS.rglob("*.css"), *scripts]:
        text = re.sub(r"/\*.*?\*/", "", path.read_text(), flags=re.DOTALL)
        text = text.replace("http://www.w3.org/2000/svg", "")
        assert not re.search(r"(https?:)?//[a-z0-9-]+\.[a-z]", text), path.name
        assert "sourceMappingURL" not in text


def test_every_icon_that_is_asked_for_exists() -> None:
    drawn = set(re.findall(r"\.glyph-([a-z]+)", (ASSETS / "icons" / "icons.css").read_text()))
    asked = {symbol for _, symbol in STATES.values()} | set(re.findall(r'icon\("([a-z]+)"\)', SOURCES))
    asked |= set(re.findall(r'(?:button|button_link|file_link)\(\s*"[^"]+",\s*"([a-z]+)"', SOURCES))
    assert asked <= drawn


def test_every_state_has_its_colours() -> None:
    styles = "\n".join(path.read_text() for path in (ASSETS / "look").glob("*.css"))
    for _, symbol in STATES.values():
        assert f".state-{symbol}" in styles


def test_light_and_dark_choose_the_same_colours() -> None:
    tokens = (ASSETS / "look" / "1_tokens.css").read_text()
    light, dark = tokens.split('[data-bs-theme="dark"] {')[:2]
    colours = set(re.findall(r"(--[a-z0-9-]+): (?:#|0 |rgb)", light))
    chosen = set(re.findall(r"(--[a-z0-9-]+):", dark.split("}")[0]))
    assert colours <= chosen


def test_every_token_that_is_used_is_chosen() -> None:
    styles = "\n".join(path.read_text() for path in (ASSETS / "look").glob("*.css"))
    used = set(re.findall(r"var\((--[a-z][a-z0-9-]*)", styles + SOURCES))
    assert used <= set(re.findall(r"(--[A-Za-z0-9-]+):", styles))
