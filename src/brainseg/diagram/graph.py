"""A network as boxes and edges, found by running it once, so it does not depend on how the code is written.

Boxes are the modules that are called; edges come from the autograd graph of the run.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn

from brainseg.archs.shared.input import InputSettings
from brainseg.core.components import build
from brainseg.core.errors import UserError
from brainseg.core.params import PARAMS_FILE, parse_settings
from brainseg.inference import PredictSettings, select_heads
from brainseg.preprocessing import PreprocessSettings

IMAGE, LOGITS = "image", "logits"
LISTS = (nn.ModuleList, nn.ModuleDict)
# labels of steps between two boxes; the names of other steps are of little use to a reader
OPERATIONS = {"MaxPool": "max-pool", "AvgPool": "mean-pool", "Upsample": "upsample", "Cat": "concatenate"}


@dataclass(frozen=True)
class Box:
    """shape: (C, H, W) for a map, (T, width) for tokens; for the one image that was traced."""

    name: str
    kind: str
    shape: tuple[int, ...]


@dataclass(frozen=True)
class Edge:
    """`target` takes the output of `source`; the `operations` between them, in order, are values of OPERATIONS."""

    source: str
    target: str
    operations: tuple[str, ...] = ()


@dataclass(frozen=True)
class Graph:
    """boxes: in the order they were computed, from `image` to `logits`; edges: by target, then by source."""

    boxes: tuple[Box, ...]
    edges: tuple[Edge, ...]

    def into(self, name: str) -> list[Edge]:
        return [edge for edge in self.edges if edge.target == name]


def trace_by_name(name: str, params: Mapping[str, Any]) -> Graph:
    """The graph of the architecture `name` with its settings in params, from the slice to the logits."""
    in_channels = parse_settings(InputSettings, params, "input").in_channels
    network = build("archs", name, params)(in_channels)
    side_px = parse_settings(PreprocessSettings, params, "preprocess").side_px
    if side_px % network.divisor:
        raise UserError(f"{PARAMS_FILE}: preprocess.side_px is {side_px}; {name} needs a multiple of {network.divisor}")
    if getattr(network, "depths", ()):
        select_heads(network, parse_settings(PredictSettings, params, "predict"))
    return trace(network, (in_channels, side_px, side_px))


def trace(network: nn.Module, image_shape: Sequence[int]) -> Graph:
    """The graph of a network, put in eval mode, from an image (C, H, W) of zeros to its logits, a tensor.

    A module that contains a ModuleList or ModuleDict is divided into its parts; every other module is one box. A path
    without gradient, such as the computation of an index, is no edge; a box without inputs from others has no edge.
    """
    network.eval()
    boxes: list[Box] = []
    edges: list[Edge] = []
    made_by: dict[Any, str] = {}  # autograd's nodes; holding them keeps them the same objects

    def record(name: str, kind: str, inputs: Any, output: torch.Tensor) -> torch.Tensor:
        calls = sum(box.name.split(" ")[0] == name for box in boxes)
        name = f"{name} ({calls + 1})" if calls else name
        found: dict[str, tuple[str, ...]] = {}
        for tensor in tensors(inputs):
            found = sources(tensor.grad_fn, made_by) | found
        edges.extend(Edge(box.name, name, found[box.name]) for box in boxes if box.name in found)
        # two dimensions: tokens shared by all images
        boxes.append(Box(name, kind, tuple(output.shape[1:] if output.dim() > 2 else output.shape)))
        output = output.clone()  # a separate node, also where a module returns its input unchanged
        made_by[output.grad_fn] = name
        return output

    with ExitStack() as hooks, torch.enable_grad():
        for name, module in leaves(network):

            def hook(module: nn.Module, given: tuple, named: dict, output: Any, name: str = name) -> torch.Tensor:
                if not isinstance(output, torch.Tensor):
                    raise TypeError(f"{name} gave {type(output).__name__}; a box of the diagram gives one tensor")
                return record(name, kind_of(module), [given, named], output)

            hooks.enter_context(module.register_forward_hook(hook, with_kwargs=True))
        device = next((parameter.device for parameter in network.parameters()), None)
        image = record(IMAGE, "input", [], torch.zeros(1, *image_shape, device=device, requires_grad=True))
        logits = network(image)
        record(LOGITS, "output", logits, logits)
    return Graph(tuple(boxes), tuple(edges))


def with_runs_as_one(graph: Graph) -> Graph:
    """The graph with each chain of equal boxes, without branches, as one box: `layers.0–11`."""
    boxes = {box.name: box for box in graph.boxes}
    run_of: dict[str, list[str]] = {}
    for box in graph.boxes:
        run_of[box.name] = [box.name]
        if [edge.operations for edge in graph.into(box.name)] != [()]:
            continue
        before = boxes[graph.into(box.name)[0].source]
        leaving = sum(edge.source == before.name for edge in graph.edges)
        if leaving == 1 and (family(before), before.kind, before.shape) == (family(box), box.kind, box.shape):
            run_of[box.name] = run_of[before.name]
            run_of[box.name].append(box.name)
    merged = {}
    for name, run in run_of.items():
        alone = len(run) == 1
        new_name = name if alone else f"{run[0]}–{run[-1].rpartition('.')[2]}"
        kind = boxes[name].kind if alone else f"{len(run)} × {boxes[name].kind}"
        merged[name] = Box(new_name, kind, boxes[name].shape)
    new = {name: box.name for name, box in merged.items()}
    edges = [Edge(new[edge.source], new[edge.target], edge.operations) for edge in graph.edges]
    boxes = dict.fromkeys(merged.values())  # each once
    return Graph(tuple(boxes), tuple(edge for edge in edges if edge.source != edge.target))


def family(box: Box) -> str:
    """The name of the list that contains the box, otherwise the box's own name."""
    return box.name.rpartition(".")[0] or box.name


def leaves(network: nn.Module, prefix: str = "") -> Iterator[tuple[str, nn.Module]]:
    """The modules that become boxes when called, with their names."""
    for name, child in network.named_children():
        if any(isinstance(module, LISTS) for module in child.modules()):
            yield from leaves(child, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", child


def tensors(value: Any) -> Iterator[torch.Tensor]:
    """The tensors in the arguments of a module's call."""
    if isinstance(value, torch.Tensor):
        yield value
    elif isinstance(value, dict | list | tuple):
        for part in value.values() if isinstance(value, dict) else value:
            yield from tensors(part)


def sources(node: Any, made_by: dict[Any, str]) -> dict[str, tuple[str, ...]]:
    """The nearest boxes before a node of autograd's graph, with the operations between each of them and the node."""
    found: dict[str, tuple[str, ...]] = {}
    seen, ahead = set(), [(node, ())]
    while ahead:
        node, operations = ahead.pop()
        if node is None or node in seen:
            continue
        seen.add(node)
        if node in made_by:
            found.setdefault(made_by[node], operations)
            continue
        operations_here = tuple(word for start, word in OPERATIONS.items() if node.name().startswith(start))
        ahead.extend((before, operations_here + operations) for before, _ in node.next_functions)
    return found


def kind_of(module: nn.Module) -> str:
    """A few words: `conv 3×3`, `2 × conv 3×3` for a Sequential of two, `transformer`, or the name of the class."""
    if isinstance(module, nn.Conv2d | nn.ConvTranspose2d):
        word = "conv" if isinstance(module, nn.Conv2d) else "up-conv"
        return f"{word} {'×'.join(map(str, module.kernel_size))}"
    if isinstance(module, nn.TransformerEncoderLayer):
        return "transformer"
    if isinstance(module, nn.Sequential):
        kinds = [kind_of(child) for child in module if any(p.dim() > 1 for p in child.parameters())]
        counted = {kind: kinds.count(kind) for kind in kinds}  # norms and activations are left out: all have them
        return " + ".join(kind if n == 1 else f"{n} × {kind}" for kind, n in counted.items()) or "Sequential"
    return {"LayerNorm": "layer norm"}.get(name := type(module).__name__, name.lower())
