"""What a loss costs beside Dice: python benchmarks/loss_steps.py [SIDE_PX] [FEATURES]

Seconds of a training step (U-Net, batch 16, Adam) and of the loss alone with its gradient, as
ratios to Dice in the same run. Steps of all losses alternate, so that a busy moment of the machine
hits each; the median counts. The prediction is a truth-like blob with a ragged edge.
"""

import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from statistics import median

import torch
from torch.nn.functional import interpolate

from brainseg.archs.unet import Settings, unet
from brainseg.core.components import available, build
from brainseg.core.params import read_params
from brainseg.device import autocast, pick_device, uses_bf16
from brainseg.training.loss_context import bind_context

BATCH_SIZE, ROUNDS = 16, 15


def main() -> None:
    side_px, features = (int(size) for size in [*sys.argv[1:], "128", "16"][:2])
    params = read_params(Path(__file__).parent.parent / "params.yaml")
    device = pick_device()
    torch.manual_seed(0)
    smooth = interpolate(torch.randn(BATCH_SIZE, 1, 8, 8), size=(side_px, side_px), mode="bicubic").to(device)
    target = (smooth > 1).float()
    logits = 4 * (smooth - 0.9) + 0.3 * torch.randn_like(smooth)
    images = torch.randn(BATCH_SIZE, 3, side_px, side_px, device=device).to(memory_format=torch.channels_last)
    network = unet(3, Settings(features=features, levels=5, stem="plain")).to(device, memory_format=torch.channels_last)
    optimizer = torch.optim.Adam(network.parameters())

    def step(loss: Callable) -> None:
        # the blob stands in for an output that is learnt; the network's own has noise for contours
        with autocast(device, "auto"):
            output = network(images)
        loss(output * 0 + logits, target).backward()
        optimizer.step()
        optimizer.zero_grad()

    def alone(loss: Callable) -> None:
        loss(logits.clone().requires_grad_(), target).backward()

    losses = {name: build("losses", name, params) for name in available("losses")}
    losses["hausdorff, one-sided"] = partial(losses["hausdorff"], distances="truth")
    losses = {name: bind_context(loss, progress=0.5, lesion_share=0.02) for name, loss in losses.items()}
    times = {(name, what): [] for name in losses for what in (step, alone)}
    for _ in range(ROUNDS):
        for (name, what), seconds in times.items():
            seconds.append(timed(what, losses[name], device))
    precision = "bf16" if uses_bf16(device, "auto") else "fp32"
    where = f"{device}, {precision}, {torch.get_num_threads()} threads"
    print(f"{side_px} x {side_px}, batch {BATCH_SIZE}, {features} features, {where}")
    for name in losses:
        of_step, of_loss = (1000 * median(times[name, what]) for what in (step, alone))
        of_dice = [1000 * median(times["dice", what]) for what in (step, alone)]
        print(
            f"{name:23} step {of_step:7.1f} ms, {of_step / of_dice[0]:5.2f} of Dice's"
            f"    loss alone {of_loss:6.2f} ms, {of_loss / of_dice[1]:5.1f} of Dice's"
        )


def timed(what: Callable, loss: Callable, device: torch.device) -> float:
    start = time.perf_counter()
    what(loss)
    if device.type == "cuda":
        torch.cuda.synchronize()
    return time.perf_counter() - start


if __name__ == "__main__":
    main()
