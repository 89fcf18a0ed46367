"""Random weights under the names that the report's reference code gives them."""

import torch

LEVELS = 4  # of the encoder, above the bottleneck


def reference_state(features: int = 32) -> dict[str, torch.Tensor]:
    """The state_dict of the reference U-Net: values of the usual size, so that maps neither vanish nor grow."""
    widths = [features * 2**level for level in range(LEVELS + 1)]
    state: dict[str, torch.Tensor] = {}

    def block(prefix: str, name: str, before: int, after: int) -> None:
        for half, channels in (("1", before), ("2", after)):
            state[f"{prefix}.{name}conv{half}.weight"] = torch.randn(after, channels, 3, 3) / (3 * channels**0.5)
            norm = f"{prefix}.{name}norm{half}"
            state[f"{norm}.weight"], state[f"{norm}.bias"] = torch.rand(after) + 0.5, torch.randn(after)
            state[f"{norm}.running_mean"], state[f"{norm}.running_var"] = torch.randn(after), torch.rand(after) + 0.5
            state[f"{norm}.num_batches_tracked"] = torch.tensor(3)

    for level in range(LEVELS):
        block(f"encoder{level + 1}", f"enc{level + 1}", (3, *widths)[level], widths[level])
        block(f"decoder{level + 1}", f"dec{level + 1}", 2 * widths[level], widths[level])
        up = f"upconv{level + 1}"
        state[f"{up}.weight"] = torch.randn(widths[level + 1], widths[level], 2, 2) / widths[level + 1] ** 0.5
        state[f"{up}.bias"] = torch.randn(widths[level])
    block("bottleneck", "bottleneck", widths[LEVELS - 1], widths[LEVELS])
    state["conv.weight"], state["conv.bias"] = torch.randn(1, features, 1, 1), torch.randn(1)
    return state
