"""The processes that train one network together, each on a device of its own.

Lightning Fabric starts them and joins their gradients (PyTorch's DistributedDataParallel). Each process computes its
share of every batch. The loss is that of the whole batch: the network's output of all shares is gathered first. A loss
over the batch, such as Dice, is no mean of the shares' losses.
"""

import logging
import os
import sys
import time
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, TypeVar

import torch

from brainseg.archs.shared.supervision import TrainingOutput
from brainseg.core.errors import UserError, report_errors
from brainseg.core.process import exit_with_parent, is_other_process
from brainseg.device import devices, pick_device
from brainseg.training.batch_norm import synchronised

Row = TypeVar("Row")
NAMES = {"cuda", "mps"}  # of Fabric's accelerators; other devices than these and the CPU train alone
LAST_WORD_SECONDS = 3.0  # that another process leaves to the first one


class Processes:
    """rank: the number of this process, from 0; count: of them all. `Processes()` is one alone, without Fabric."""

    def __init__(self, fabric: Any = None) -> None:
        self.fabric = fabric
        self.rank, self.count = (fabric.global_rank, fabric.world_size) if fabric else (0, 1)

    @property
    def is_first(self) -> bool:
        """The first process alone prints and writes files."""
        return self.rank == 0

    def set_up(self, network: torch.nn.Module) -> Callable[[torch.Tensor], Any]:
        """What is called in place of the network in training, so that gradients and batch norm are of whole batches."""
        network = synchronised(network) if self.count > 1 else network
        return self.fabric.setup_module(network) if self.fabric else network

    def rows(self, batch_size: int) -> slice:
        """This process's share of a batch. Raises UserError where it cannot be shared equally."""
        share = batch_size // self.count
        if share * self.count != batch_size:
            raise UserError(
                f"params.yaml: train.batch_size is {batch_size}; expected a multiple of the {self.count} devices of"
                " BRAINSEG_DEVICES"
            )
        return slice(self.rank * share, (self.rank + 1) * share)

    def gather(self, share: torch.Tensor) -> torch.Tensor:
        """The shares of all processes, one after the other along the first axis. Only the own one has a gradient."""
        if self.count == 1:
            return share
        own = share.detach().contiguous()
        shares = [torch.empty_like(own) for _ in range(self.count)]
        torch.distributed.all_gather(shares, own)
        shares[self.rank] = share
        return torch.cat(shares)

    def gather_output(self, output: torch.Tensor | TrainingOutput) -> torch.Tensor | TrainingOutput:
        if self.count == 1:
            return output
        if isinstance(output, torch.Tensor):
            return self.gather(output.float())  # as losses take it
        heads = tuple(self.gather(logits.float()) for logits in output.head_logits)
        pixels = None if output.extra_pixels is None else self.gather(output.extra_pixels)
        return output._replace(head_logits=heads, extra_pixels=pixels)

    def backward(self, batch_loss: torch.Tensor) -> None:
        """The gradients of the loss of the whole batch.

        Each process has the part of the gradient that its share gives. The parts are to be summed, and DDP takes the
        mean.
        """
        if self.fabric:
            self.fabric.backward(batch_loss * self.count if self.count > 1 else batch_loss)
        else:
            batch_loss.backward()

    def gather_rows(self, rows: Mapping[int, Row]) -> list[Row]:
        """The rows of all processes in the order of their numbers, each of which one process has."""
        if self.count == 1:
            return [rows[number] for number in sorted(rows)]
        found: list[Mapping[int, Row]] = [{}] * self.count
        torch.distributed.all_gather_object(found, rows)
        together = {number: row for part in found for number, row in part.items()}
        return [together[number] for number in sorted(together)]

    def same(self, value: Any) -> Any:
        """The first process's value, in all."""
        return self.fabric.broadcast(value) if self.count > 1 else value


ALONE = Processes()


@contextmanager
def launch() -> Iterator[tuple[Processes, torch.device]]:
    """Start the processes of BRAINSEG_DEVICES, each of which runs the stage from its beginning; and their devices.

    An error that all processes meet is printed by the first one alone.
    """
    count = devices()
    if is_other_process():
        exit_with_parent()
        sys.stdout = open(os.devnull, "w")  # noqa: PTH123, SIM115  (a device; open until the process ends)
    first_device = torch.device("cuda") if is_other_process() and torch.cuda.is_available() else pick_device()
    processes = Processes(_fabric(count, first_device))
    if processes.count == 1:
        yield processes, first_device
        return
    try:
        with report_errors(), _errors_of_several(processes):
            yield processes, processes.fabric.device
    except SystemExit as end:
        os._exit(int(end.code or 0))  # at once: Python's way out waits for the connections to the other processes


@contextmanager
def _errors_of_several(processes: Processes) -> Iterator[None]:
    try:
        yield
    except UserError:
        if not processes.is_first:  # the first one has the same error, most likely, and ends the others with itself
            time.sleep(LAST_WORD_SECONDS)
        raise
    except RuntimeError as error:
        if not isinstance(error, torch.distributed.DistError) and "gloo" not in str(error):
            raise
        if not processes.is_first:
            time.sleep(LAST_WORD_SECONDS)
        message = f"one of the {processes.count} processes that train has ended; its own message, if any, says why"
        raise UserError(f"{message}; training goes on from the last epoch when it is started again") from None


def _fabric(count: int, device: torch.device) -> Any:
    from lightning_fabric import Fabric  # takes a second
    from lightning_fabric.strategies import SingleDeviceStrategy

    logging.getLogger("lightning_fabric").setLevel(logging.WARNING)  # how the processes found each other
    if count == 1:
        kind = device.type if device.type in NAMES else "cpu"
        fabric = Fabric(accelerator=kind, devices=1, strategy=SingleDeviceStrategy(device))
    else:
        warnings.filterwarnings("ignore", message="Grad strides do not match")  # of a convolution to one channel
        fabric = Fabric(accelerator=device.type, devices=count, strategy="ddp")
    fabric.launch()
    return fabric
