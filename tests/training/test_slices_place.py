import pytest
import torch

from brainseg.core.errors import UserError
from brainseg.training import slices_place
from brainseg.training.slices_place import stay_on_disk

CPU = torch.device("cpu")


@pytest.fixture(autouse=True)
def files_of_100_bytes(tmp_path, monkeypatch):
    for name in "ab":
        (tmp_path / f"{name}.npz").write_bytes(bytes(100))
    monkeypatch.delenv("BRAINSEG_SLICES", raising=False)


@pytest.mark.parametrize(
    ("free", "processes", "disk"), [(400, 1, False), (399, 1, True), (799, 2, True), (800, 2, False)]
)
def test_slices_stay_on_disk_where_they_need_more_than_half_of_the_memory(tmp_path, monkeypatch, free, processes, disk):
    monkeypatch.setattr(slices_place, "available_bytes", lambda device: free)
    assert stay_on_disk(["a", "b"], CPU, processes, tmp_path) == disk


@pytest.mark.parametrize(("value", "disk"), [("memory", False), ("disk", True)])
def test_the_environment_decides_whatever_the_memory(tmp_path, monkeypatch, value, disk):
    monkeypatch.setenv("BRAINSEG_SLICES", value)
    for free in (0, 10**12):
        monkeypatch.setattr(slices_place, "available_bytes", lambda device, free=free: free)
        assert stay_on_disk(["a"], CPU, folder=tmp_path) == disk


def test_another_word_is_refused(tmp_path, monkeypatch):
    monkeypatch.setenv("BRAINSEG_SLICES", "tape")
    with pytest.raises(UserError, match="^BRAINSEG_SLICES is 'tape'; expected one of: auto, memory, disk$"):
        stay_on_disk(["a"], CPU, folder=tmp_path)
