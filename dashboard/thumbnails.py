"""Pictures of prepared datasets: encoded when a page asks for them, and kept by the browser for good."""

import io
import threading
from collections import OrderedDict

import numpy as np
import numpy.typing as npt
from flask import Blueprint, Response, abort, request, send_file

from dashboard import catalogue, connection
from dashboard.catalogue import Prepared
from tunescope.errors import TunescopeError

thumbnails = Blueprint("thumbnails", __name__)
_SMALLEST, _LARGEST = 16, 1024
# Which folder belongs to a fingerprint never changes, and looking it up for each of 60 pictures costs.
_known: "OrderedDict[tuple[str, str], Prepared]" = OrderedDict()
_lock = threading.Lock()


@thumbnails.get("/thumbnails/<fingerprint>/<int:row>.png")
def thumbnail(fingerprint: str, row: int) -> Response:
    """A packed picture; ``?size=`` is the longest side wanted, ``?rejected=1`` asks for a rejected one."""
    size = request.args.get("size", 0, type=int)
    try:
        pixels = catalogue.pixels(_dataset(fingerprint), row, request.args.get("rejected") == "1")
    except TunescopeError as error:
        abort(404, str(error))
    answer = Response(_png(pixels, size), mimetype="image/png")
    # The fingerprint tells the content: what has its address never changes.
    answer.headers["Cache-Control"] = "private, max-age=31536000, immutable"
    return answer


@thumbnails.get("/label-issues/<fingerprint>.csv")
def label_issues(fingerprint: str) -> Response:
    """The suspected label errors of a dataset, to fill in and bring back."""
    try:
        one = _dataset(fingerprint)
    except TunescopeError as error:
        abort(404, str(error))
    path = one.folder / catalogue.ISSUES
    if not path.is_file():
        abort(404, "Nobody has looked for label errors in this dataset.")
    name = f"{one.name}-label_issues.csv"
    return send_file(path.resolve(), "text/csv", as_attachment=True, download_name=name, max_age=0)


def _dataset(fingerprint: str) -> Prepared:
    store = connection.store()
    key = (store.url, fingerprint)
    with _lock:
        if key in _known and _known[key].is_there:
            return _known[key]
    found = catalogue.find(store, "", fingerprint)
    with _lock:
        _known[key] = found
        while len(_known) > 64:
            _known.popitem(last=False)
    return found


def _png(pixels: npt.NDArray[np.uint8], size: int) -> bytes:
    from PIL import Image

    gray = pixels.shape[-1] == 1
    picture = Image.fromarray(pixels[..., 0] if gray else pixels)
    if size and max(picture.size) > max(size, _SMALLEST):
        side = min(max(size, _SMALLEST), _LARGEST)
        picture.thumbnail((side, side), Image.Resampling.LANCZOS)
    file = io.BytesIO()
    picture.save(file, "PNG", compress_level=1)
    return file.getvalue()
