"""What an architecture costs beside the U-Net: python benchmarks/architecture_steps.py [SIDE_PX [FEATURES [BATCH]]]

Parameters, multiply-adds of a slice, seconds of a training step (Dice, Adam, the machine's best precision) and of a
prediction, and peak memory of a step, as ratios to the U-Net in the same run; then the same of U-Net++ pruned to L1 and
so on, as shares of the whole. Steps of all networks alternate, so that a busy moment of the machine hits each;
the median counts. Memory is measured in a process of its own each: above what the process holds with the network built.
"""

import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

import torch
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils.flop_counter import FlopCounterMode

from brainseg.archs.shared.supervision import supervised_loss
from brainseg.archs.unetpp.model import UNetPlusPlus
from brainseg.core.components import build as build_component
from brainseg.core.params import read_params
from brainseg.device import autocast, pick_device, uses_bf16

PAPER = {"features": 64, "blocks": [3, 4, 9], "width": 768, "layers": 12, "heads": 12, "grid": 14, "dropout": 0.1}
NETWORKS = {  # name -> architecture, settings beside those of params.yaml, how many times SIDE_PX it sees
    "unet": ("unet", {}, 1),
    "unetpp": ("unetpp", {}, 1),
    "unetpp, deep supervision": ("unetpp", {"deep_supervision": True}, 1),
    "transunet, small": ("transunet", {}, 1),
    "transunet, the paper's": ("transunet", PAPER, 1),
    "refining_unet": ("refining_unet", {}, 1),
    "refining_unet, two grids": ("refining_unet", {"coarsening": 2}, 2),
    "unet, twice as fine": ("unet", {}, 2),
}
ROUNDS = 12
PARAMS = read_params(Path(__file__).parent.parent / "params.yaml")
DICE = build_component("losses", "dice", PARAMS)


def main() -> None:
    sizes = [int(number) for number in sys.argv[1:]]
    side_px, features, batch_size = [*sizes, *(64, 8, 8)[len(sizes) :]]
    device = pick_device()
    networks = {name: build(name, features, device) for name in NETWORKS}
    shapes = {name: (batch_size, 3, finer * side_px, finer * side_px) for name, (*_, finer) in NETWORKS.items()}
    images = {
        name: torch.randn(shape, device=device).to(memory_format=torch.channels_last) for name, shape in shapes.items()
    }
    precision = "bf16" if uses_bf16(device, "auto") else "fp32"
    where = f"{device}, {precision}, {torch.get_num_threads()} threads"
    print(f"{side_px} x {side_px}, batch {batch_size}, {features} features, {where}\n")

    steps = {name: training_step(network, images[name]) for name, network in networks.items()}
    answers = {name: prediction(network, images[name]) for name, network in networks.items()}
    step_seconds, answer_seconds = alternate(steps, device), alternate(answers, device)
    memory_mb = {name: peak_memory_mb(name, side_px, features, batch_size, device) for name in networks}
    print("| network | parameters | multiply-adds a slice | training step | prediction | peak memory of a step |")
    print("|---|---|---|---|---|---|")
    for name, network in networks.items():
        count = sum(parameter.numel() for parameter in network.parameters())
        print(
            f"| {name} | {count:,} | {multiply_adds(network, images[name]) / 1e6:,.1f} M"
            f" | {beside(step_seconds, name, 1000, 'ms')} | {beside(answer_seconds, name, 1000, 'ms')}"
            f" | {beside(memory_mb, name, 1, 'MB')} |"
        )
    pruned(networks["unetpp, deep supervision"], images["unet"], device)


def build(name: str, features: int, device: torch.device) -> torch.nn.Module:
    arch, changes, _ = NETWORKS[name]
    settings = PARAMS["archs"][arch] | ({} if arch == "transunet" else {"features": features}) | changes
    torch.manual_seed(0)
    return build_component("archs", arch, {"archs": {arch: settings}})(3).to(device, memory_format=torch.channels_last)


def training_step(network: torch.nn.Module, images: torch.Tensor) -> Callable[[], None]:
    optimizer = torch.optim.Adam(network.parameters())
    target = (images[:, :1] > 1.6).float()  # a twentieth

    def step() -> None:
        network.train()
        with autocast(images.device, "auto"):
            output = network(images)
        supervised_loss(output, target, DICE).backward()
        optimizer.step()
        optimizer.zero_grad()

    return step


def prediction(network: torch.nn.Module, images: torch.Tensor) -> Callable[[], None]:
    @torch.inference_mode()
    def predict() -> None:
        network.eval()
        with autocast(images.device, "auto"):
            network(images)

    return predict


def alternate(works: dict[str, Callable[[], None]], device: torch.device) -> dict[str, float]:
    """Median seconds of each, after two rounds that do not count."""
    seconds: dict[str, list[float]] = {name: [] for name in works}
    for _ in range(ROUNDS + 2):
        for name, work in works.items():
            start = time.perf_counter()
            work()
            if device.type == "cuda":
                torch.cuda.synchronize()
            seconds[name].append(time.perf_counter() - start)
    return {name: median(found[2:]) for name, found in seconds.items()}


def multiply_adds(network: torch.nn.Module, images: torch.Tensor) -> float:
    """Of a prediction of one slice."""
    network.eval()
    # with gradients on and attention in its plain form: what is fused is not counted
    with FlopCounterMode(display=False) as counter, sdpa_kernel(SDPBackend.MATH):
        network(images[:1])
    return counter.get_total_flops() / 2


def peak_memory_mb(name: str, side_px: int, features: int, batch_size: int, device: torch.device) -> float:
    arguments = ["--memory", name, str(side_px), str(features), str(batch_size), str(device)]
    done = subprocess.run([sys.executable, __file__, *arguments], check=True, capture_output=True, text=True)
    return float(done.stdout)


def tell_memory(name: str, side_px: str, features: str, batch_size: str, device_name: str) -> None:
    device = torch.device(device_name)
    small = torch.randn(2, 3, 64, 64, device=device)
    training_step(build(name, int(features), device), small)()  # once before: the libraries' own memory does not count
    network = build(name, int(features), device)
    side = NETWORKS[name][2] * int(side_px)
    images = torch.randn(int(batch_size), 3, side, side, device=device)
    images = images.to(memory_format=torch.channels_last)
    before = forget_peak(device)
    training_step(network, images)()
    print(peak_mb(device) - before)


def forget_peak(device: torch.device) -> float:
    """Start to look for the most memory anew; what is held now, MB."""
    if device.type == "cuda":
        torch.cuda.reset_peak_memory_stats(device)
    else:
        Path("/proc/self/clear_refs").write_text("5")  # Linux: the peak is what is held now
    return peak_mb(device)


def peak_mb(device: torch.device) -> float:
    if device.type == "cuda":
        return torch.cuda.max_memory_allocated(device) / 2**20
    status = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) / 1024 for line in status if line.startswith("VmHWM"))


def beside(found: dict[str, float], name: str, scale: float, unit: str) -> str:
    return f"{scale * found[name]:,.1f} {unit}, {found[name] / found['unet']:.2f}"


def pruned(network: UNetPlusPlus, images: torch.Tensor, device: torch.device) -> None:
    def at(depth: int) -> Callable[[], None]:
        def predict() -> None:
            network.set_output_heads("last", depth)
            prediction(network, images)()

        return predict

    seconds = alternate({f"L{depth}": at(depth) for depth in network.depths}, device)
    print("\n| U-Net++ pruned to | parameters used | multiply-adds a slice | prediction |\n|---|---|---|---|")
    for depth in network.depths:
        network.set_output_heads("last", depth)
        whole = seconds[f"L{network.depths[-1]}"]
        print(
            f"| L{depth} | {parameters_used(network, images):,} | {multiply_adds(network, images) / 1e6:,.1f} M"
            f" | {1000 * seconds[f'L{depth}']:.1f} ms, {seconds[f'L{depth}'] / whole:.2f} of the whole |"
        )


def parameters_used(network: torch.nn.Module, images: torch.Tensor) -> int:
    network.zero_grad()
    network(images[:1]).sum().backward()
    return sum(parameter.numel() for parameter in network.parameters() if parameter.grad is not None)


if __name__ == "__main__":
    tell_memory(*sys.argv[2:]) if sys.argv[1:2] == ["--memory"] else main()
