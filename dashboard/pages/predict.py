"""`/predict`: photos given to a finished model. The address holds which, and what is shown of the photos."""

from typing import Any
from urllib.parse import parse_qs

from dash import Dash, html

from dashboard import connection, links, photo_models
from dashboard.components import photo_parts
from dashboard.components.basics import page_head
from dashboard.components.notices import notice
from dashboard.photos import photos
from dashboard.routing import Page
from tunescope.errors import UnknownNameError
from tunescope.store import Store

_NOTE = (
    "Give a finished model photos of your own: what it takes them for, how sure it is, and where it looked."
)


def layout(search: str = "") -> html.Div:
    """The model that the address names and the place for photos, or the models to choose from."""
    query = {key: given[0] for key, given in parse_qs(search.lstrip("?")).items()}
    study, store = query.get("study", ""), connection.store()
    body = _chosen(store, study, query.get("trial", "")) if study else [_choice(store)]
    return html.Div([page_head("Predict", _NOTE), *body], className="predict-page")


def _chosen(store: Store, study: str, number: str) -> list[Any]:
    try:
        model = photo_models.find(store, study, number)
    except UnknownNameError as error:
        return [notice("warning", "There is no such model", str(error)), _choice(store)]
    if model.problem:
        return [photo_parts.unusable(model), _choice(store)]
    # Loading takes longer than choosing a photo should have to wait for.
    connection.current().photos.prepare(model.order())
    return [
        photo_parts.about(model),
        photo_parts.unfinished(model),
        photo_parts.workbench(model, photo_models.samples(model)),
    ]


def _choice(store: Store) -> Any:
    return photo_parts.choice(photo_models.winners(store))


def register(app: Dash) -> None:
    """Take photos in. What is seen of them is the browser's alone: ``assets/scripts/predict.js``."""
    app.server.register_blueprint(photos)


PAGE = Page(links.PREDICT, "Predict", layout, register, label="Predict", icon="camera", group="Results")
