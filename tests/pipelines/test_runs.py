"""A run's life: refused, stopped, killed, resumed; and the one sentence that a mistake gets."""

import json
import os
import signal
import zipfile
from pathlib import Path

import pytest
from PIL import Image
from projects import SMALL_SEARCH, Project, kill_group, wait_until

from tunescope.store import frames, open_store, runs

ENDLESS = "search.models=decision_tree+gaussian_nb,search.strategies=random,search.max_seconds=120"


def _trials(project: Project, run_id: str) -> int:
    if not (project.root / "data/trials.db").exists():
        return 0
    store = open_store(project.store_url)
    count = len(frames.trials_frame(store, run_id=run_id).query("state == 'COMPLETE'"))
    store.close()
    return count


def _state(project: Project, run_id: str) -> str:
    store = open_store(project.store_url)
    state = runs.get(store, run_id)["state"]
    store.close()
    return state


@pytest.mark.long
def test_a_live_run_is_refused_to_a_second_launch_and_stops_on_command(project: Project) -> None:
    params = f"run.id=live,dataset.source=photos,{ENDLESS}"
    process = project.start(params)
    try:
        wait_until(lambda: _trials(project, "live") >= 2)
        refused = project.run(params)
        assert refused.returncode == 1
        assert "is working on that run" in refused.stderr
        assert project.tunescope("stop", "live").returncode == 0
        assert process.wait(timeout=30) == 0
    finally:
        if process.poll() is None:
            kill_group(process)
    assert _state(project, "live") == "stopped"
    summary = json.loads(project.report("live", "summary.json").read_text())
    assert summary["studies"][0]["stopped_because"] == "stopped by command"
    again = project.tunescope("stop", "live")
    assert again.returncode == 1
    assert "reads no commands any more" in again.stderr


def test_a_killed_run_shows_as_interrupted_and_goes_on_where_it_stopped(project: Project) -> None:
    process = project.start(f"run.id=killed,dataset.source=photos,{ENDLESS}")
    wait_until(lambda: _trials(project, "killed") >= 3)
    kill_group(process)
    before = _trials(project, "killed")
    assert _state(project, "killed") == "interrupted"

    limited = ENDLESS.replace("search.max_seconds=120", f"search.max_trials={before + 4}")
    ended = project.run(f"run.id=killed,dataset.source=photos,{limited}")
    assert ended.returncode == 0, ended.stderr
    store = open_store(project.store_url)
    trials = frames.trials_frame(store, run_id="killed")
    store.close()
    complete = trials[trials["state"] == "COMPLETE"]
    assert before < len(complete) == before + 4
    assert not (trials["state"] == "RUNNING").any()
    params = [tuple(sorted(one.items())) for one in complete["params"]]
    continuous = [one for one in params if dict(one)["model"] == "gaussian_nb"]
    assert len(set(continuous)) == len(continuous), "the seed of the first launch was drawn from again"
    assert _state(project, "killed") == "finished"


def test_a_run_stays_with_the_images_it_has_trained_on(project: Project) -> None:
    small = "search.models=decision_tree,search.strategies=random,run.id=left,dataset.source=photos"
    assert project.run(f"{small},search.max_trials=2").returncode == 0
    before = _fingerprint(project)
    store = open_store(project.store_url)
    runs.finish(store, "left", "stopped")
    store.close()
    stays = f"the run goes on with the images that were prepared for it ({before})"

    next((project.root / "photos").rglob("*.png")).unlink()
    ended = project.run(f"{small},search.max_trials=2")
    assert ended.returncode == 0, ended.stderr
    assert f"`photos` is no longer as it was: {stays}" in project.report("left", "run.log").read_text()
    assert _fingerprint(project) == before

    (project.root / "photos").rename(project.root / "elsewhere")
    ended = project.run(f"{small},search.max_trials=2")
    assert ended.returncode == 0, ended.stderr
    assert f"`photos` is gone: {stays}" in project.report("left", "run.log").read_text()
    assert _fingerprint(project) == before

    (project.root / "data/05_model_input" / before / "labels.npy").unlink()
    refused = project.run(f"{small},search.max_trials=2")
    assert refused.returncode == 1
    assert "`dataset.source` is `photos`, but there is no such file or folder" in refused.stderr

    (project.root / "elsewhere").rename(project.root / "photos")
    refused = project.run(f"{small},search.max_trials=2")
    assert refused.returncode == 1
    assert f"Run `left` has trained on the images `{before}`, which are gone" in refused.stderr


def _fingerprint(project: Project) -> str:
    summary = json.loads(project.report("left", "summary.json").read_text())
    return str(summary["dataset"]["fingerprint"])


def test_an_interrupt_in_the_terminal_leaves_a_run_that_can_go_on(project: Project) -> None:
    process = project.start(f"run.id=broken,dataset.source=photos,{ENDLESS}")
    wait_until(lambda: _trials(project, "broken") >= 1)
    os.killpg(process.pid, signal.SIGINT)
    process.wait(timeout=20)
    assert process.returncode != 0
    assert _state(project, "broken") == "interrupted"


@pytest.mark.long
def test_a_run_reaches_its_target_and_ends_all_its_studies(project: Project) -> None:
    params = "search.models=decision_tree,search.strategies=grid+random,search.target_accuracy=0.34"
    ended = project.run(f"run.id=target,dataset.source=photos,{params}")
    assert ended.returncode == 0, ended.stderr
    studies = json.loads(project.report("target", "summary.json").read_text())["studies"]
    assert {study["stopped_because"] for study in studies} == {"target accuracy reached"}
    assert sum(study["complete"] for study in studies) <= 2 * (os.cpu_count() or 1)


@pytest.mark.long
def test_a_finished_grid_says_that_every_point_was_tried(project: Project) -> None:
    space = '{"gaussian_nb": {"extractor": {"choices": ["hog"]}}}'
    (project.root / "run.yml").write_text(
        "run:\n  params:\n    run: {id: small}\n    dataset: {source: photos}\n"
        f"    search: {{strategies: [grid], models: [gaussian_nb], space: {space}}}\n"
    )
    ended = project.configured("run.yml")
    assert ended.returncode == 0, ended.stderr
    studies = json.loads(project.report("small", "summary.json").read_text())["studies"]
    assert studies[0]["stopped_because"] == "every grid point tried"


class TestMistakes:
    """One clear sentence, exit status 1, no traceback, nothing left that a later run would trust."""

    def test_a_wrong_parameter_in_a_file_is_found_by_file_and_line(self, project: Project) -> None:
        (project.root / "run.yml").write_text(
            "run:\n  params:\n    dataset: {source: photos}\n    search:\n      models: [svm]\n"
            "      space:\n        svm:\n          C: {low: 0, high: 1}\n"
        )
        ended = project.configured("run.yml")
        assert ended.returncode == 1
        assert "must begin above 0 (run.yml, line 8)" in ended.stderr

    @pytest.mark.parametrize(
        ("params", "sentence"),
        [
            ("dataset.source=nowhere", "`dataset.source` is `nowhere`, but there is no such"),
            ("dataset.source=photos,search.workers=0", "`search.workers` is 0, but must be at least 1"),
            ("dataset.source=photos,search.strategies=gird", "did you mean `grid`?"),
            ("dataset.source=photos,serach.seed=1", "`serach` is unknown (did you mean `search`?)"),
            (
                "dataset.source=photos,run.id=Not_Good",
                "`run.id` is `Not_Good`, but must begin with",
            ),
        ],
    )
    def test_a_wrong_parameter_gets_a_sentence(self, project: Project, params: str, sentence: str) -> None:
        _expect(project, params if "run.id" in params else f"run.id=wrong,{params}", sentence)

    @pytest.mark.long
    def test_an_empty_folder_gets_a_sentence(self, project: Project) -> None:
        (project.root / "empty").mkdir()
        _expect(project, "run.id=wrong,dataset.source=empty", "empty")

    def test_a_class_with_one_image_gets_a_sentence_and_its_account(self, project: Project) -> None:
        (project.root / "photos/lonely").mkdir()
        Image.new("RGB", (24, 24), "red").save(project.root / "photos/lonely/1.png")
        _expect(project, "run.id=wrong,dataset.source=photos", "`lonely`")
        quality = json.loads(project.report("wrong", "data_quality.json").read_text())
        assert quality["files"] == quality["accepted"] + quality["rejected"] == 43
        log = project.report("wrong", "run.log").read_text()
        assert (log.count("ERROR"), log.count("`lonely`")) == (1, 1)

    @pytest.mark.long
    def test_an_archive_that_leads_out_of_its_folder_gets_a_sentence(self, project: Project) -> None:
        with zipfile.ZipFile(project.root / "evil.zip", "w") as archive:
            archive.writestr("../a/1.png", b"x")
        _expect(project, "run.id=wrong,dataset.source=evil.zip", "evil.zip")
        assert json.loads(project.report("wrong", "data_quality.json").read_text())["accepted"] == 0

    def test_a_store_that_cannot_be_written_gets_a_sentence(self, project: Project) -> None:
        unwritable = Project(project.root, {"TUNESCOPE_STORE": "sqlite:////proc/nowhere/trials.db"})
        _expect(unwritable, f"run.id=wrong,dataset.source=photos,{SMALL_SEARCH}", "cannot be written")

    @pytest.mark.long
    def test_a_budget_in_which_nothing_finishes_gets_a_sentence(self, project: Project) -> None:
        params = "run.id=hasty,dataset.source=photos,search.max_seconds=0.001,search.strategies=random"
        _expect(project, params, "No trial has finished")
        assert _state(project, "hasty") == "failed"

    @pytest.mark.long
    def test_resuming_with_another_seed_gets_a_sentence(self, project: Project) -> None:
        process = project.start(f"run.id=seeded,dataset.source=photos,{ENDLESS}")
        wait_until(lambda: _trials(project, "seeded") >= 1)
        kill_group(process)
        _expect(
            project, f"run.id=seeded,dataset.source=photos,search.seed=5,{ENDLESS}", "`search.seed` is `5`"
        )


def _expect(project: Project, params: str, sentence: str) -> None:
    ended = project.run(params)
    said = ended.stderr + ended.stdout
    assert ended.returncode == 1, said
    assert sentence in ended.stderr.replace("\n", " "), said
    assert "Traceback" not in said
    assert "--from-nodes" not in said
    assert not any(Path(project.root).glob("data/05_model_input/*")) or "run.id=wrong" not in params
