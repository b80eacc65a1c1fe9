"""Requests that another site makes a browser send."""

from pathlib import Path

import pytest
from flask.testing import FlaskClient

from dashboard.app import create_app
from tunescope.store import open_store


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> FlaskClient:
    url = f"sqlite:///{tmp_path_factory.mktemp('store') / 'trials.db'}"
    open_store(url).close()
    return create_app(url, names=["Tunes.example.org"]).server.test_client()


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_a_page_of_another_site_cannot_change_anything(client: FlaskClient, site: str) -> None:
    answer = client.post("/_dash-update-component", json={}, headers={"Sec-Fetch-Site": site})
    assert answer.status_code == 403


@pytest.mark.parametrize("host", ["evil.example", "evil.example:8050", "localhost.evil.example", "[:"])
def test_a_name_that_was_made_to_point_here_is_not_answered(client: FlaskClient, host: str) -> None:
    for answer in (
        client.get("/healthz", headers={"Host": host}),
        client.post("/_dash-update-component", json={}, headers={"Host": host}),
    ):
        assert answer.status_code == 403
        assert answer.mimetype == "text/plain"
        assert "`--name`" in answer.text


@pytest.mark.parametrize(
    "host",
    ["localhost:8050", "127.0.0.1:8050", "192.168.0.7", "[::1]:8050", "a.localhost", "tunes.example.org"],
)
def test_addresses_and_names_that_were_given_are_answered(client: FlaskClient, host: str) -> None:
    assert client.get("/healthz", headers={"Host": host}).status_code == 200


def test_without_names_any_is_answered(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'trials.db'}"
    client = create_app(url).server.test_client()
    assert client.get("/healthz", headers={"Host": "cluster-7.example.org"}).status_code == 200
