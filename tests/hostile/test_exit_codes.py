"""Whatever is wrong with what a stage is given: exit code 1 and a line that names it, nothing half done."""

import os
import re
import shutil
import signal
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest
import tifffile

import stages.check
import stages.train
from brainseg.core.errors import UserError
from brainseg.core.params import parse_settings, read_params
from brainseg.data.raw.patients import write_patient
from brainseg.optims.adam import Settings

# ---------------------------------------------------------------- patients with a fault


def without_mask(patient: Path) -> None:
    (patient / "B_3_mask.tif").unlink()


def truncated(patient: Path) -> None:
    content = (patient / "B_3.tif").read_bytes()
    (patient / "B_3.tif").write_bytes(content[: len(content) // 2])


def copied_as_text(patient: Path) -> None:
    content = (patient / "B_3.tif").read_bytes()
    (patient / "B_3.tif").write_bytes(content.decode("utf-8", "replace").encode())


def mask_of_three_values(patient: Path) -> None:
    mask = np.zeros((32, 32), np.uint8)
    mask[3:6, 3:6], mask[8:9] = 100, 255
    tifffile.imwrite(patient / "B_3_mask.tif", mask)


def image_of_another_shape(patient: Path) -> None:
    tifffile.imwrite(patient / "B_3.tif", np.full((30, 32, 3), 90, np.uint8), photometric="rgb")


def mask_of_another_shape(patient: Path) -> None:
    tifffile.imwrite(patient / "B_3_mask.tif", np.zeros((32, 31), np.uint8))


def hole(patient: Path) -> None:
    (patient / "B_3.tif").unlink()
    (patient / "B_3_mask.tif").unlink()


def empty_file(patient: Path) -> None:
    (patient / "B_3.tif").write_bytes(b"")


def dangling_link(patient: Path) -> None:
    (patient / "B_3.tif").unlink()
    (patient / "B_3.tif").symlink_to("nowhere.tif")


def link_to_itself(patient: Path) -> None:
    (patient / "B_3.tif").unlink()
    (patient / "B_3.tif").symlink_to("B_3.tif")


def folder_called_like_a_slice(patient: Path) -> None:
    (patient / "B_3.tif").unlink()
    (patient / "B_3.tif").mkdir()


def pipe_called_like_a_slice(patient: Path) -> None:
    (patient / "B_3.tif").unlink()
    os.mkfifo(patient / "B_3.tif")


def one_slice(patient: Path) -> None:
    for path in patient.iterdir():
        if path.name not in ("B_1.tif", "B_1_mask.tif"):
            path.unlink()


FAULTS = {
    without_mask: "B/B_3.tif: has no mask",
    truncated: "B/B_3.tif: cannot be read as TIFF",
    copied_as_text: "B/B_3.tif: was copied as text, which replaced bytes by EF BF BD; copy it again as binary",
    mask_of_three_values: "B/B_3_mask.tif: mask holds [0, 100, 255]",
    image_of_another_shape: "B/B_3.tif: is (30, 32) pixels",
    mask_of_another_shape: "B/B_3_mask.tif: is (32, 31) pixels",
    hole: "B: slices are numbered up to 6 but 1 missing, the first 3",
    empty_file: "B/B_3.tif: cannot be read as TIFF",
    dangling_link: "patients/B/B_3.tif: cannot be read (No such file or directory)",
    link_to_itself: "patients/B/B_3.tif: cannot be read (Too many levels of symbolic links)",
    folder_called_like_a_slice: "patients/B/B_3.tif: cannot be read (Is a directory)",
    pipe_called_like_a_slice: "patients/B/B_3.tif",
    one_slice: "B: has one slice; expected a volume of at least 2",
}


@pytest.mark.parametrize(("spoil", "reported"), FAULTS.items(), ids=[spoil.__name__ for spoil in FAULTS])
def test_a_patient_with_a_fault_is_reported_by_its_file(project, spoil, reported):
    spoil(project.patients / "B")
    assert reported in project.run("download").fault()
    assert project.leftovers() == []


def test_faults_of_several_patients_are_all_reported_at_once(project):
    without_mask(project.patients / "B")
    for spoil, name in ((truncated, "C"), (mask_of_three_values, "D")):
        for path in project.patients.joinpath(name).iterdir():
            path.rename(path.with_name(path.name.replace(f"{name}_", "B_")))
        spoil(project.patients / name)
    faults = project.run("download").faults()
    assert [fault.split(": ")[0] for fault in faults] == ["B/B_3.tif", "C/B_3.tif", "D/B_3_mask.tif"]
    assert project.leftovers() == []


def test_what_cannot_be_read_is_all_reported_at_once(project):
    dangling_link(project.patients / "B")
    (project.patients / "D" / "D_2_mask.tif").unlink()
    (project.patients / "D" / "D_2_mask.tif").mkdir()
    faults = project.run("download").faults()
    assert [fault.split(": ")[0] for fault in faults] == ["patients/B/B_3.tif", "patients/D/D_2_mask.tif"]
    assert project.leftovers() == []


def renumbered(patient: Path, rename: Callable[[int], str]) -> None:
    """Slices 4 to 6 of B called otherwise."""
    for number in (4, 5, 6):
        for suffix in (".tif", "_mask.tif"):
            (patient / f"B_{number}{suffix}").rename(patient / f"{rename(number)}{suffix}")


@pytest.mark.parametrize(
    ("rename", "named", "reported"),
    [
        (lambda number: f"C_{number + 3}", ["C_7", "C_8", "C_9"], "is not called B_..."),
        (lambda number: f"C_{number}", ["C_4", "C_5", "C_6"], "is not called B_..."),
        (lambda number: f"B_0{number - 3}", ["B_01", "B_02", "B_03"], "has the same slice number as B_"),
        (lambda number: f"C_{number - 3}", ["B_1", "B_2", "B_3"], "has the same slice number as C_"),
    ],
    ids=["another name with a gap", "another name going on", "leading zeros", "another name from 1"],
)
def test_two_numberings_in_one_folder_are_reported(project, rename, named, reported):
    renumbered(project.patients / "B", rename)
    faults = [fault for fault in project.run("download").faults() if "but 3 missing" not in fault]
    assert [fault.split(": ")[0] for fault in faults] == [
        f"B/{name}{suffix}" for name in named for suffix in (".tif", "_mask.tif")
    ]
    assert all(reported in fault for fault in faults)
    assert project.leftovers() == []


# ---------------------------------------------------------------- what would go on with fewer, or twice the same


def copied_and_renamed(project) -> None:
    shutil.copytree(project.patients / "B", project.patients / "F")


def copied_without_its_last_slice(project) -> None:
    copied_and_renamed(project)
    for name in ("B_6.tif", "B_6_mask.tif"):
        (project.patients / "F" / name).unlink()


def named_in_small_letters(project) -> None:
    (project.patients / "E").rename(project.patients / "b")


def slice_of_another_name(project) -> None:
    for suffix in (".tif", "_mask.tif"):
        (project.patients / "B" / f"B_6{suffix}").rename(project.patients / "B" / f"slice6{suffix}")


def last_slice_with_a_hyphen(project) -> None:
    for suffix in (".tif", "_mask.tif"):
        (project.patients / "B" / f"B_6{suffix}").rename(project.patients / "B" / f"B-6{suffix}")


def last_slice_as_png(project) -> None:
    for suffix in ("", "_mask"):
        (project.patients / "B" / f"B_6{suffix}.tif").rename(project.patients / "B" / f"B_6{suffix}.png")


SILENT = {
    copied_and_renamed: "F: 6 of its 6 images are those of B; one patient needs one name, else copies train and test",
    copied_without_its_last_slice: "F: 5 of its 5 images are those of B;",
    named_in_small_letters: "b: differs from 'B' only in case or Unicode form; rename one of them",
    slice_of_another_name: "patients/B/slice6.tif: is not called PATIENT_1.tif or PATIENT_1_mask.tif; rename it",
    last_slice_with_a_hyphen: "patients/B/B-6.tif: is not called PATIENT_1.tif",
    last_slice_as_png: "patients/B/B_6.png: is no TIFF; convert it, or move it elsewhere",
}


@pytest.mark.parametrize("archived", [False, True], ids=["folder", "archive"])
@pytest.mark.parametrize(("spoil", "reported"), SILENT.items(), ids=[spoil.__name__ for spoil in SILENT])
def test_what_would_be_dropped_or_counted_twice_is_refused(project, spoil, reported, archived):
    spoil(project)
    if archived:
        packed(project)
        reported = reported.replace("patients/", "patients.zip/")
    faults = project.run("download").faults()
    assert any(fault.startswith(reported) for fault in faults), faults
    assert project.leftovers() == []


@pytest.mark.parametrize("archived", [False, True], ids=["folder", "archive"])
def test_folders_left_out_are_named_and_patients_and_slices_counted(project, archived):
    (project.patients / "empty").mkdir()
    (project.patients / "pictures").mkdir()
    (project.patients / "pictures" / "P_1.png").write_bytes(b"png")
    if archived:
        packed(project)
    done = project.run("download")
    above = "" if archived else "patients/"
    assert done.code == 0 and done.out.splitlines() == [
        f"left out: 2 folders without slices: {above}empty, {above}pictures",
        "5 patients, 30 slices",
    ]


def test_remains_of_a_killed_run_on_an_archive_are_removed_also_after_a_change_of_source(project):
    (project.raw.parent / ".unzipped.aside" / "patients").mkdir(parents=True)
    project.run_all("download")
    assert project.leftovers() == ["raw"]


# ---------------------------------------------------------------- folders and archives


def test_an_empty_folder_is_reported(project):
    shutil.rmtree(project.patients)
    project.patients.mkdir()
    assert project.run("download").fault().startswith("patients: no folder with PATIENT_1.tif")
    assert project.leftovers() == []


def test_a_folder_that_is_not_there_is_reported_by_its_key(project):
    shutil.rmtree(project.patients)
    assert "datasets.folder.path: 'patients' is neither a folder nor a zip archive" in project.run("download").fault()
    assert project.leftovers() == []


def packed(project, damage: Callable[[zipfile.ZipFile], None] = lambda _: None) -> Path:
    """The patients as a zip archive that params.yaml names, with something added to it."""
    archive = project.folder / "patients.zip"
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as file:
        for path in sorted(project.patients.rglob("*")):
            file.write(path, path.relative_to(project.patients))
        damage(file)
    project.set(datasets__folder__path="patients.zip")
    return archive


def link(file: zipfile.ZipFile) -> None:
    member = zipfile.ZipInfo("B/B_7.tif")
    member.external_attr = 0o120777 << 16
    file.writestr(member, "/etc/passwd")


@pytest.mark.parametrize(
    ("add", "reported"),
    [
        (lambda file: file.writestr("../B_7.tif", b"x"), "'../B_7.tif', a path that leads out of the archive"),
        (lambda file: file.writestr("B/../../B_7.tif", b"x"), "'B/../../B_7.tif', a path that leads out"),
        (lambda file: file.writestr("/tmp/B_7.tif", b"x"), "'/tmp/B_7.tif', a path that leads out"),
        (lambda file: file.writestr("..\\B_7.tif", b"x"), "a path that leads out"),
        (lambda file: file.writestr("C:\\B_7.tif", b"x"), "a path that leads out"),
        (link, "'B/B_7.tif', which is a link; expected files"),
    ],
    ids=["..", "../.. inside", "absolute", "..\\", "C:\\", "link"],
)
def test_an_archive_with_a_member_that_leads_out_is_refused(project, add, reported):
    packed(project, add)
    fault = project.run("download").fault()
    assert fault.startswith("patients.zip: holds ") and reported in fault
    assert project.leftovers() == [] and not (project.folder / "B_7.tif").exists()


def test_all_members_that_lead_out_are_reported_at_once(project):
    packed(project, lambda file: [file.writestr(name, b"x") for name in ("../B_7.tif", "/B_8.tif")])
    assert [fault.split("'")[1] for fault in project.run("download").faults()] == ["../B_7.tif", "/B_8.tif"]


def test_an_archive_that_unpacks_to_more_than_the_limit_is_refused(project):
    bomb = packed(project, lambda file: file.writestr("B/B_7.tif", bytes(20_000_000)))
    assert bomb.stat().st_size < 1_000_000
    project.set(datasets__folder__unzipped_limit_gb=0.01)
    fault = project.run("download").fault()
    assert fault.startswith("patients.zip: its slices unpack to 0.0 GB; datasets.folder.unzipped_limit_gb is 0.01")
    assert project.leftovers() == []


def lying_about_its_size(file: zipfile.ZipFile) -> None:
    """Declares 100 bytes and unpacks to 20 MB."""
    file.writestr("B/B_7.tif", bytes(20_000_000))
    file.filelist[-1].file_size = 100


def test_an_archive_that_declares_less_than_it_unpacks_to_is_refused(project):
    packed(project, lying_about_its_size)
    project.set(datasets__folder__unzipped_limit_gb=0.01)
    assert project.run("download").fault().startswith("patients.zip: cannot be unpacked")
    assert project.leftovers() == []


def test_an_archive_damaged_in_the_middle_is_reported(project):
    archive = packed(project)
    content = bytearray(archive.read_bytes())
    middle = content.index(b"B/B_3.tif") + 200
    content[middle : middle + 400] = bytes(400)
    archive.write_bytes(content)
    assert project.run("download").fault().startswith("patients.zip: cannot be unpacked")
    assert project.leftovers() == []


def test_an_archive_cut_short_is_reported_by_its_key(project):
    archive = packed(project)
    archive.write_bytes(archive.read_bytes()[:-1000])
    assert "'patients.zip' is neither a folder nor a zip archive" in project.run("download").fault()


def test_an_encrypted_archive_is_reported(project):
    archive = packed(project)
    content = bytearray(archive.read_bytes())
    for signature, flags in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        place = content.find(signature)
        while place >= 0:
            content[place + flags] |= 1
            place = content.find(signature, place + 1)
    archive.write_bytes(content)
    fault = project.run("download").fault()
    assert fault.startswith("patients.zip: cannot be unpacked") and "password" in fault
    assert project.leftovers() == []


def test_a_failed_download_leaves_the_patients_that_were_there(project):
    project.run_all("download")
    before = {path: path.read_bytes() for path in project.raw.rglob("*.tif")}
    truncated(project.patients / "B")
    project.run("download").fault()
    assert {path: path.read_bytes() for path in project.raw.rglob("*.tif")} == before
    assert project.leftovers() == ["raw"]


# ---------------------------------------------------------------- the system's own refusals


def without_override() -> list[str]:
    """The command that takes away root's right to read what may not be read."""
    if os.geteuid() != 0:
        return []
    rights = "-dac_override,-dac_read_search"
    command = ["setpriv", f"--inh-caps={rights}", f"--bounding-set={rights}"]
    if not shutil.which("setpriv") or subprocess.run([*command, "true"], capture_output=True).returncode:
        pytest.skip("root reads everything here, and setpriv cannot change it")
    return command


def test_files_that_may_not_be_read_are_all_reported_at_once(project):
    before = without_override()
    for name in ("A/A_2.tif", "C/C_5_mask.tif"):
        (project.patients / name).chmod(0)
    faults = project.run("download", *before).faults()
    assert faults == [
        f"patients/{name}: cannot be read (Permission denied)" for name in ("A/A_2.tif", "C/C_5_mask.tif")
    ]
    assert project.leftovers() == []


def test_a_folder_that_may_not_be_read_is_reported(project):
    before = without_override()
    (project.patients / "C").chmod(0)
    fault = project.run("download", *before).fault()
    (project.patients / "C").chmod(0o755)
    assert "patients/C" in fault and "Permission denied" in fault
    assert project.leftovers() == []


def test_a_patient_gone_unreadable_after_download_is_reported_by_preprocess(ready_to_train):
    path = ready_to_train.raw / "B" / "B_3.tif"
    path.write_bytes(path.read_bytes()[:500])
    shutil.rmtree(ready_to_train.folder / "data" / "preprocessed")
    fault = ready_to_train.run("preprocess").fault()
    assert fault.startswith("data/raw/B/B_3.tif: cannot be read as TIFF")
    assert not list(ready_to_train.folder.joinpath("data/preprocessed").glob(".*"))


@pytest.fixture
def small_disk(project) -> Iterator[Path]:
    """data/ on a disk of 256 kB, less than the patients have."""
    place = project.folder / "data"
    mount = ["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", str(place)]
    if sys.platform != "linux" or subprocess.run(mount, capture_output=True).returncode:
        pytest.skip("no right to mount a small disk")
    try:
        yield place
    finally:
        subprocess.run(["umount", "--lazy", str(place)], check=True)


def more_patients(project, make_patient) -> None:
    for number in range(5, 12):
        write_patient(project.patients / f"P{number}", *make_patient(number, slices=12, height=48, width=48))


def test_a_full_disk_is_reported_by_download(project, small_disk, make_patient):
    more_patients(project, make_patient)
    fault = project.run("download").fault()
    assert "No space left on device" in fault and "cannot be read" not in fault
    assert list(small_disk.iterdir()) == []


def test_a_full_disk_is_reported_by_download_of_an_archive(project, small_disk, make_patient):
    more_patients(project, make_patient)
    packed(project)
    fault = project.run("download").fault()
    assert fault.startswith("patients.zip: its slices need ") and "the disk has" in fault
    assert list(small_disk.iterdir()) == []


def test_a_full_disk_is_reported_by_preprocess(project, small_disk):
    shutil.copytree(project.patients, small_disk / "raw")
    project.set(preprocess__side_px=128)
    assert "No space left on device" in project.run("preprocess").fault()
    assert list((small_disk / "preprocessed").glob(".*")) == []


# ---------------------------------------------------------------- settings and training


@pytest.mark.parametrize(
    ("values", "reported"),
    [
        ({"loss": "dise"}, "params.yaml: loss is 'dise'; expected one of: balanced_bce, bce, boundary"),
        ({"losses__dice__smoth": 1.0}, "params.yaml: losses.dice.smoth is not a setting; did you mean smooth?"),
        ({"optims__adam__lr": -1e-4}, "params.yaml: optims.adam.lr is -0.0001; expected greater than 0"),
    ],
    ids=["misspelt loss", "misspelt setting", "negative learning rate"],
)
def test_check_reports_a_mistake_by_its_key(project, values, reported):
    project.set(**values)
    assert project.run("check").fault().startswith(reported)
    assert project.leftovers() == []


@pytest.mark.parametrize(
    ("make", "reported"),
    [
        (os.mkfifo, "patients/B/B_9.tif: is a pipe; expected files and folders"),
        (lambda path: path.symlink_to("nowhere.tif"), "patients/B/B_9.tif: is a link to nowhere.tif, which does not"),
        (lambda path: path.symlink_to("B_9.tif"), "patients/B/B_9.tif: cannot be read (Too many levels of symbolic"),
    ],
    ids=["pipe", "dangling link", "link to itself"],
)
@pytest.mark.parametrize("data", ["folder", "phantom"])
def test_check_refuses_what_would_hang_or_stop_dvc(project, fault_of, make, reported, data):
    """DVC reads the folder whichever data set is chosen."""
    project.set(data=data)
    make(project.patients / "B" / "B_9.tif")
    assert fault_of(stages.check.main, project.folder).startswith(reported)
    assert project.leftovers() == []


@pytest.mark.parametrize("path", ["", " "])
def test_an_empty_path_is_not_the_current_folder(project, fault_of, path):
    project.set(datasets__folder__path=path)
    fault = fault_of(stages.check.main, project.folder)
    assert fault == "params.yaml: datasets.folder.path: is empty; expected a folder or a zip archive"


def test_one_person_cannot_be_split_and_two_report_that_none_tests(project):
    for name in "CDE":
        shutil.rmtree(project.patients / name)
    project.set(split__test=0.0)
    project.run_all("download")
    out = project.run("split").out
    assert out.splitlines() == [
        "nobody tests: the validation patients, who choose the best epoch, are scored",
        "2 patients of 2 persons: 1 train, 1 validation, 0 test",
    ]
    shutil.rmtree(project.raw / "A")
    assert "two are needed" in project.run("split").fault()


@pytest.mark.slow
def test_no_memory_for_training_is_one_line(ready_to_train):
    ready_to_train.set(archs__unet__features=256, archs__unet__levels=5)
    fault = ready_to_train.run("train", "prlimit", "--as=6000000000").fault()
    assert fault.startswith("params.yaml: archs.unet: ") and "parameters need 8 GB in training; cpu has 6 GB" in fault
    ready_to_train.set(archs__unet__features=64, archs__unet__levels=2, train__batch_size=12, preprocess__side_px=1024)
    shutil.rmtree(ready_to_train.folder / "data" / "preprocessed")
    ready_to_train.run_all("preprocess")
    fault = ready_to_train.run("train", "prlimit", "--as=4000000000").fault()
    assert "no memory left" in fault and "lower" in fault


@pytest.mark.slow
def test_compiling_without_a_compiler_is_one_line(ready_to_train):
    ready_to_train.set(train__compile=True)
    ready_to_train.environment |= {"PATH": "/nowhere", "CXX": "/nowhere/c++"}
    ready_to_train.environment |= {"TORCHINDUCTOR_CACHE_DIR": str(ready_to_train.folder / "inductor")}
    fault = ready_to_train.run("train").fault()
    assert fault.startswith("params.yaml: train.compile is true, but PyTorch cannot compile here")
    assert "set train.compile=false" in fault


def test_no_lesion_in_any_training_patient_is_reported(project, make_patient):
    for number, name in enumerate("ABCDE"):
        shutil.rmtree(project.patients / name)
        write_patient(project.patients / name, *make_patient(number, lesion=False))
    project.run_all("check", "download", "split", "preprocess")
    assert project.run("train").fault() == (
        "data/split.csv: no training patient has a lesion; there is nothing to learn from"
    )
    assert not any(project.folder.joinpath(name).exists() for name in ("data/weights", "metrics", "plots"))


def test_slices_that_do_not_fit_the_network_are_reported(ready_to_train, fault_of):
    ready_to_train.set(archs__unet__levels=7)  # without check, and without preprocessing anew
    fault = fault_of(stages.train.main, ready_to_train.folder)
    assert fault == "data/preprocessed: has slices of 32 pixels; unet needs a multiple of 64"


def test_a_batch_larger_than_the_data_is_reported(ready_to_train):
    ready_to_train.set(train__batch_size=400)
    fault = ready_to_train.run("train").fault()
    assert fault.startswith("params.yaml: train.batch_size is 400; expected at most the ")
    assert not (ready_to_train.folder / "data" / "weights").exists()


def test_a_patient_in_two_subsets_is_reported(ready_to_train):
    split = ready_to_train.folder / "data" / "split.csv"
    split.write_text(split.read_text() + split.read_text().splitlines()[1].replace("train", "test") + "\n")
    assert ready_to_train.run("train").fault() == ("data/split.csv: A is listed twice; a patient is in one subset")
    assert not (ready_to_train.folder / "data" / "weights").exists()


SPLITS = {
    "an unknown subset": ("patient,subset\nA,train\nB,training\nC,validation\n", "split.csv: B is in 'training'"),
    "an unknown patient": ("patient,subset\nA,train\nX,train\nC,validation\n", "X.npz: No such file"),
    "nobody trains": ("patient,subset\nA,validation\nB,test\n", "split.csv"),
    "nobody validates": ("patient,subset\nA,train\nB,test\n", "split.csv"),
    "nobody at all": ("patient,subset\n", "split.csv"),
    "no header": ("A,train\nB,train\nC,validation\n", "split.csv"),
    "a row too short": ("patient,subset\nA,train\nB\nC,validation\n", "split.csv, line 3: has another number of"),
}


@pytest.mark.parametrize(("text", "reported"), SPLITS.values(), ids=SPLITS)
def test_a_split_edited_to_something_wrong_is_reported(preprocessed, tmp_path, fault_of, text, reported):
    for name in ("params.yaml", "data/preprocessed"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).symlink_to(preprocessed.folder / name)
    (tmp_path / "data" / "split.csv").write_text(text)
    assert reported in fault_of(stages.train.main, tmp_path)
    assert not (tmp_path / "data" / "weights").exists()


@pytest.mark.parametrize(
    "stage", ["split", "preprocess", "train", "predict", "evaluate", "plot", "robustness", "page", "audit"]
)
def test_a_stage_before_those_it_needs_names_what_is_missing(project, fault_of, stage):
    fault = fault_of(import_module(f"stages.{stage}").main, project.folder)
    assert re.fullmatch(r"(data|metrics|plots)/\S+: No such file or directory", fault)
    assert project.leftovers() == []


# ---------------------------------------------------------------- Ctrl-C


def interrupted(process: subprocess.Popen) -> tuple[int, str, str]:
    """What a stage ends with after Ctrl-C, which a terminal sends to its worker processes too."""
    os.killpg(process.pid, signal.SIGINT)
    try:
        out, err = process.communicate(timeout=60)
    finally:
        process.kill()
    return process.returncode, out, err


def test_ctrl_c_in_training_ends_with_130_and_one_word(ready_to_train):
    ready_to_train.set(train__epochs=100000)
    process = ready_to_train.start("train")
    for line in process.stdout:
        if "epoch   2/" in line:
            break
    code, out, err = interrupted(process)
    assert (code, err) == (130, "interrupted\n")
    assert "Traceback" not in out
    assert not (ready_to_train.folder / "data" / "weights").exists()


def within_a_minute(is_so: Callable[[], bool]) -> None:
    until = time.monotonic() + 60
    while not is_so():
        assert time.monotonic() < until
        time.sleep(0.005)


def mapped(process: subprocess.Popen, library: str) -> bool:
    return library in Path(f"/proc/{process.pid}/maps").read_text()


def children(process: subprocess.Popen) -> list[str]:
    return Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
def test_ctrl_c_while_torch_is_loaded_shows_no_traceback(ready_to_train):
    process = ready_to_train.start("train")
    within_a_minute(lambda: mapped(process, "libtorch_cpu"))
    code, out, err = interrupted(process)
    assert code in (130, -signal.SIGINT)  # the shell's 130 either way
    assert (out, err) == ("", "interrupted\n")


@pytest.fixture
def many_to_preprocess(ready_to_train):
    shutil.rmtree(ready_to_train.folder / "data" / "preprocessed")
    for number in range(200):
        shutil.copytree(ready_to_train.raw / "A", ready_to_train.raw / f"N{number}")
    return ready_to_train


@pytest.mark.parametrize("workers", ["1", "2"])
def test_ctrl_c_in_preprocessing_ends_with_130_and_one_word(many_to_preprocess, workers):
    many_to_preprocess.environment["BRAINSEG_WORKERS"] = workers
    preprocessed = many_to_preprocess.folder / "data" / "preprocessed"
    process = many_to_preprocess.start("preprocess")
    within_a_minute(lambda: any(preprocessed.glob("*.npz")))
    assert interrupted(process) == (130, "", "interrupted\n")
    assert not list(preprocessed.glob(".*"))


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
def test_ctrl_c_while_the_workers_start_shows_no_traceback(many_to_preprocess):
    many_to_preprocess.environment["BRAINSEG_WORKERS"] = "2"
    process = many_to_preprocess.start("preprocess")
    within_a_minute(lambda: len(children(process)) > 1)  # a worker beside multiprocessing's own
    time.sleep(0.2)  # it is importing
    assert interrupted(process) == (130, "", "interrupted\n")


def test_ctrl_c_in_download_leaves_nothing(project):
    for number in range(2000):
        project.patients.joinpath(f"N{number}").symlink_to("A")
    process = project.start("download")
    within_a_minute(project.raw.with_name(".raw.aside").exists)
    assert interrupted(process) == (130, "", "interrupted\n")
    assert project.leftovers() == []


# ---------------------------------------------------------------- numbers as YAML writes them

WAYS = ["1e-4", "1E-4", "1.0e-4", "1.e-4", "0.0001", ".0001", "+1e-4", "1e-04", "100e-6", "0.1e-3", ".1e-3", "+.0001"]
WAYS += ["1_0e-5", "!!float 1e-4", "!!float '1e-4'", "1e-4 # the report's", "&rate 1e-4"]


def learning_rate(folder: Path, text: str) -> float:
    path = folder / "params.yaml"
    path.write_text(f"optims:\n{text}")
    return parse_settings(Settings, read_params(path), "optims.adam").lr


@pytest.mark.parametrize("written", WAYS)
@pytest.mark.parametrize(
    "style",
    [
        "  adam:\n    lr: {}\n    beta1: 0.9\n    beta2: 0.999\n    weight_decay: 0.0\n",
        "  adam: {{beta1: 0.9, beta2: 0.999, weight_decay: 0.0, lr: {}\n    }}\n",
    ],
    ids=["block", "flow"],
)
def test_every_way_to_write_a_learning_rate_is_the_same_number(tmp_path, written, style):
    assert learning_rate(tmp_path, style.format(written)) == 1e-4


@pytest.mark.parametrize("written", ["'1e-4'", '"1e-4"', "1e-4s", "1,0e-4", "1e -4", "0x1p-4", "!!str 1e-4", "true"])
def test_what_is_no_number_is_refused_in_one_line(tmp_path, written):
    with pytest.raises(UserError, match=r"^params\.yaml: optims\.adam\.lr is [^\n]*; expected a valid number$"):
        learning_rate(
            tmp_path, f"  adam:\n    lr: {written}\n    beta1: 0.9\n    beta2: 0.999\n    weight_decay: 0.0\n"
        )
