"""A finished model answers photos: the classes, where it looked, and whether it can know."""

import shutil
import zipfile
from pathlib import Path

import numpy as np
import pytest
from photo_samples import CHOSEN, PhotoSample, photo, scene
from projects import ROOT

from tunescope.benchmark.familiarity import Familiarity, rarity
from tunescope.benchmark.photos import PhotoModel
from tunescope.datasets import PackedDataset, inspect, pack
from tunescope.datasets.photo import read_photo
from tunescope.errors import RunError, SourceError
from tunescope.parameters import CleaningParameters, DatasetParameters
from tunescope.store import Store

SHARED = ROOT.parent / "shared" / "data"
MODELS = list(range(len(CHOSEN)))
UNLIKE = "It looks unlike the images that the model learned from: its answer may mean nothing."


@pytest.fixture(scope="module")
def sample(photo_models: tuple[Store, PhotoSample]) -> PhotoSample:
    return photo_models[1]


@pytest.fixture(scope="module", params=MODELS, ids=list(CHOSEN))
def number(request: pytest.FixtureRequest) -> int:
    return int(request.param)


@pytest.fixture(scope="module")
def model(number: int, sample: PhotoSample) -> PhotoModel:
    return PhotoModel(sample.models[number], sample.dataset.folder, "letterbox")


def test_photos_of_the_validation_split_get_the_probabilities_that_the_search_kept(
    model: PhotoModel, number: int, sample: PhotoSample
) -> None:
    kept = np.load(sample.models[number] / "validation.npz")
    for row, expected in zip(kept["rows"], kept["probabilities"], strict=True):
        answer = model.answer(sample.content(row))
        np.testing.assert_array_equal(answer.photo.pixels, sample.dataset.images[row])
        np.testing.assert_allclose(answer.probabilities, expected, atol=1e-5)


def test_each_kind_of_model_is_explained_by_what_fits_it(model: PhotoModel, sample: PhotoSample) -> None:
    answer = model.answer(sample.content(0))
    name = model.predictor.identity.model
    assert answer.attribution.method == {"cnn": "Grad-CAM", "gaussian_nb": "Occlusion"}[name]
    assert answer.attribution.heat.shape == (24, 24)
    assert answer.attribution.heat.min() >= 0
    assert answer.index == answer.probabilities.argmax()


def test_another_class_is_explained_when_it_is_asked_for(model: PhotoModel, sample: PhotoSample) -> None:
    likeliest = model.answer(sample.content(0))
    other = model.answer(sample.content(0), index=(likeliest.index + 1) % 3)
    assert other.index != likeliest.index
    np.testing.assert_array_equal(other.probabilities, likeliest.probabilities)
    with pytest.raises(SourceError, match="class 3 is none of the model's 3"):
        model.answer(sample.content(0), index=3)


def test_photos_of_the_kind_that_was_learned_raise_no_doubt(model: PhotoModel, sample: PhotoSample) -> None:
    answers = [model.answer(sample.content(row)) for row in sample.dataset.indices("validation")]
    # By its rule one in a few dozen may look strange.
    assert sum(UNLIKE in answer.doubts for answer in answers) <= 1


def test_photos_of_another_kind_do(model: PhotoModel) -> None:
    answer = model.answer(photo(scene()))
    assert UNLIKE in answer.doubts
    gray = model.answer(photo(scene().convert("L")))
    assert "It is gray, but the model learned from images with colours." in gray.doubts
    small = model.answer(photo(scene(11, 9)))
    assert "It has 11 x 9 pixels only, and was enlarged to 24 x 24." in small.doubts


def test_what_was_converted_is_told(model: PhotoModel) -> None:
    frames = [scene(60, 60), scene(60, 60).rotate(90)]
    (note,) = model.answer(photo(frames[0], "GIF", save_all=True, append_images=frames[1:])).notes
    assert note == "It is animated: this is the first of 2 frames."
    assert model.answer(photo(scene().convert("CMYK"), "JPEG")).notes


@pytest.mark.parametrize(
    ("content", "reason"),
    [(b"", "empty"), (b"text", "no photo"), (photo(scene(), "JPEG")[:200], "damaged")],
    ids=["empty", "text", "damaged"],
)
def test_what_is_no_photo_is_refused_in_words(model: PhotoModel, content: bytes, reason: str) -> None:
    with pytest.raises(SourceError, match=reason):
        model.answer(content)


def test_without_the_prepared_images_the_answer_says_what_it_cannot_tell(sample: PhotoSample) -> None:
    model = PhotoModel(sample.models[0], sample.dataset.folder / "gone", "letterbox")
    answer = model.answer(sample.content(0))
    assert answer.doubts[0].startswith("The prepared images are gone")


def test_a_model_whose_files_are_gone_is_refused(sample: PhotoSample) -> None:
    with pytest.raises(RunError, match="holds no model that can be loaded"):
        PhotoModel(sample.models[2], sample.dataset.folder, "letterbox")


def test_what_is_familiar_is_told_without_the_sealed_test_split(sample: PhotoSample, tmp_path: Path) -> None:
    folder = shutil.copytree(sample.dataset.folder, tmp_path / "packed")
    images = np.array(sample.dataset.images)
    images[sample.dataset.indices("test")] = 0
    np.save(folder / "images.npy", images)
    there, here = Familiarity.of(sample.dataset), Familiarity.of(PackedDataset.open(folder))
    np.testing.assert_array_equal(there.known, here.known)
    np.testing.assert_array_equal(there.distances, here.distances)


def test_rarity_is_a_share_of_the_cases_with_the_new_one_among_them() -> None:
    assert rarity(0, 19) == 0.05
    assert rarity(19, 19) == 1.0


@pytest.mark.skipif(not SHARED.exists(), reason="the shared image sets lie beside a working copy only")
@pytest.mark.long
def test_blood_cells_are_strange_to_hand_signs_and_the_other_way_round(tmp_path: Path) -> None:
    sources = {"signs": ROOT / "data/01_raw/hand_signs.zip", "cells": SHARED / "blood-cell-crops.zip"}
    prepared = {name: DatasetParameters(source=str(path), name=name) for name, path in sources.items()}
    packed = {name: pack(inspect(one.source, one), tmp_path) for name, one in prepared.items()}
    for own, other in (("signs", "cells"), ("cells", "signs")):
        known, shape = Familiarity.of(packed[own]), packed[own].image_shape
        own_share, other_share = (
            np.mean([known.as_far(image) <= 0.02 for image in _photos(sources[name], packed[name], shape)])
            for name in (own, other)
        )
        assert other_share > 0.9
        # 0.02 is promised on average; of 90 photos more than 7 would be strange once in 1000 times.
        assert own_share <= 7 / 90


def _photos(source: Path, dataset: PackedDataset, shape: tuple[int, int, int]) -> list[np.ndarray]:
    """The first 90 validation images of a dataset, as one of another shape would see them."""
    with zipfile.ZipFile(source) as archive:
        paths = [dataset.paths[row] for row in dataset.indices("validation")[:90]]
        contents = [
            archive.read(next(name for name in archive.namelist() if name.endswith(path))) for path in paths
        ]
    return [read_photo(one, shape, "letterbox", CleaningParameters()).pixels for one in contents]
