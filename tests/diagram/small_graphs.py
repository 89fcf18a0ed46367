"""Graphs of networks, written by hand."""

from brainseg.diagram.graph import Box, Edge, Graph


def small_unet() -> Graph:
    """Two levels; tokens at the coarser one, to which something is added that needs no image."""
    boxes = [
        Box("image", "input", (1, 8, 8)),
        Box("encoders.0", "conv 3×3", (4, 8, 8)),
        Box("encoders.1", "conv 3×3", (8, 4, 4)),
        Box("place", "linear", (16, 8)),
        Box("layer", "transformer", (16, 8)),
        Box("upsampler", "up-conv 2×2", (4, 8, 8)),
        Box("decoder", "conv 3×3", (4, 8, 8)),
        Box("head", "conv 1×1", (1, 8, 8)),
        Box("logits", "output", (1, 8, 8)),
    ]
    both = ("concatenate",)
    edges = [
        Edge("image", "encoders.0"),
        Edge("encoders.0", "encoders.1", ("max-pool",)),
        Edge("encoders.1", "layer"),
        Edge("place", "layer"),
        Edge("layer", "upsampler"),
        Edge("encoders.0", "decoder", both),
        Edge("upsampler", "decoder", both),
        Edge("decoder", "head"),
        Edge("head", "logits"),
    ]
    return Graph(tuple(boxes), tuple(edges))
