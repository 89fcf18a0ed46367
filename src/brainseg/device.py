"""Which device computes, and in which precision."""

import os
import platform
import re
import resource
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import torch

from brainseg.core.environment import whole_number
from brainseg.core.errors import UserError, escaped, shown

# PyTorch's warning for an operation whose result varies from run to run
NONDETERMINISTIC = "not have a deterministic implementation|is not deterministic|defaults to a non-deterministic"

CONTROL_GROUPS, OWN_CONTROL_GROUP = Path("/sys/fs/cgroup"), Path("/proc/self/cgroup")


def pick_device(number: int = 0) -> torch.device:
    """BRAINSEG_DEVICE if it is set, else the first GPU, else the CPU.

    It is read from the environment and not from params.yaml, since the device is not part of an experiment.
    number: of the process, where several of them have a GPU each
    """
    value = os.environ.get("BRAINSEG_DEVICE") or ("cuda" if torch.cuda.is_available() else "cpu")
    if value == "cuda" and number:
        value = f"cuda:{number}"
    try:
        device = torch.device(value)
        torch.ones(1, device=device).item()  # a device such as meta holds shapes and no numbers
    except (RuntimeError, AssertionError, AttributeError, ImportError, ValueError) as error:
        reason = escaped((str(error).splitlines() or [type(error).__name__])[0])
        raise UserError(f"BRAINSEG_DEVICE is {shown(value)}, which does not work here: {reason}") from None
    return device


def devices() -> int:
    """BRAINSEG_DEVICES, how many devices train one network and predict; 1 where it is not set.

    Like the device, their number is no part of an experiment. Raises UserError where there are fewer GPUs.
    """
    count = whole_number("BRAINSEG_DEVICES", 1)
    chosen = os.environ.get("BRAINSEG_DEVICE") or ("cuda" if torch.cuda.is_available() else "cpu")
    if count > 1 and chosen not in ("cpu", "cuda"):
        raise UserError(f"BRAINSEG_DEVICE is {shown(chosen)}; expected cpu or cuda with BRAINSEG_DEVICES {count}")
    if chosen == "cuda" and count > max(1, torch.cuda.device_count()):
        raise UserError(f"BRAINSEG_DEVICES is {count}; expected at most the {torch.cuda.device_count()} GPUs here")
    return count


def memory_bytes(device: torch.device) -> int:
    """All memory of the device; of the CPU what the machine and the limits of this process allow."""
    if device.type == "cuda":
        return torch.cuda.get_device_properties(device).total_memory
    machine = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    limit = resource.getrlimit(resource.RLIMIT_AS)[0]
    return machine if limit == resource.RLIM_INFINITY else min(machine, limit)


def available_bytes(device: torch.device) -> int:
    """The memory of the device that is free.

    Of the CPU that is what the system has free or can free, within the limits of this process and of its control group,
    as containers and the jobs of a cluster have one.
    """
    if device.type == "cuda":
        return torch.cuda.mem_get_info(device)[0]
    free = [memory_bytes(device), *(limit - used for limit, used in _control_groups())]
    try:
        lines = Path("/proc/meminfo").read_text().splitlines()
        free += [1024 * int(line.split()[1]) for line in lines if line.startswith("MemAvailable:")]
    except OSError:  # not Linux
        pass
    return max(min(free), 0)


def _control_groups() -> Iterator[tuple[int, int]]:
    """Limit and use, in bytes, of the groups that this process is in and that have a limit; Linux, version 2."""
    try:
        own = [line[3:] for line in OWN_CONTROL_GROUP.read_text().splitlines() if line.startswith("0::")]
    except OSError:
        return
    folder = CONTROL_GROUPS / "/".join(own).lstrip("/")
    for group in (folder, *folder.parents):
        try:
            limit, used = (int((group / f"memory.{name}").read_text()) for name in ("max", "current"))
            files = re.search(r"^inactive_file (\d+)$", (group / "memory.stat").read_text(), re.MULTILINE)
        except (OSError, ValueError):  # no such file, or "max": no limit
            continue
        yield limit, used - (int(files[1]) if files else 0)  # files that were read can be dropped from memory


def be_reproducible(precision: str) -> None:
    """Make results the same, byte for byte, from run to run on one device; fp32 is never computed as a GPU's TF32.

    A few operations have no deterministic form on a GPU. They run nevertheless, see `nondeterministic_operations`.
    """
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")  # read when CUDA starts; without it cuBLAS varies
    torch.use_deterministic_algorithms(True, warn_only=True)
    torch.backends.cudnn.benchmark = False
    torch.backends.cudnn.allow_tf32 = precision != "fp32"
    torch.backends.cuda.matmul.allow_tf32 = False  # TF32 would round the coordinates of augmentation
    for attention in ("flash", "mem_efficient", "cudnn"):  # fused attention, whose gradients vary from run to run
        getattr(torch.backends.cuda, f"enable_{attention}_sdp")(False)


@contextmanager
def nondeterministic_operations() -> Iterator[set[str]]:
    """Fills the set with the names of operations that ran inside without a deterministic form."""
    names: set[str] = set()
    with warnings.catch_warnings():  # restores the filters changed here
        warnings.filterwarnings("always", message=".*deterministic")
        show = warnings.showwarning

        def listen(message: Warning | str, *place: object, **more: object) -> None:
            if re.search(NONDETERMINISTIC, str(message)):
                names.add(str(message).split()[0])
            else:
                show(message, *place, **more)

        warnings.showwarning = listen
        yield names


def autocast(device: torch.device, precision: str) -> torch.autocast:
    """Mixed precision for forward passes: bf16 if it is set, or at "auto" where the hardware has it."""
    return torch.autocast(device.type, dtype=torch.bfloat16, enabled=uses_bf16(device, precision))


def uses_bf16(device: torch.device, precision: str) -> bool:
    return precision == "bf16" or (precision == "auto" and has_bf16(device))


def has_bf16(device: torch.device) -> bool:
    """Whether the hardware multiplies bf16; emulated bf16 is hundreds of times slower."""
    if device.type == "cuda":
        return torch.cuda.is_bf16_supported(including_emulation=False)
    return device.type == "cpu" and (torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported())


def device_name(device: torch.device) -> str:
    """The device's name, recorded beside the times, which depend on it."""
    if device.type == "cuda":
        return torch.cuda.get_device_name(device)
    return f"{_processor() if device.type == 'cpu' else device.type}, {torch.get_num_threads()} threads"


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        return next(line.split(":", 1)[1].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):  # not Linux, or a processor with other field names
        return platform.processor() or platform.machine()
