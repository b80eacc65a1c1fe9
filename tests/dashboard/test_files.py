"""What the server hands out beside the pages, and what it refuses."""

import gzip
import json
from importlib.metadata import version

import pytest
from dash import Dash
from dashboard_samples import Samples
from flask.testing import FlaskClient
from werkzeug.test import TestResponse


@pytest.fixture(scope="module")
def client(app: Dash) -> FlaskClient:
    return app.server.test_client()


def fetch(client: FlaskClient, address: str) -> TestResponse:
    """The whole answer, so that the file behind it is closed."""
    return client.get(address, buffered=True)


def test_the_health_check_answers_json(client: FlaskClient) -> None:
    answer = client.get("/healthz")
    assert answer.status_code == 200
    assert answer.json == {"status": "ok", "version": version("tunescope")}


def test_a_report_can_be_read_and_saved(client: FlaskClient) -> None:
    read = fetch(client, "/files/signs-finished/report.html")
    assert read.status_code == 200
    assert "Report of signs-finished" in read.text
    saved = fetch(client, "/files/signs-finished/report.html?download=1")
    assert "attachment" in saved.headers["Content-Disposition"]
    assert "signs-finished-report.html" in saved.headers["Content-Disposition"]


def test_a_report_is_sealed_off_from_the_network_and_from_the_app(client: FlaskClient) -> None:
    policy = fetch(client, "/files/signs-finished/report.html").headers["Content-Security-Policy"]
    assert policy.startswith("sandbox ")
    assert "allow-same-origin" not in policy
    assert "default-src 'none'" in policy


def test_a_summary_is_json(client: FlaskClient) -> None:
    answer = fetch(client, "/files/signs-finished/summary.json")
    assert answer.json["run_id"] == "signs-finished"


@pytest.mark.parametrize(
    "address",
    [
        "/files/signs-running/report.html",
        "/files/nobody/report.html",
        "/files/signs-finished/run.yml",
        "/files/signs-finished/trials.db",
        "/files/signs-finished/..%2Ftrials.db",
        "/files/..%2F..%2Fetc/passwd",
    ],
)
def test_nothing_else_is_handed_out(client: FlaskClient, samples: Samples, address: str) -> None:
    (samples.folder / "signs-finished" / "run.yml").write_text("run: {}")
    assert fetch(client, address).status_code == 404


def test_an_unknown_address_is_not_found_and_still_shows_the_app(client: FlaskClient) -> None:
    assert client.get("/").status_code == 200
    assert client.get("/runs/anything").status_code == 200
    answer = client.get("/nowhere")
    assert answer.status_code == 404
    assert "Tunescope" in answer.text


def test_pages_may_load_from_this_server_only(client: FlaskClient) -> None:
    page = client.get("/")
    assert "default-src 'self'" in page.headers["Content-Security-Policy"]
    assert "http://" not in page.text
    assert "https://" not in page.text


def test_other_sites_cannot_start_anything(client: FlaskClient) -> None:
    headers = {"Sec-Fetch-Site": "cross-site"}
    assert client.post("/_dash-update-component", json={}, headers=headers).status_code == 403


def test_large_answers_are_compressed_for_browsers_that_can(client: FlaskClient) -> None:
    plain = client.get("/_dash-dependencies")
    packed = client.get("/_dash-dependencies", headers={"Accept-Encoding": "gzip"})
    assert packed.headers["Content-Encoding"] == "gzip"
    assert len(packed.data) < len(plain.data) / 3
    assert json.loads(gzip.decompress(packed.data)) == plain.json
    assert "Content-Encoding" not in client.get("/healthz", headers={"Accept-Encoding": "gzip"}).headers


def test_the_states_of_runs_are_told_again_only_when_one_has_changed(client: FlaskClient) -> None:
    first = client.get("/states")
    assert first.json["signs-finished"] == "finished"
    assert first.json["signs-killed"] == "interrupted"
    again = client.get("/states", headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    packed = client.get("/states", headers={"Accept-Encoding": "gzip"})
    headers = {"Accept-Encoding": "gzip", "If-None-Match": packed.headers["ETag"]}
    assert client.get("/states", headers=headers).status_code == 304
