"""Scans one by one: what fails is named, the rest is done, and a stopped run goes on."""

import csv
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from brainseg.core.errors import UserError
from brainseg.segment import run as module
from brainseg.segment.run import Options, segment_scans
from tests.model import small_model
from tests.scans.small_scans import write_volume

PLAIN = Options(pictures=False)


@pytest.fixture
def model(tmp_path) -> Path:
    small_model.write(tmp_path / "m.zip")
    return tmp_path / "m.zip"


@pytest.fixture
def scans(tmp_path, rng) -> Path:
    folder = tmp_path / "scans"
    folder.mkdir()
    for name in "abc":
        np.save(folder / f"{name}.npy", rng.integers(0, 255, (4, 20, 18, 3)).astype(np.uint8))
    return folder


def rows(folder: Path) -> list[dict[str, str]]:
    with (folder / "scans.csv").open() as file:
        return list(csv.DictReader(file))


def watch_reading(monkeypatch) -> list[str]:
    """A list that the names of the scans that are read are added to."""
    read: list[str] = []
    real = module.read_scan
    monkeypatch.setattr(module, "read_scan", lambda files, *rest: read.append(files.name) or real(files, *rest))
    return read


def files(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def test_each_scan_has_a_row_a_mask_a_picture_and_a_page(model, scans, tmp_path, capsys):
    out = tmp_path / "out"
    assert segment_scans(model, [str(scans)], out, Options(probabilities=True)) == 0
    names = [
        f"{name}{rest}" for name in "abc" for rest in ("_picture.png", "_page.html", "_mask.npy", "_probability.npy")
    ]
    assert files(out) == sorted([*names, "scans.csv"])
    assert [row["scan"] for row in rows(out)] == ["a", "b", "c"]
    mask, probability = np.load(out / "a_mask.npy"), np.load(out / "a_probability.npy")
    assert int(rows(out)[0]["lesion_voxels"]) == mask.astype(bool).sum() > 0
    assert (probability[mask.astype(bool)] > 0.5).all()
    assert "3 scans segmented, 0 were done before, 0 failed" in capsys.readouterr().out


def test_a_bad_scan_is_named_and_the_others_are_done(model, scans, tmp_path, capsys):
    (scans / "b.npy").write_bytes(b"damaged")
    out = tmp_path / "out"
    assert segment_scans(model, [str(scans), str(tmp_path / "none")], out, PLAIN) == 2
    reported = capsys.readouterr()
    errors = reported.err.splitlines()
    assert len(errors) == 2 and all(line.startswith("error: ") for line in errors)
    assert "b.npy: cannot be read as .npy" in errors[0] and "none: no such file or folder" in errors[1]
    assert [bool(row["error"]) for row in rows(out)] == [False, True, False, True]
    assert files(out) == ["a_mask.npy", "c_mask.npy", "scans.csv"]


def test_a_second_run_does_only_what_is_missing(model, scans, tmp_path, monkeypatch, capsys):
    out = tmp_path / "out"
    (scans / "b.npy").rename(tmp_path / "b.npy")
    segment_scans(model, [str(scans)], out, PLAIN)
    (tmp_path / "b.npy").rename(scans / "b.npy")
    (out / "c_mask.npy").unlink()
    read = watch_reading(monkeypatch)
    assert segment_scans(model, [str(scans)], out, PLAIN) == 0
    assert read == ["b", "c"]
    assert "2 scans segmented, 1 were done before" in capsys.readouterr().out


@pytest.mark.parametrize("change", ["model", "options", "scan"])
def test_a_scan_is_done_again_where_something_changed(model, scans, tmp_path, monkeypatch, change):
    out = tmp_path / "out"
    segment_scans(model, [str(scans)], out, PLAIN)
    options = PLAIN
    if change == "model":
        small_model.write(model, name="other")
    elif change == "options":
        options = Options(pictures=False, spacing_mm=(5.0, 1.0, 1.0))
    else:
        np.save(scans / "a.npy", np.full((5, 20, 18, 3), 7, np.uint8))
    read = watch_reading(monkeypatch)
    segment_scans(model, [str(scans)], out, options)
    assert read == (["a"] if change == "scan" else ["a", "b", "c"])


def test_a_run_that_is_killed_goes_on_and_ends_the_same(model, scans, tmp_path, monkeypatch):
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    segment_scans(model, [str(scans)], whole, PLAIN)

    def stop(files, *rest, real=module.read_scan):
        if files.name == "c":
            raise KeyboardInterrupt
        return real(files, *rest)

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(module, "read_scan", stop)
        segment_scans(model, [str(scans)], killed, PLAIN)
    assert [row["scan"] for row in rows(killed)] == ["a", "b"]
    segment_scans(model, [str(scans)], killed, PLAIN)
    assert {name: (killed / name).read_bytes() for name in files(killed)} == {
        name: (whole / name).read_bytes() for name in files(whole)
    }


@pytest.mark.parametrize(
    "error", [MemoryError(), RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory: 8 GB")]
)
def test_no_memory_for_one_scan_is_one_line_and_the_next_one_is_done(
    model, scans, tmp_path, monkeypatch, capsys, error
):
    def exhausted(files, *rest, real=module.read_scan):
        if files.name == "a":
            raise error
        return real(files, *rest)

    monkeypatch.setattr(module, "read_scan", exhausted)
    assert segment_scans(model, [str(scans)], tmp_path / "out", PLAIN) == 1
    assert capsys.readouterr().err == "error: a: not enough memory for this scan\n"
    assert files(tmp_path / "out") == ["b_mask.npy", "c_mask.npy", "scans.csv"]


def test_a_scan_that_fails_later_leaves_nothing_of_an_earlier_run(model, scans, tmp_path):
    out = tmp_path / "out"
    segment_scans(model, [str(scans)], out, Options())
    (scans / "c.npy").write_bytes(b"damaged")
    assert segment_scans(model, [str(scans)], out, Options()) == 1
    assert not [name for name in files(out) if name.startswith("c")]
    assert rows(out)[2]["error"] and not rows(out)[2]["mask"]


def test_another_format_replaces_the_mask(model, scans, tmp_path):
    out = tmp_path / "out"
    segment_scans(model, [str(scans / "a.npy")], out, PLAIN)
    segment_scans(model, [str(scans / "a.npy")], out, Options(pictures=False, format="nifti"))
    assert files(out) == ["a_mask.nii.gz", "scans.csv"]


def test_a_fault_of_the_arguments_leaves_what_was_segmented(model, scans, tmp_path):
    out = tmp_path / "out"
    segment_scans(model, [str(scans / "a.npy")], out, PLAIN)
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "a.npy").write_bytes((scans / "a.npy").read_bytes())
    assert segment_scans(model, [str(scans / "a.npy"), str(tmp_path / "other" / "a.npy")], out, PLAIN) == 2
    assert (out / "a_mask.npy").exists() and not rows(out)[0]["error"]


def test_a_format_that_does_not_fit_is_refused_before_the_work(model, scans, tmp_path, capsys):
    out = tmp_path / "out"
    assert segment_scans(model, [str(scans / "a.npy")], out, Options(format="dicom-seg")) == 1
    assert "a: is not DICOM, so a DICOM-SEG has no series to refer to" in capsys.readouterr().err
    assert files(out) == ["scans.csv"]


def test_nothing_stays_of_a_scan_whose_picture_cannot_be_written(model, scans, tmp_path, monkeypatch):
    def full(found):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("brainseg.segment.picture.picture", full)
    assert segment_scans(model, [str(scans / "a.npy")], tmp_path / "out", Options()) == 1
    assert files(tmp_path / "out") == ["scans.csv"]


def test_names_with_spaces_and_a_missing_picture(model, scans, tmp_path, capsys):
    out = tmp_path / "out"
    (scans / "a.npy").rename(scans / "my scan.npy")
    for _ in range(2):
        segment_scans(model, [str(scans / "my scan.npy")], out, Options())
    assert "0 scans segmented, 1 were done before" in capsys.readouterr().out
    (out / "my scan_picture.png").unlink()
    segment_scans(model, [str(scans / "my scan.npy")], out, Options())
    assert (out / "my scan_picture.png").exists()


def test_results_written_beside_the_scans_are_no_scans(model, tmp_path, rng):
    folder = tmp_path / "P" / "slices"
    folder.mkdir(parents=True)
    for number in range(4):
        pixels = rng.integers(0, 255, (20, 18, 3)).astype(np.uint8)
        Image.fromarray(pixels).save(folder / f"{number}.png")
    for _ in range(2):
        assert segment_scans(model, [str(tmp_path / "P")], tmp_path / "P", Options()) == 0
    assert [row["scan"] for row in rows(tmp_path / "P")] == ["slices"]


def test_another_sequence_of_the_same_file_is_another_scan(model, tmp_path, rng, monkeypatch):
    for name in ("flair", "other"):
        write_volume(tmp_path / f"{name}.mha", rng.integers(0, 255, (4, 20, 18)).astype(np.uint8))
    read = watch_reading(monkeypatch)
    for key in ("pre", "post"):
        argument = f"flair={tmp_path}/flair.mha,{key}={tmp_path}/other.mha"
        segment_scans(model, [argument], tmp_path / "out", PLAIN)
    assert len(read) == 2


def test_voxels_beside_a_header_are_watched(model, tmp_path, rng, monkeypatch):
    volume = rng.integers(0, 255, (4, 20, 18, 3)).astype(np.uint8)
    read = watch_reading(monkeypatch)
    for seed in range(2):
        write_volume(tmp_path / "a.mhd", np.roll(volume, seed, axis=1))
        segment_scans(model, [str(tmp_path / "a.mhd")], tmp_path / "out", PLAIN)
    assert len(read) == 2


def test_a_damaged_model_stops_before_anything_is_written(scans, tmp_path):
    (tmp_path / "m.zip").write_bytes(b"PK")
    with pytest.raises(UserError, match="m.zip: not a whole model file"):
        segment_scans(tmp_path / "m.zip", [str(scans)], tmp_path / "out", PLAIN)
    assert not (tmp_path / "out").exists()


@pytest.mark.slow
def test_memory_does_not_grow_with_the_number_of_scans(model, tmp_path, rng):
    """1,000 small scans: the peak of the process hardly rises after the first hundred."""
    import subprocess
    import sys

    folder = tmp_path / "many"
    folder.mkdir()
    image = rng.integers(0, 255, (4, 20, 18, 3)).astype(np.uint8)
    for number in range(1000):
        np.save(folder / f"{number}.npy", image)
    code = (
        "import resource, sys\n"
        "from pathlib import Path\n"
        "from brainseg.segment.run import Options, segment_scans\n"
        "peak = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024\n"
        "folder = Path(sys.argv[2])\n"
        "first = [str(folder / f'{number}.npy') for number in range(100)]\n"
        "segment_scans(Path(sys.argv[1]), first, Path(sys.argv[3]), Options(pictures=False))\n"
        "before = peak()\n"
        "segment_scans(Path(sys.argv[1]), [str(folder)], Path(sys.argv[3]), Options(pictures=False))\n"
        "print(before, peak())"
    )
    command = [sys.executable, "-c", code, str(model), str(folder), str(tmp_path / "out")]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    before, after = map(float, done.stdout.splitlines()[-1].split())
    assert after < before + 40  # MB
    assert "900 scans segmented, 100 were done before" in done.stdout


def test_the_result_of_a_single_scan_can_be_looked_at(model, scans, tmp_path):
    seen = []
    segment_scans(model, [str(scans)], tmp_path / "all", PLAIN, seen.append)
    assert seen == []
    segment_scans(model, [str(scans / "b.npy")], tmp_path / "one", PLAIN, seen.append)
    assert [found.scan.name for found in seen] == ["b"]
