"""Uploads arrive whole or not at all, under names that lead nowhere else."""

import io
import json
import os
import time
import zipfile
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from PIL import Image

from dashboard.app import create_app
from dashboard.launch import Launcher
from dashboard.uploading import DRAFTS, UPLOADS, file_name
from tunescope.store import Store


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "project").mkdir()
    return tmp_path / "project"


@pytest.fixture
def client(store: Store, project: Path) -> FlaskClient:
    return create_app(store.url, Launcher(project=project)).server.test_client()


def picture(colour: str) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (12, 12), colour).save(file, "PNG")
    return file.getvalue()


def archive(*more: tuple[str, bytes]) -> bytes:
    """A zip of two classes with three pictures each, and more entries."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as packed:
        for label in ("cat", "dog"):
            for colour in ("red", "green", "blue"):
                packed.writestr(f"{label}/{colour}.png", picture(colour))
        for name, content in more:
            packed.writestr(name, content)
    return file.getvalue()


def begin(client: FlaskClient, name: str, size: int, kind: str = "file", stamp: str = "1") -> Any:
    return client.post("/uploads", json={"kind": kind, "name": name, "size": size, "stamp": stamp})


def send(client: FlaskClient, name: str, content: bytes, piece: int = 500) -> Any:
    """The whole upload of a file; the answer to its end."""
    begun = begin(client, name, len(content)).json
    for offset in range(0, len(content), piece):
        answer = client.put(f"/uploads/{begun['id']}?offset={offset}", data=content[offset : offset + piece])
        assert answer.json == {"received": min(len(content), offset + piece)}
    return client.post(f"/uploads/{begun['id']}/finish")


def handful(paths: dict[str, bytes]) -> dict[str, Any]:
    return {
        "paths": json.dumps(list(paths)),
        "file": [(io.BytesIO(content), "file") for content in paths.values()],
    }


def send_folder(client: FlaskClient, name: str, paths: dict[str, bytes]) -> Any:
    size = sum(map(len, paths.values()))
    begun = begin(client, name, size, "folder").json
    client.post(f"/uploads/{begun['id']}/files", data=handful(paths))
    return client.post(f"/uploads/{begun['id']}/finish")


def left(project: Path) -> list[str]:
    """Whatever lies in the folders of uploads and drafts."""
    folders = (project / UPLOADS, project / DRAFTS)
    return sorted(str(path.relative_to(project)) for folder in folders for path in folder.rglob("*"))


def test_an_archive_arrives_in_pieces(client: FlaskClient, project: Path) -> None:
    content = archive()
    answer = send(client, "my photos.zip", content)
    assert answer.json == {"source": "data/01_raw/uploads/my-photos/my-photos.zip", "files": 6}
    assert (project / answer.json["source"]).read_bytes() == content
    assert not list((project / DRAFTS).iterdir())


def test_a_second_try_goes_on_where_the_first_stopped(client: FlaskClient, project: Path) -> None:
    content = archive()
    begun = begin(client, "photos.zip", len(content)).json
    client.put(f"/uploads/{begun['id']}?offset=0", data=content[:700])
    again = begin(client, "photos.zip", len(content)).json
    assert again["id"] == begun["id"]
    assert again["received"] == client.get(f"/uploads/{begun['id']}").json["received"] == 700
    client.put(f"/uploads/{begun['id']}?offset=700", data=content[700:])
    assert client.post(f"/uploads/{begun['id']}/finish").status_code == 200


def test_another_file_of_that_name_is_another_upload(client: FlaskClient) -> None:
    one, longer, later = (
        begin(client, "photos.zip", size, stamp=stamp).json for size, stamp in ((9, "1"), (8, "1"), (9, "2"))
    )
    assert len({one["id"], longer["id"], later["id"]}) == 3


def test_a_piece_that_does_not_follow_is_told_where_to_go_on(client: FlaskClient) -> None:
    upload = begin(client, "photos.zip", 100).json["id"]
    client.put(f"/uploads/{upload}?offset=0", data=b"x" * 40)
    for offset in (0, 50):
        answer = client.put(f"/uploads/{upload}?offset={offset}", data=b"y" * 10)
        assert answer.status_code == 409
        assert answer.json["received"] == 40
    assert client.get(f"/uploads/{upload}").json["received"] == 40


def test_more_bytes_than_announced_are_refused(client: FlaskClient) -> None:
    upload = begin(client, "photos.zip", 10).json["id"]
    answer = client.put(f"/uploads/{upload}?offset=0", data=b"x" * 11)
    assert answer.status_code == 400
    assert "announced" in answer.json["error"]


def test_an_upload_that_is_not_whole_cannot_be_finished(client: FlaskClient, project: Path) -> None:
    upload = begin(client, "photos.zip", 10).json["id"]
    client.put(f"/uploads/{upload}?offset=0", data=b"x" * 4)
    answer = client.post(f"/uploads/{upload}/finish")
    assert (answer.status_code, answer.json["received"]) == (409, 4)
    assert not (project / UPLOADS).exists()


def test_a_cancelled_upload_leaves_nothing(client: FlaskClient, project: Path) -> None:
    upload = begin(client, "photos.zip", 10).json["id"]
    client.put(f"/uploads/{upload}?offset=0", data=b"x" * 4)
    assert client.delete(f"/uploads/{upload}").status_code == 204
    assert left(project) == []
    assert client.put(f"/uploads/{upload}?offset=4", data=b"x").status_code == 404


@pytest.mark.parametrize("upload", ["0" * 16, "..", "x", "%2e%2e%2f%2e%2e"])
def test_an_unknown_id_is_a_sentence(client: FlaskClient, upload: str) -> None:
    answer = client.put(f"/uploads/{upload}?offset=0", data=b"x")
    assert answer.status_code in (404, 405)


@pytest.mark.parametrize(
    "given",
    [
        None,
        [],
        {"kind": "file"},
        {"kind": "disk", "name": "x", "size": 1},
        {"kind": "file", "name": "x", "size": "1"},
    ],
)
def test_an_announcement_that_says_nothing_is_refused(client: FlaskClient, given: Any) -> None:
    assert client.post("/uploads", json=given).status_code == 400


def test_two_uploads_of_one_name_stand_side_by_side(client: FlaskClient) -> None:
    first, second = (
        send(client, "a/photos.zip", archive()),
        send(client, "photos.zip", archive(("note.txt", b"x"))),
    )
    assert first.json["source"] == "data/01_raw/uploads/photos/photos.zip"
    assert second.json["source"] == "data/01_raw/uploads/photos-2/photos.zip"


@pytest.mark.parametrize(
    ("name", "stored"),
    [
        ("photos.zip", "photos.zip"),
        ("../../etc/passwd", "passwd"),
        ("..\\..\\boot.zip", "boot.zip"),
        ("a\0b\n.tar.gz", "a-b.tar.gz"),
        ("photos.zip...", "photos.zip"),
        ("\N{CAT FACE}", "upload"),
        ("<script>alert(1)</script>.npz", "script.npz"),
        ("x" * 255 + ".zip", "x" * 80 + ".zip"),
        (".hidden.zip", "hidden.zip"),
        ("..", "upload"),
        ("", "upload"),
    ],
)
def test_a_hostile_name_becomes_a_plain_one(name: str, stored: str) -> None:
    assert file_name(name) == stored


@pytest.mark.parametrize(
    "name", ["../../evil.zip", "a\0b.zip", "\N{CAT FACE}.zip", "<script>.zip", "x" * 300 + ".zip"]
)
def test_whatever_its_name_an_upload_stays_in_its_folder(
    client: FlaskClient, project: Path, name: str
) -> None:
    answer = send(client, name, archive())
    assert answer.status_code == 200
    assert (project / answer.json["source"]).resolve().is_relative_to(project / UPLOADS)
    assert sorted(path.name for path in project.iterdir()) == ["data"]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"this is no archive" * 20, "evil.zip"),
        (archive(("../outside.png", b"x")), "leads out of it"),
        (archive(("dog/bomb.png", b"\0" * 10)).replace(b"", b"", 1)[:-30], "evil.zip"),
    ],
)
def test_what_no_reader_takes_is_refused_and_removed(
    client: FlaskClient, project: Path, content: bytes, words: str
) -> None:
    answer = send(client, "evil.zip", content)
    assert answer.status_code == 422
    assert words in answer.json["error"]
    assert str(project) not in answer.json["error"]
    assert left(project) == []


def test_a_bomb_is_refused_and_removed(client: FlaskClient, project: Path) -> None:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("dog/bomb.png", b"\0" * 4_000_000)
    answer = send(client, "photos.zip", file.getvalue())
    assert answer.status_code == 422
    assert "bomb" in answer.json["error"]
    assert left(project) == []


def test_an_upload_larger_than_the_disk_is_refused_before_it_begins(
    client: FlaskClient, project: Path
) -> None:
    answer = begin(client, "photos.zip", 2**39)
    assert answer.status_code == 507
    assert "room for" in answer.json["error"]
    assert left(project) == []


def test_an_upload_beyond_the_limit_is_refused_before_it_begins(client: FlaskClient) -> None:
    answer = begin(client, "photos.zip", 2**41)
    assert answer.status_code == 413
    assert "dataset.limits" in answer.json["error"]


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs /dev/full, which is always full")
def test_a_disk_that_fills_while_writing_gets_everything_back(client: FlaskClient, project: Path) -> None:
    upload = begin(client, "photos.zip", 1_000_000).json["id"]
    (project / DRAFTS / upload / "content/photos.zip").symlink_to("/dev/full")
    answer = client.put(f"/uploads/{upload}?offset=0", data=b"x" * 1_000_000)
    assert answer.status_code == 507
    assert "disk is full" in answer.json["error"]
    assert left(project) == []


def test_a_folder_arrives_in_handfuls_with_its_paths(client: FlaskClient, project: Path) -> None:
    paths = {
        f"{label}/{colour}.png": picture(colour) for label in ("cat", "dog") for colour in ("red", "blue")
    }
    begun = begin(client, "pets", sum(map(len, paths.values())), "folder").json
    some = dict(list(paths.items())[:2])
    client.post(f"/uploads/{begun['id']}/files", data=handful(some))
    again = begin(client, "pets", sum(map(len, paths.values())), "folder").json
    assert again["have"] == {path: len(content) for path, content in some.items()}
    # A handful whose answer was lost comes again.
    client.post(f"/uploads/{begun['id']}/files", data=handful(paths))
    answer = client.post(f"/uploads/{begun['id']}/finish")
    assert answer.json == {"source": "data/01_raw/uploads/pets", "files": 4}
    for path, content in paths.items():
        assert (project / "data/01_raw/uploads/pets" / path).read_bytes() == content


def test_a_folder_cannot_write_outside_of_itself(client: FlaskClient, project: Path) -> None:
    hostile = [
        "../../../evil.png",
        "/etc/evil.png",
        "cat/../../../evil.png",
        "a\0b/x.png",
        "x" * 300 + ".png",
        "dog/..",
        "\ud800.png",
    ]
    paths = {path: picture("red") for path in hostile}
    answer = send_folder(client, "pets", paths)
    assert answer.status_code == 200
    assert answer.json["files"] == len(paths)
    assert sorted(path.name for path in project.iterdir()) == ["data"]
    assert all(path.startswith("data/01_raw/uploads/pets") for path in left(project) if path.endswith(".png"))


def test_names_that_are_words_of_people_are_kept(client: FlaskClient, project: Path) -> None:
    names = ["Ä/\N{CAT FACE}.png", "<b>x</b>.png", "name with dots....png", "x" * 251 + ".png"]
    assert send_folder(client, "pets", {name: picture("red") for name in names}).status_code == 200
    folder = project / UPLOADS / "pets"
    assert {str(path.relative_to(folder)) for path in folder.rglob("*.png")} == set(names)


def test_a_path_twice_as_file_and_folder_is_a_sentence(client: FlaskClient) -> None:
    begun = begin(client, "pets", 100, "folder").json
    answer = client.post(f"/uploads/{begun['id']}/files", data=handful({"a": b"x", "a/b": b"y"}))
    assert answer.status_code == 400
    assert "could not store" in answer.json["error"]


def test_an_empty_upload_is_refused(client: FlaskClient) -> None:
    assert "is empty" in begin(client, "photos.zip", 0).json["error"]


@pytest.mark.parametrize("method", ["post", "put", "delete"])
@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_other_sites_cannot_upload(client: FlaskClient, project: Path, method: str, site: str) -> None:
    upload = begin(client, "photos.zip", 10).json["id"]
    answer = getattr(client, method)(
        f"/uploads/{upload}?offset=0", headers={"Sec-Fetch-Site": site}, data=b"x"
    )
    assert answer.status_code == 403
    assert client.get(f"/uploads/{upload}").json["received"] == 0


def test_drafts_that_nobody_goes_on_with_are_removed_after_a_week(client: FlaskClient, project: Path) -> None:
    old, new = (begin(client, name, 10).json["id"] for name in ("old.zip", "new.zip"))
    week = time.time() - 8 * 86_400
    for path in (project / DRAFTS / old, project / DRAFTS / old / "content"):
        os.utime(path, (week, week))
    begin(client, "other.zip", 10)
    assert client.get(f"/uploads/{old}").status_code == 404
    assert client.get(f"/uploads/{new}").status_code == 200


def test_a_damaged_draft_is_no_obstacle(client: FlaskClient, project: Path, store: Store) -> None:
    upload = begin(client, "photos.zip", 10).json["id"]
    (project / DRAFTS / upload / "upload.json").write_text("{")
    assert client.get(f"/uploads/{upload}").status_code == 404
    assert begin(client, "photos.zip", 10).json["id"] == upload
