"""The route that photos come by. Nothing of them is kept: they are read, answered and forgotten."""

from http import HTTPStatus

from flask import Blueprint, Response, jsonify, request

from dashboard import connection, links, photo_models
from dashboard.photo_process import PhotoError
from dashboard.wording import memory
from tunescope.errors import TunescopeError, UnknownNameError

# Of one photo: 50 megapixels take so many where nothing compresses them.
MOST_BYTES = 160_000_000
# That a page holds at once; each is sent by itself.
MOST_PHOTOS = 24

photos = Blueprint("photos", __name__, url_prefix=links.PREDICT)


@photos.post("/photo")
def answer() -> Response:
    """What the model of ``?study=`` and ``?trial=`` says of the photo in the request's body.

    ``?explain=`` is the index of the class whose places are wanted; without one, the likeliest.
    """
    content = _content()
    model = photo_models.find(
        connection.store(), request.args.get("study", ""), request.args.get("trial", "")
    )
    if model.problem:
        raise PhotoError(HTTPStatus.CONFLICT, model.problem)
    index = request.args.get("explain", type=int)
    return jsonify(connection.current().photos.ask(model.order(), content, index))


@photos.errorhandler(TunescopeError)
def refuse(error: TunescopeError) -> tuple[Response, int]:
    """Every refusal is a sentence."""
    if isinstance(error, PhotoError):
        return jsonify(error=str(error)), int(error.status)
    status = HTTPStatus.NOT_FOUND if isinstance(error, UnknownNameError) else HTTPStatus.SERVICE_UNAVAILABLE
    return jsonify(error=str(error)), int(status)


def _content() -> bytes:
    size = request.content_length or 0
    if size > MOST_BYTES:
        sentence = f"This photo has {memory(size)}, more than {memory(MOST_BYTES)}: make it smaller."
        raise PhotoError(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, sentence)
    # Not parsed, whatever it is called: a form would be written to the disk.
    return request.get_data(cache=False, parse_form_data=False)
