"""What the server hands out beside the pages: the files of runs, and whether it is well."""

from importlib.metadata import version
from pathlib import Path
from typing import Any

from flask import Blueprint, Response, abort, jsonify, request, send_file

from dashboard import connection
from dashboard.troubles import sentence
from tunescope.errors import UnknownNameError
from tunescope.store import runs

# Nothing else in a run's folder is handed out.
_NAMES = {
    "report.html": "text/html",
    "summary.json": "application/json",
    "data_quality.json": "application/json",
    "run.log": "text/plain",
    "launch.log": "text/plain",
}
# A report is complete in itself; whatever a name in it might smuggle in, it can reach nothing.
_SEALED = (
    "sandbox allow-scripts allow-popups allow-downloads; default-src 'none'; img-src data: blob:; "
    "style-src 'unsafe-inline'; script-src 'unsafe-inline' 'unsafe-eval'; font-src data:"
)

files = Blueprint("files", __name__)


@files.get("/healthz")
def healthz() -> tuple[Response, int]:
    """Whether the server runs and its store can be reached."""
    answer: dict[str, Any] = {"status": "ok", "version": version("tunescope")}
    try:
        runs.at_work(connection.store())
    except Exception as error:
        return jsonify({**answer, "status": "error", "reason": sentence(error)}), 503
    return jsonify(answer), 200


@files.get("/states")
def states() -> Response:
    """State by run id, for the notices of runs that end while one looks at another page."""
    try:
        answer = jsonify(runs.states(connection.store()))
    except Exception as error:
        # The page itself says what is wrong with the store; this is asked for behind its back.
        sentence(error)
        return Response(status=204)
    answer.add_etag()
    answer.make_conditional(request)
    return answer


@files.get("/files/<run_id>/<name>")
def file(run_id: str, name: str) -> Response:
    """A file of a run, to show or to save."""
    path = _path(run_id, name)
    if path is None:
        abort(404, "There is no such file.")
    is_saved = "download" in request.args
    answer = send_file(
        path, _NAMES[name], as_attachment=is_saved, download_name=f"{run_id}-{name}", max_age=0
    )
    answer.headers["Content-Security-Policy"] = _SEALED
    answer.headers["X-Content-Type-Options"] = "nosniff"
    return answer


def _path(run_id: str, name: str) -> Path | None:
    if name not in _NAMES:
        return None
    try:
        path = Path(runs.get(connection.store(), run_id)["folder"]) / name
    except UnknownNameError:
        return None
    return path.resolve() if path.is_file() else None
