"""Answers of callbacks are compressed: JSON of a page shrinks to a tenth."""

import gzip

from flask import Flask, Response, request

_SMALLEST = 1_000
_LEVEL = 5
_TYPES = ("application/json", "text/html", "text/css", "application/javascript", "text/javascript")


def compress(server: Flask) -> None:
    """Gzip what is worth it for browsers that take it."""
    server.after_request(_gzipped)


def _gzipped(response: Response) -> Response:
    if not _is_worth_it(response):
        return response
    # Files are streamed as they are on disk until they are asked for their data.
    response.direct_passthrough = False
    response.set_data(gzip.compress(response.get_data(), _LEVEL))
    response.headers["Content-Encoding"] = "gzip"
    response.vary.add("Accept-Encoding")
    etag, _ = response.get_etag()
    if etag:
        response.set_etag(f"{etag}-gzip")
    return response


def _is_worth_it(response: Response) -> bool:
    return (
        response.status_code == 200
        and response.mimetype in _TYPES
        and bool(request.accept_encodings["gzip"])
        and "Content-Encoding" not in response.headers
        and "Content-Range" not in response.headers
        and (response.content_length or _SMALLEST) >= _SMALLEST
    )
