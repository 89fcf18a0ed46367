"""What train.compile gains: python benchmarks/compiled_step.py [SIDE_PX] [FEATURES]

Seconds of a training step (U-Net, batch 16, Dice, Adam) as it is and compiled, alternating, the
median of each, their ratio, and the seconds that compiling took.
"""

import sys
import time
from pathlib import Path
from statistics import median

import torch

from brainseg.archs.unet import Settings, unet
from brainseg.core.components import build
from brainseg.core.params import read_params
from brainseg.device import autocast, pick_device

BATCH_SIZE, ROUNDS = 16, 15


def main() -> None:
    side_px, features = (int(size) for size in [*sys.argv[1:], "64", "16"][:2])
    dice = build("losses", "dice", read_params(Path(__file__).parent.parent / "params.yaml"))
    device = pick_device()
    images = torch.randn(BATCH_SIZE, 3, side_px, side_px, device=device).to(memory_format=torch.channels_last)
    target = (torch.rand(BATCH_SIZE, 1, side_px, side_px, device=device) < 0.05).float()
    network = unet(3, Settings(features=features, levels=5, stem="plain")).to(device, memory_format=torch.channels_last)
    optimizer = torch.optim.Adam(network.parameters())

    def seconds_of_step(forward: torch.nn.Module) -> float:
        start = time.perf_counter()
        with autocast(device, "auto"):
            logits = forward(images)
        dice(logits, target).backward()
        optimizer.step()
        optimizer.zero_grad()
        if device.type == "cuda":
            torch.cuda.synchronize()
        return time.perf_counter() - start

    forms = {"as it is": network, "compiled": torch.compile(network)}
    first = {name: seconds_of_step(forward) for name, forward in forms.items()}
    times = {name: [] for name in forms}
    for _ in range(ROUNDS):
        for name, forward in forms.items():
            times[name].append(seconds_of_step(forward))
    plain, compiled = (median(times[name]) for name in forms)
    print(
        f"{side_px} x {side_px}, batch {BATCH_SIZE}, {features} features, {device}, {torch.get_num_threads()} threads"
    )
    print(
        f"step {1000 * plain:.1f} ms as it is, {1000 * compiled:.1f} ms compiled: {plain / compiled:.2f} times as fast"
    )
    print(f"the first compiled step took {first['compiled']:.0f} s")


if __name__ == "__main__":
    main()
