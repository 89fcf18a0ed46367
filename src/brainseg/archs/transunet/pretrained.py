"""The public ImageNet-21k weights of R50 + ViT-B/16, brought into TransU-Net.

`vit_base_r50_s16_224.orig_in21k`, Google's weights (Dosovitskiy et al., arXiv 2010.11929) as timm names them.
"""

import re
from collections.abc import Mapping

import torch

from brainseg.core.errors import UserError
from brainseg.core.params import PARAMS_FILE

REPOSITORY, FILE = "timm/vit_base_r50_s16_224.orig_in21k", "model.safetensors"
REVISION = "f7dc19ea6cb95cd53735ca80d0365ff1853dd9ca"  # of November 2023: the weights decide the result
R50_VIT_B16 = {"features": 64, "blocks": [3, 4, 9], "width": 768, "layers": 12, "heads": 12, "grid": 14}

# public names -> names of this network, by the first pattern that matches
RENAMED = (
    (r"patch_embed\.backbone\.stem\.conv\.", "stem.root.0."),
    (r"patch_embed\.backbone\.stem\.norm\.", "stem.root.1."),
    (r"patch_embed\.backbone\.stages\.(\d+)\.blocks\.(\d+)\.downsample\.conv\.", r"stem.stages.\1.\2.shortcut.0."),
    (r"patch_embed\.backbone\.stages\.(\d+)\.blocks\.(\d+)\.downsample\.norm\.", r"stem.stages.\1.\2.shortcut.1."),
    (r"patch_embed\.backbone\.stages\.(\d+)\.blocks\.(\d+)\.", r"stem.stages.\1.\2."),
    (r"patch_embed\.proj\.", "to_tokens."),
    (r"pos_embed", "position"),
    (r"blocks\.(\d+)\.attn\.qkv\.", r"layers.\1.self_attn.in_proj_"),
    (r"blocks\.(\d+)\.attn\.proj\.", r"layers.\1.self_attn.out_proj."),
    (r"blocks\.(\d+)\.mlp\.fc(\d)\.", r"layers.\1.linear\2."),
    (r"blocks\.(\d+)\.", r"layers.\1."),
    (r"norm\.", "norm."),
)
UNUSED = ("cls_token", "head.", "fc_norm.", "pre_logits.")  # parts of the classifier


def fetch() -> dict[str, torch.Tensor]:
    """The public weights by their own names, through the hub's cache; a UserError if they cannot be downloaded."""
    from huggingface_hub import hf_hub_download  # the library is needed only for these weights
    from safetensors.torch import load_file

    try:
        return load_file(hf_hub_download(REPOSITORY, FILE, revision=REVISION))
    except Exception as error:  # of the network, HTTP, the hub or a truncated file: all are handled equally
        reason = " ".join(str(error).split()).partition(". ")[0][:150] or type(error).__name__  # its first sentence
        raise UserError(
            f"{PARAMS_FILE}: archs.transunet.pretrained: {FILE} of {REPOSITORY} can't be fetched from the Hugging Face"
            f" hub ({reason}); connect, put it into the hub's cache, or set pretrained to false"
        ) from None


def renamed(weights: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """The weights by this network's names; positions without the class token's, as a map (1, width, grid, grid)."""
    ours = {}
    for name, value in weights.items():
        if name.startswith(UNUSED):
            continue
        for pattern, replacement in RENAMED:
            new, count = re.subn(rf"^{pattern}", replacement, name)
            if count:
                ours[new] = value
                break
        else:
            raise UserError(f"{FILE} of {REPOSITORY}: {name} is no name of R50 + ViT-B/16")
    if "position" in ours:
        position = ours["position"]  # (1, tokens, width)
        grid = int(position.shape[1] ** 0.5)
        ours["position"] = position[:, -grid * grid :].transpose(1, 2).unflatten(2, (grid, grid))
    return ours


def load_pretrained(network: torch.nn.Module, weights: Mapping[str, torch.Tensor]) -> None:
    """Load into TransU-Net the parts it shares with the classifier: all except its decoder.

    The first convolution is repeated over the network's channels: filters are standardised, so their scale
    has no effect. Raises UserError where a weight is missing or has another shape.
    """
    ours, own = renamed(weights), network.state_dict()
    if (first := ours.get("stem.root.0.weight")) is not None:
        channels = own["stem.root.0.weight"].shape[1]
        ours["stem.root.0.weight"] = first[:, torch.arange(channels) % first.shape[1]]
    shared = {name for name in own if name.startswith(("stem.", "to_tokens.", "position", "layers.", "norm."))}
    wrong = sorted(shared ^ ours.keys()) or sorted(name for name in shared if own[name].shape != ours[name].shape)
    if wrong:
        raise UserError(f"{FILE} of {REPOSITORY}: does not fit archs.transunet at {wrong[0]} and {len(wrong) - 1} more")
    network.load_state_dict(ours, strict=False)
