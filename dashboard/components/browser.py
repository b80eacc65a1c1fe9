"""Callbacks that the browser answers by itself: functions of ``assets/scripts/``."""

from typing import Any

from dash import ClientsideFunction, Dash


def in_browser(app: Dash, function: str, *dependencies: Any, **options: Any) -> None:
    """Enter a callback that is a function of our scripts, as ``script.name``."""
    space, _, name = function.partition(".")
    app.clientside_callback(  # type: ignore[no-untyped-call]
        ClientsideFunction(space, name), *dependencies, **options
    )
