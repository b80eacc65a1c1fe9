"""What to say when something cannot be shown: a sentence for a person, never a traceback."""

import logging

from flask import Response
from werkzeug.exceptions import HTTPException

from tunescope.errors import TunescopeError
from tunescope.store.full_disk import tells_of_full_disk

logger = logging.getLogger("dashboard")
FAULT = "Something went wrong here that should not have. The dashboard's own log says more."


def sentence(error: Exception) -> str:
    """One sentence about an error; what nobody foresaw goes to the log with its traceback."""
    if isinstance(error, TunescopeError):
        return str(error)
    if tells_of_full_disk(error):
        return (
            "A disk of the server is full, so that nothing could be saved: make room on it, then try again."
        )
    # The errors of database drivers arrive wrapped, with the driver's own as `orig`.
    cause = getattr(error, "orig", None)
    if cause is not None:
        return (
            f"The store could not be read just now ({_first_line(cause)}). This page tries again by itself."
        )
    logger.error("Unforeseen error", exc_info=error)
    return FAULT


def answer(error: Exception) -> Response | HTTPException:
    """The answer to a request for a file or a picture that met an error."""
    if isinstance(error, HTTPException):
        return error
    status = 500 if (text := sentence(error)) == FAULT else 503
    return Response(text, status, mimetype="text/plain")


def _first_line(cause: object) -> str:
    return (str(cause).strip().splitlines() or [type(cause).__name__])[0]
