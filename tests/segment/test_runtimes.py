import numpy as np
import pytest

from brainseg.core.errors import UserError
from brainseg.model.onnx_export import export_onnx
from brainseg.segment.runtimes import measure, middle_slices, runtime_table
from tests.model import small_model

pytest.importorskip("onnxruntime")


@pytest.fixture
def scan(tmp_path, rng):
    np.save(tmp_path / "a.npy", rng.integers(0, 255, (9, 20, 18, 3)).astype(np.uint8))
    return str(tmp_path / "a.npy")


def test_slices_come_from_the_middle_with_their_neighbours(tmp_path, scan):
    small_model.write(tmp_path / "m.zip")
    assert middle_slices(tmp_path / "m.zip", scan).shape == (3, 1, 16, 16, 3)


def test_the_table_has_a_row_per_runtime(tmp_path, scan):
    small_model.write(tmp_path / "m.zip")
    export_onnx(tmp_path / "m.zip", tmp_path / "m.zip")
    *_, torch, onnx = runtime_table(tmp_path / "m.zip", scan).splitlines()
    assert torch.startswith("| torch | ") and onnx.startswith("| onnx | ")
    load_s, scan_s, memory_mb = map(float, measure(tmp_path / "m.zip", scan, "onnx").split())
    assert load_s >= 0 and scan_s >= 0 and memory_mb > 10  # so small a scan can take less than the 0.01 s printed


def test_a_runtime_that_fails_is_one_line(tmp_path, scan):
    small_model.write(tmp_path / "m.zip")  # without graphs
    with pytest.raises(UserError, match="^onnx: error: .*m.zip: holds no ONNX graph"):
        runtime_table(tmp_path / "m.zip", scan)
