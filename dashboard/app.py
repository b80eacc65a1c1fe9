"""The app: every page, over one store."""

from collections.abc import Collection
from importlib.metadata import version

from dash import Dash
from flask import Flask, Response, request

from dashboard import shell, troubles
from dashboard.compression import compress
from dashboard.connection import Connection, attach
from dashboard.exports import exports
from dashboard.files import files
from dashboard.index import INDEX
from dashboard.launch import KEDRO, Launcher
from dashboard.pages import (
    architectures,
    benchmarks,
    dataset,
    datasets,
    learning_rate,
    new,
    overview,
    predict,
    reports,
    run,
    timing,
    trial,
    trials,
)
from dashboard.routing import Page, find
from dashboard.strangers import refuse_strangers
from dashboard.thumbnails import thumbnails
from dashboard.uploads import uploads

PAGES: tuple[Page, ...] = (
    overview.PAGE,
    datasets.PAGE,
    trials.PAGE,
    timing.PAGE,
    learning_rate.PAGE,
    architectures.PAGE,
    benchmarks.PAGE,
    reports.PAGE,
    predict.PAGE,
    new.PAGE,
    run.PAGE,
    trial.PAGE,
    dataset.PAGE,
)

# Everything comes from this server; plotly and the grid need inline styles, Dash inline scripts.
_POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob:; font-src 'self' data:; worker-src 'self' blob:; "
    "object-src 'none'; base-uri 'self'; frame-ancestors 'self'"
)


def create_app(store_url: str, launcher: Launcher = KEDRO, names: Collection[str] | None = None) -> Dash:
    """Make the app over the store at an SQLAlchemy URL.

    Args:
        store_url: of the store.
        launcher: how runs are started.
        names: by which browsers may ask for the app, beside `localhost` and addresses; None for any.

    Raises:
        StoreError: when the store cannot be opened.
    """
    app = Dash(
        __name__,
        title="Tunescope",
        update_title="",
        index_string=INDEX,
        serve_locally=True,
        # Loaded with the first picture, not with the page.
        assets_ignore=r"plotly\.min\.js|entry\.cjs",
        suppress_callback_exceptions=True,
        on_error=shell.on_error,
        enable_mcp=False,
        add_log_handler=False,
    )
    app.layout = shell.frame(PAGES, version("tunescope"))
    shell.register(app, PAGES)
    for page in PAGES:
        page.register(app)
    refuse_strangers(app.server, names)
    app.server.register_error_handler(Exception, troubles.answer)
    _serve(app.server, Connection(store_url, launcher))
    return app


def _serve(server: Flask, connection: Connection) -> None:
    connection.store()
    attach(server, connection)
    connection.uploads.sweep()
    for blueprint in (files, uploads, thumbnails, exports):
        server.register_blueprint(blueprint)
    server.after_request(_protect)
    compress(server)


def _protect(response: Response) -> Response:
    response.headers.setdefault("Content-Security-Policy", _POLICY)
    response.headers.setdefault("X-Content-Type-Options", "nosniff")
    response.headers.setdefault("Referrer-Policy", "same-origin")
    if _is_page(response) and find(PAGES, _asked()) is None:
        response.status_code = 404
    return response


def _asked() -> str:
    """The path as it was asked for: decoded, a slash in a study's name would look like a part of its own."""
    return str(request.environ.get("REQUEST_URI", request.path)).partition("?")[0]


def _is_page(response: Response) -> bool:
    """Whether this is the index, which Dash serves at every address that nothing else has."""
    return request.endpoint in ("/", "/<path:path>") and response.status_code == 200
