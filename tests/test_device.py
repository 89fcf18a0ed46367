import subprocess
import sys
import warnings

import pytest
import torch

from brainseg.core.errors import UserError
from brainseg.device import nondeterministic_operations, pick_device

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
def test_a_device_that_cannot_compute_is_told_in_one_line(monkeypatch, value):
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
