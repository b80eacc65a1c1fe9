"""Callbacks that the browser answers by itself: functions of ``assets/scripts/tunescope.js``."""

from typing import Any

from dash import ClientsideFunction, Dash


def in_browser(app: Dash, function: str, *dependencies: Any, **options: Any) -> None:
    """Enter a callback that is a function of our script."""
    app.clientside_callback(  # type: ignore[no-untyped-call]
        ClientsideFunction("tunescope", function), *dependencies, **options
    )
