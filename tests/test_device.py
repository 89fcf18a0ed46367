import subprocess
import sys
import warnings

import pytest
import torch

from brainseg import device as module
from brainseg.core.errors import UserError
from brainseg.device import available_bytes, devices, memory_bytes, nondeterministic_operations, pick_device

TORCHS = (
    "xyz_cuda does not have a deterministic implementation, but you set 'torch.use_deterministic_algorithms(True, "
    "warn_only=True)'. You can file an issue at https://github.com/pytorch/pytorch/issues to help us prioritize adding "
    "deterministic support for this operation."
)


def test_operations_without_a_deterministic_form_are_named_and_not_shown(recwarn):
    with nondeterministic_operations() as names:
        for _ in range(3):
            warnings.warn(TORCHS, UserWarning, stacklevel=1)
            warnings.warn(TORCHS.replace("xyz", "abc"), UserWarning, stacklevel=1)
    assert names == {"abc_cuda", "xyz_cuda"}
    assert not recwarn.list


@pytest.mark.filterwarnings("once", "ignore")
def test_they_are_found_again_and_also_where_warnings_are_not_shown():
    for _ in range(2):
        with nondeterministic_operations() as names:
            warnings.warn(TORCHS, UserWarning, stacklevel=1)
        assert names == {"xyz_cuda"}


def test_other_warnings_are_shown():
    with pytest.warns(RuntimeWarning, match="divide by zero"), nondeterministic_operations() as names:
        warnings.warn("divide by zero", RuntimeWarning, stacklevel=1)
    assert names == set()


@pytest.mark.parametrize("error", [None, ValueError])
def test_how_warnings_are_shown_is_put_back(error):
    before = warnings.showwarning, list(warnings.filters)
    try:
        with nondeterministic_operations():
            assert warnings.showwarning is not before[0]
            if error:
                raise error
    except ValueError:
        pass
    assert (warnings.showwarning, list(warnings.filters)) == before


@pytest.fixture
def deterministic():
    torch.use_deterministic_algorithms(True, warn_only=True)
    yield
    torch.use_deterministic_algorithms(False)


def test_torchs_own_warning_is_understood(deterministic):
    with nondeterministic_operations() as names:
        torch.zeros(3).put_(torch.tensor([0, 0]), torch.tensor([1.0, 2.0]))
    assert names == {"put_"}


def test_an_operation_with_a_deterministic_form_is_not_named(deterministic):
    with nondeterministic_operations() as names:
        torch.zeros(3).index_add_(0, torch.tensor([0, 0]), torch.tensor([1.0, 2.0]))
    assert names == set()


@pytest.mark.parametrize("value", ["meta", "gpu", "cuda:99", "cpu:x", "x" * 5000, "\u00b2"])
def test_a_device_that_cannot_compute_is_reported_in_one_line(monkeypatch, value):
    monkeypatch.setenv("BRAINSEG_DEVICE", value)
    with pytest.raises(UserError) as error:
        pick_device()
    assert str(error.value).startswith("BRAINSEG_DEVICE is ") and len(str(error.value).splitlines()) == 1


def test_memory_is_that_of_the_machine_or_the_limit_of_the_process():
    code = "import resource, sys, torch; from brainseg.device import memory_bytes; "
    limit = "resource.setrlimit(resource.RLIMIT_AS, (2**40, 2**40)); " * 2
    print_it = "print(memory_bytes(torch.device('cpu')))"
    free = int(subprocess.run([sys.executable, "-c", code + print_it], capture_output=True, text=True).stdout)
    limited = int(
        subprocess.run([sys.executable, "-c", code + limit + print_it], capture_output=True, text=True).stdout
    )
    assert free > 10**8 and limited == min(free, 2**40)


CPU = torch.device("cpu")


@pytest.fixture
def groups(tmp_path, monkeypatch):
    """The process is in job/step; neither it nor the groups above it have a limit."""
    monkeypatch.setattr(module, "CONTROL_GROUPS", tmp_path)
    monkeypatch.setattr(module, "OWN_CONTROL_GROUP", tmp_path / "own")
    (tmp_path / "own").write_text("0::/job/step\n")
    (tmp_path / "job" / "step").mkdir(parents=True)
    for folder in (tmp_path / "job", tmp_path / "job" / "step"):
        limit(folder, "max", 0, 0)
    return tmp_path


def limit(folder, most, used: int, files: int) -> None:
    (folder / "memory.max").write_text(f"{most}\n")
    (folder / "memory.current").write_text(f"{used}\n")
    (folder / "memory.stat").write_text(f"anon {used - files}\ninactive_file {files}\n")


def test_what_is_free_is_less_than_all(groups):
    assert 0 < available_bytes(CPU) <= memory_bytes(CPU)


def test_a_limit_of_a_control_group_counts_without_the_files_that_it_holds(groups):
    limit(groups / "job", 1_000_000, used=300_000, files=200_000)
    assert available_bytes(CPU) == 900_000
    limit(groups / "job" / "step", 500_000, used=100_000, files=0)
    assert available_bytes(CPU) == 400_000
    limit(groups / "job" / "step", 500_000, used=600_000, files=0)
    assert available_bytes(CPU) == 0


def test_one_device_unless_more_are_asked_for(monkeypatch):
    monkeypatch.delenv("BRAINSEG_DEVICES", raising=False)
    assert devices() == 1
    monkeypatch.setenv("BRAINSEG_DEVICE", "cpu")
    monkeypatch.setenv("BRAINSEG_DEVICES", "3")
    assert devices() == 3


def test_more_devices_than_there_are_gpus_are_refused(monkeypatch):
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 1)
    monkeypatch.setenv("BRAINSEG_DEVICES", "2")
    monkeypatch.setenv("BRAINSEG_DEVICE", "cuda")
    with pytest.raises(UserError, match="^BRAINSEG_DEVICES is 2; expected at most the 1 GPUs here$"):
        devices()
    monkeypatch.setenv("BRAINSEG_DEVICE", "cuda:1")
    with pytest.raises(UserError, match="^BRAINSEG_DEVICE is 'cuda:1'; expected cpu or cuda with BRAINSEG_DEVICES 2$"):
        devices()


def test_each_process_has_a_gpu_of_its_own_and_all_share_the_cpu(monkeypatch):
    picked = []
    monkeypatch.setattr(torch, "ones", lambda _, device: picked.append(str(device)) or torch.zeros(1))
    for name, expected in (("cuda", "cuda:2"), ("cpu", "cpu")):
        monkeypatch.setenv("BRAINSEG_DEVICE", name)
        assert str(pick_device(2)) == picked[-1] == expected
