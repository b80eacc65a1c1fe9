"""The routes that uploads come by: in pieces, so that a broken connection costs one of them at most."""

import json
from typing import Any

from flask import Blueprint, Response, jsonify, request

from dashboard import connection
from dashboard.uploading import Draft, UploadError

uploads = Blueprint("uploads", __name__, url_prefix="/uploads")
_KINDS = ("file", "folder")


@uploads.post("")
def begin() -> Response | tuple[Response, int]:
    """Begin an upload, or learn where an earlier try of the same one stopped."""
    given: Any = request.get_json(silent=True)
    if not _is_announcement(given):
        return jsonify(error="Give `kind` (file or folder), `name`, `size` in bytes and `stamp`."), 400
    here = connection.current().uploads
    draft = here.begin(given["kind"], given["name"], given["size"], given.get("stamp", ""))
    have = here.files(draft) if draft.kind == "folder" else None
    return jsonify(**_state(draft), **({} if have is None else {"have": have}))


@uploads.get("/<upload_id>")
def state(upload_id: str) -> Response:
    """How much has arrived."""
    return jsonify(_state(connection.current().uploads.find(upload_id)))


@uploads.put("/<upload_id>")
def append(upload_id: str) -> Response | tuple[Response, int]:
    """The next piece of a file, whose first byte is number ``?offset=`` of it."""
    here = connection.current().uploads
    draft = here.find(upload_id)
    offset = request.args.get("offset", type=int)
    if offset is None or draft.kind != "file":
        return jsonify(error="Give `offset`, and send folders file by file."), 400
    return jsonify(received=here.append(draft, offset, request.stream))


@uploads.post("/<upload_id>/files")
def add(upload_id: str) -> Response | tuple[Response, int]:
    """Some files of a folder: parts ``file``, and in ``paths`` a JSON list of their paths."""
    here = connection.current().uploads
    draft = here.find(upload_id)
    files, paths = request.files.getlist("file"), _paths(request.form.get("paths", ""))
    if draft.kind != "folder" or len(files) != len(paths):
        return jsonify(error="Send files of a folder, with as many `paths`."), 400
    for path, file in zip(paths, files, strict=True):
        here.add(draft, path, file.stream)
    return jsonify(received=here.received(draft))


@uploads.post("/<upload_id>/finish")
def finish(upload_id: str) -> Response:
    """Check a whole upload, and move it where runs find it."""
    here = connection.current().uploads
    source, files = here.finish(here.find(upload_id))
    return jsonify(source=source, files=files)


@uploads.delete("/<upload_id>")
def cancel(upload_id: str) -> tuple[str, int]:
    """Forget an upload, with everything of it."""
    here = connection.current().uploads
    here.remove(here.find(upload_id))
    return "", 204


@uploads.errorhandler(UploadError)
def refuse(error: UploadError) -> tuple[Response, int]:
    """Every refusal is a sentence."""
    return jsonify(error=error.sentence, **error.details), int(error.status)


def _is_announcement(given: Any) -> bool:
    return (
        isinstance(given, dict)
        and given.get("kind") in _KINDS
        and isinstance(given.get("name"), str)
        and type(given.get("size")) is int
        and isinstance(given.get("stamp", ""), str)
    )


def _paths(text: str) -> list[str]:
    try:
        paths = json.loads(text)
    except ValueError:
        return []
    return paths if isinstance(paths, list) and all(isinstance(path, str) for path in paths) else []


def _state(draft: Draft) -> dict[str, Any]:
    received = connection.current().uploads.received(draft)
    return {"id": draft.id, "kind": draft.kind, "name": draft.name, "size": draft.size, "received": received}
