"""What every page has: one look, figures for light and dark screens, and no need of a network."""

import json
import re
from collections.abc import Callable, Mapping
from functools import cache
from importlib import resources
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from tunescope.figures import style, wording
from tunescope.report.pictures import embedded

Draw = Callable[..., Any]
"""``draw(computed, dark=False)`` gives a figure."""


def rendered(template: str, figures: Mapping[str, tuple[Draw, Any]], **context: Any) -> str:
    """A page as HTML: one file with its style, scripts, pictures and figures.

    Args:
        template: file in ``templates``.
        figures: by the name that the template has for it, how each is drawn, and from what.
        context: what else the template shows.
    """
    shades = {name: _shades(draw, computed) for name, (draw, computed) in figures.items()}
    return (
        _environment()
        .get_template(template)
        .render(
            heights={name: shade["light"]["layout"]["height"] for name, shade in shades.items()},
            widths={name: _least_width(shade["light"]) for name, shade in shades.items()},
            figures=_script_safe(json.dumps(shades, separators=(",", ":"))),
            plotly=_plotly(),
            config=json.dumps(style.CONFIG),
            font=Markup(_font()),
            **context,
        )
    )


def _shades(draw: Draw, computed: Any) -> dict[str, Any]:
    """A figure as plotly takes it, for light and for dark pages."""
    drawn = {"light": draw(computed, dark=False), "dark": draw(computed, dark=True)}
    return {shade: json.loads(figure.to_json()) for shade, figure in drawn.items()}


def _least_width(figure: Mapping[str, Any]) -> int:
    return int(figure["layout"].get("meta", {}).get("min_width", 0))


def _script_safe(text: str) -> Markup:
    """JSON that cannot end the script element it stands in, whatever the names in it."""
    return Markup(text.replace("<", "\\u003c"))


@cache
def _plotly() -> Markup:
    from plotly.offline import get_plotlyjs

    return Markup(get_plotlyjs().replace("</script", "<\\/script"))


@cache
def _font() -> str:
    file = resources.files("tunescope.report") / "templates" / "inter-latin-wght-normal.woff2"
    return embedded("font/woff2", file.read_bytes())


def _breakable(name: str) -> Markup:
    """A name that may go on in the next line after each of its parts."""
    return Markup(re.sub(r"([/_.-])", r"\1<wbr>", str(escape(name))))


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("tunescope.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    filters = ("percent", "interval", "duration", "number", "memory", "count", "quantity", "ending")
    environment.filters |= {name: getattr(wording, name) for name in filters}
    environment.filters["breakable"] = _breakable
    environment.tests["missing"] = wording.is_missing
    return environment
