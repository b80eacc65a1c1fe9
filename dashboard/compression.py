"""Answers of callbacks are compressed: JSON of a page shrinks to a tenth."""

import gzip
from functools import lru_cache

from flask import Flask, Response, request

_SMALLEST = 1_000
_LEVEL = 5
_UNCHANGING = ("/_dash-component-suites/", "/assets/")
_TYPES = ("application/json", "text/html", "text/css", "application/javascript", "text/javascript")


def compress(server: Flask) -> None:
    """Gzip what is worth it for browsers that take it."""
    server.after_request(_gzipped)


def _gzipped(response: Response) -> Response:
    if not _is_worth_it(response):
        return response
    # Files are streamed as they are on disk until they are asked for their data.
    response.direct_passthrough = False
    pack = _pack_once if request.path.startswith(_UNCHANGING) else _pack
    response.set_data(pack(response.get_data()))
    response.headers["Content-Encoding"] = "gzip"
    response.vary.add("Accept-Encoding")
    etag, _ = response.get_etag()
    if etag:
        response.set_etag(f"{etag}-gzip")
    return response


def _pack(content: bytes) -> bytes:
    return gzip.compress(content, _LEVEL)


# The scripts of the page are megabytes, and the same for everybody.
_pack_once = lru_cache(maxsize=64)(_pack)


def _is_worth_it(response: Response) -> bool:
    return (
        response.status_code == 200
        and response.mimetype in _TYPES
        and bool(request.accept_encodings["gzip"])
        and "Content-Encoding" not in response.headers
        and "Content-Range" not in response.headers
        and (response.content_length or _SMALLEST) >= _SMALLEST
    )
