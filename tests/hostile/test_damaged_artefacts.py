"""What stages write, damaged or edited by hand: the next stage that reads it says so in one line that names it."""

import io
import json
import shutil
import zipfile
from collections.abc import Callable
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest
import tifffile

from brainseg.core.params import read_params
from brainseg.data.ensemble import write_records


@pytest.fixture(scope="module")
def whole(preprocessed, tmp_path_factory):
    """A project whose stages have all run."""
    project = type(preprocessed)(shutil.copytree(preprocessed.folder, tmp_path_factory.mktemp("whole") / "project"))
    project.run_all("train", "predict", "evaluate", "plot", "robustness", "page")
    return project


@pytest.fixture
def project(whole, tmp_path) -> Path:
    return Path(shutil.copytree(whole.folder, tmp_path / "project"))


def half(content: bytes) -> bytes:
    return content[: len(content) // 2]


def nothing(content: bytes) -> bytes:
    return b""


def latin_1(content: bytes) -> bytes:
    return content + b"\xe9\n"


def a_list(content: bytes) -> bytes:
    return b"[1, 2]\n"


def without_a_column(content: bytes) -> bytes:
    return b"\n".join(line.partition(b",")[2] for line in content.splitlines()) + b"\n"


def only_a_header(content: bytes) -> bytes:
    return content.splitlines()[0] + b"\n"


def words_for_numbers(content: bytes) -> bytes:
    header, *rows = content.splitlines()
    return b"\n".join([header, *(b",".join(b"word" for _ in row.split(b",")) for row in rows)]) + b"\n"


def other_keys(content: bytes) -> bytes:
    return json.dumps({f"other_{key}": value for key, value in json.loads(content).items()}).encode()


def words_as_values(content: bytes) -> bytes:
    return json.dumps(dict.fromkeys(json.loads(content), "word")).encode()


def binary(content: bytes) -> bytes:
    return bytes(range(256)) * 9


def other_shape(content: bytes) -> bytes:
    buffer = io.BytesIO()
    tifffile.imwrite(buffer, np.zeros((5, 5, 3), np.uint8), photometric="rgb")
    return buffer.getvalue()


def with_arrays(change: Callable[[dict[str, np.ndarray]], dict[str, np.ndarray]]) -> Callable[[bytes], bytes]:
    def changed(content: bytes) -> bytes:
        buffer = io.BytesIO()
        with np.load(io.BytesIO(content)) as arrays:
            np.savez(buffer, **change(dict(arrays)))
        return buffer.getvalue()

    return changed


a_slice_less = with_arrays(lambda arrays: {name: array[1:] for name, array in arrays.items()})
as_float = with_arrays(lambda arrays: {name: array.astype(np.float32) for name, array in arrays.items()})
no_arrays = with_arrays(lambda arrays: {"other": np.zeros(3)})


def another_archive(content: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("a.txt", "text")
    return buffer.getvalue()


ARRAYS = (half, nothing, no_arrays, as_float, another_archive)
TABLES = (half, nothing, latin_1, without_a_column, only_a_header, words_for_numbers)
RECORDS = (half, nothing, latin_1, a_list, other_keys, words_as_values)
PAGE_TABLES = ("per_volume", "by_threshold", "validation_per_epoch", "robustness")
PAGE_RECORDS = ("evaluation", "training", "timing", "robustness")
CASES = [
    *(("train", "data/preprocessed/A.npz", damage) for damage in (*ARRAYS, a_slice_less)),
    *(("predict", "data/preprocessed/A.npz", damage) for damage in (half, no_arrays)),
    *(("evaluate", "data/preprocessed/A.npz", damage) for damage in (half, no_arrays)),
    *(("evaluate", "data/predictions/A.npz", damage) for damage in ARRAYS),
    *(("plot", "metrics/per_volume.csv", damage) for damage in TABLES),
    *(("plot", "metrics/by_threshold.csv", damage) for damage in TABLES),
    *(("plot", "metrics/reliability.csv", damage) for damage in (half, nothing, without_a_column)),
    *(("plot", "plots/history.csv", damage) for damage in TABLES),
    *(("plot", "metrics/training.json", damage) for damage in RECORDS),
    *(("plot", "metrics/evaluation.json", damage) for damage in RECORDS),
    *(("plot", "metrics/final_mask.json", damage) for damage in RECORDS),
    ("robustness", "metrics/final_mask.json", other_keys),
    *(("page", f"metrics/{name}.csv", damage) for name in PAGE_TABLES for damage in TABLES),
    *(("page", "plots/history.csv", damage) for damage in TABLES),
    *(("page", "metrics/reliability.csv", damage) for damage in (half, nothing, without_a_column)),
    *(("page", f"metrics/{name}.json", damage) for name in PAGE_RECORDS for damage in RECORDS),
    *(("page", "data/predictions/A.npz", damage) for damage in (*ARRAYS, a_slice_less)),
    ("page", "data/raw/A/A_3.tif", other_shape),
    *(("evaluate", "data/predictions/A.npz", damage) for damage in [a_slice_less]),
    *((stage, "data/split.csv", only_a_header) for stage in ("train", "evaluate", "plot")),
    *((stage, "data/split.csv", latin_1) for stage in ("train", "evaluate", "plot")),
    *((stage, "data/split.csv", half) for stage in ("train", "evaluate", "plot", "robustness", "audit")),
    *((stage, "data/split.csv", binary) for stage in ("train", "evaluate", "plot", "robustness")),
    *((stage, "data/weights/last.pt", damage) for stage in ("predict", "robustness") for damage in (half, nothing)),
    *((stage, "data/raw/A/A_3.tif", other_shape) for stage in ("preprocess", "evaluate")),
    *(("evaluate", f"data/ensemble/{name}", half) for name in ("trained_on.csv",)),
    *(("check", f"data/ensemble/{name}", damage) for name in ("learned_from.json",) for damage in (half, a_list)),
    *((stage, "data/split.csv", without_a_column) for stage in ("train", "evaluate", "plot")),
]


def write_an_ensemble(folder: Path) -> None:
    path = folder / "params.yaml"
    path.write_text(path.read_text().replace("networks: data/weights", "networks: data/ensemble"))
    write_records(
        folder / "data" / "ensemble", read_params(path), {"one": {"somebody": "train", "somebody else": "validation"}}
    )


@pytest.mark.parametrize(
    ("stage", "name", "damage"),
    CASES,
    ids=[f"{stage}, {Path(name).name}, {getattr(damage, '__name__', 'changed')}" for stage, name, damage in CASES],
)
def test_a_damaged_artefact_is_one_line_that_names_it(project, fault_of, monkeypatch, stage, name, damage):
    path = project / name
    if "ensemble" in name:
        write_an_ensemble(project)
    path.write_bytes(damage(path.read_bytes()))
    module = import_module(f"stages.{stage}")
    if hasattr(module, "parallel_map"):  # in this process: to start another takes seconds
        monkeypatch.setattr(module, "parallel_map", lambda function, items, label: [function(item) for item in items])
    assert name in fault_of(module.main, project)


def test_an_epoch_that_was_not_trained_is_named(project, fault_of):
    path = project / "metrics" / "training.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"best_epoch": 99}))
    assert "best_epoch is 99" in fault_of(import_module("stages.plot").main, project)


def test_a_folder_of_a_patient_that_is_not_utf_8_is_named(project, fault_of):
    (project / "data" / "raw" / "A").rename(project / "data" / "raw" / "A\udce9")
    fault = fault_of(import_module("stages.split").main, project)
    assert "data/raw/A\\udce9: the folder's name is not valid UTF-8" in fault
