import hashlib
from pathlib import Path

import numpy as np
import pytest
import tifffile

from brainseg.data.raw.patients import check_patients, patient_names, read_images
from brainseg.sources.phantom import SITES, phantom, phantom_patient


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("phantom")
    phantom(root, patients=4, slices=6, side_px=32, noise=0.03, seed=1)
    return root


def digest(root: Path) -> str:
    """Of the names and bytes of all files."""
    total = hashlib.sha256()
    for path in sorted(root.rglob("*.tif")):
        total.update(path.relative_to(root).as_posix().encode() + path.read_bytes())
    return total.hexdigest()


def test_the_bytes_are_the_same_on_every_machine(root):
    # If this fails on a new machine or library, the phantom is no longer reproducible: do not
    # replace the number, find out what differs. Only a change of the phantom itself changes it.
    assert digest(root) == "12c534bd091ce9923cc49b8ac8ebbf1d97b960d4e3e6b1efba6f9b524a2b5661"


def test_the_bytes_do_not_depend_on_the_number_of_processes(root, tmp_path, monkeypatch):
    monkeypatch.setenv("BRAINSEG_WORKERS", "1")
    phantom(tmp_path, patients=4, slices=6, side_px=32, noise=0.03, seed=1)
    assert digest(tmp_path) == digest(root)


def test_more_patients_leave_the_first_ones_as_they_are(root, tmp_path):
    phantom(tmp_path, patients=3, slices=6, side_px=32, noise=0.03, seed=1)
    for name in patient_names(tmp_path):
        np.testing.assert_array_equal(read_images(tmp_path / name), read_images(root / name))


def test_patients_are_named_after_their_site_and_pass_the_check(root):
    assert sorted(name.split("_")[1] for name in patient_names(root)) == sorted([*SITES, SITES[0]])
    check_patients(root)


def test_files_hold_uint8_and_masks_only_0_and_255(root):
    files = sorted(root.rglob("*.tif"))
    pixels = {path: tifffile.imread(path) for path in files}
    assert len(files) == 4 * 6 * 2
    assert {image.dtype for image in pixels.values()} == {np.dtype(np.uint8)}
    masks = [image for path, image in pixels.items() if path.stem.endswith("_mask")]
    assert {image.shape for image in masks} == {(32, 32)}
    assert set(np.unique(masks)) == {0, 255}


def test_patients_differ(root):
    images = [read_images(root / name) for name in patient_names(root)]
    assert all((images[0] != other).mean() > 0.2 for other in images[1:])


def patient(seed: int, slices: int = 8, side_px: int = 48, noise: float = 0.0) -> tuple[np.ndarray, np.ndarray]:
    return phantom_patient(np.random.Generator(np.random.PCG64(seed)), slices, side_px, noise)


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("slices", [6, 9])
def test_every_patient_has_lesion_where_it_is_not_dropped(seed, slices):
    image, mask = patient(seed, slices, side_px=40)
    assert image.shape == (slices, 40, 40, 3) and mask.shape == (slices, 40, 40)
    assert mask[1:-1].any()
    assert mask.mean() < 0.1


@pytest.mark.parametrize("seed", range(4))
def test_a_lesion_is_brighter_on_flair_than_what_surrounds_it_on_average(seed):
    image, mask = patient(seed)
    head = image[..., 1] > 20
    assert image[mask][:, 1].mean() > image[head & ~mask][:, 1].mean()


def test_noise_has_the_standard_deviation_asked_for():
    clean, noisy = (patient(0, noise=noise)[0].astype(float) for noise in (0.0, 0.05))
    unclipped = (clean > 60) & (clean < 195)
    assert (noisy - clean)[unclipped].std() == pytest.approx(0.05 * 255, rel=0.02)
    assert (noisy - clean)[unclipped].mean() == pytest.approx(0, abs=0.3)
