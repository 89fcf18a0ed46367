"""One epoch of every loss and of every architecture, in as many processes as BRAINSEG_DEVICES says:

python -m tests.training.every_training RESULTS
"""

import sys
from dataclasses import replace
from typing import Any

import torch

from brainseg.archs.shared.input import InputSettings
from brainseg.core.components import available, build_chosen
from brainseg.core.params import read_params
from brainseg.training.augmentation import AugmentSettings
from brainseg.training.batch_norm import SynchronisedBatchNorm
from brainseg.training.intensity import IntensitySettings
from brainseg.training.loop import train
from brainseg.training.processes import Processes, launch
from brainseg.training.recipe import Recipe, TrainSettings
from tests.archs.builders import refining_unet, resunet, transunet, unet, unetpp
from tests.training.test_loop import AS_MEASURED, AUGMENT, OFF, SAMPLING, NotSaved, slices_of, with_input

TRAINING, VALIDATION = slices_of(5, seed=0), slices_of(3, seed=1)  # 9 validation slices: an uneven last batch
SEVERAL = InputSettings(channels=["pre_contrast", "flair", "post_contrast"], neighbours=1)
TRAINING_OF_SEVERAL, VALIDATION_OF_SEVERAL = (with_input(slices, SEVERAL) for slices in (TRAINING, VALIDATION))
# TransU-Net works at 1/16 of the side; group norm of a single pixel and two channels would be as good as a sign
TRAINING_LARGE, VALIDATION_LARGE = (
    replace(
        slices,
        images=slices.images.view(torch.int16).repeat_interleave(4, 1).repeat_interleave(4, 2).view(torch.uint16),
        masks=slices.masks.repeat_interleave(4, 1).repeat_interleave(4, 2),
    )
    for slices in (TRAINING, VALIDATION)
)
VARIED = {
    "augmentation": AugmentSettings(
        scale=0.1, rotation_deg=20.0, flip=0.5, shear_deg=10.0, shift=0.1, elastic_px=1.0, paste_lesion=0.5
    ),
    "intensity": IntensitySettings(
        bias_field=0.2, gamma=0.3, blur_px=1.0, gain=0.2, offset=0.2, noise=0.1, channel_dropout=0.5
    ),
}
RESUNET = {"features": 2, "blocks": [1, 1], "stem": "plain"}
NETWORKS = {
    "unet": lambda: unet(3, features=2, levels=2),
    "unet behind a stem": lambda: unet(3, features=2, levels=2, stem="space_to_depth"),
    "unetpp": lambda: unetpp(3, features=2, levels=3, deep_supervision=False),
    "unetpp with heads": lambda: unetpp(3, features=2, levels=3, deep_supervision=True),
    "resunet": lambda: resunet(3, norm="batch", deep_supervision=True, **RESUNET),
    "resunet with instance norm": lambda: resunet(3, norm="instance", deep_supervision=False, **RESUNET),
    "transunet": lambda: transunet(
        3, features=4, blocks=[1, 1, 1], width=8, layers=1, heads=2, grid=4, dropout=0.0, pretrained=False
    ),
    "refining_unet": lambda: refining_unet(
        3,
        features=2,
        levels=2,
        coarsening=1,
        token_share=0.1,
        token_width=4,
        token_layers=1,
        token_heads=2,
        token_weight=1.0,
    ),
}


def epochs(processes: Processes) -> dict[str, dict[str, Any]]:
    """Of each training the weights, the history and the patients' rows."""
    params = read_params()
    found = {}
    for name in available("losses"):
        found[f"loss {name}"] = run(processes, loss=build_chosen("losses", params | {"loss": name}))
    large = {"training": TRAINING_LARGE, "validation": VALIDATION_LARGE}
    for name, network in NETWORKS.items():
        found[name] = run(processes, network=network, **large if name == "transunet" else {})
    found["dropout"] = run(processes, network=Dropping)
    found["adam"] = run(processes, network=NETWORKS["resunet with instance norm"], optimizer=torch.optim.Adam)
    found["clipped and averaged"] = run(processes, clip_norm=0.01, ema_decay=0.5)
    of_several = {"training": TRAINING_OF_SEVERAL, "validation": VALIDATION_OF_SEVERAL}
    found["varied"] = run(processes, network=lambda: unet(9, features=2, levels=2), **of_several, **VARIED)
    return found


class Dropping(torch.nn.Module):
    """Its gradient shows whether two shares drop the same: each slice's logits are dropped or not."""

    def __init__(self) -> None:
        super().__init__()
        self.network = unet(3, features=2, levels=2)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        return torch.nn.functional.dropout(self.network(images), 0.5, self.training)


def run(processes: Processes, loss: Any = None, network: Any = NETWORKS["unet"], **more: Any) -> dict[str, Any]:
    torch.manual_seed(0)
    network = network()
    optimizer = more.get("optimizer", torch.optim.SGD)(network.parameters(), lr=0.01)
    settings = TrainSettings(
        start_from="data/random_weights",
        epochs=1,
        batch_size=4,
        precision="fp32",
        **{name: more.get(name, off) for name, off in OFF.items()},
    )
    recipe = Recipe(
        loss=loss or build_chosen("losses", read_params() | {"loss": "dice"}),
        schedule=lambda progress: 1.0,
        settings=settings,
        sampling=SAMPLING,
        augmentation=more.get("augmentation", AUGMENT),
        intensity=more.get("intensity", AS_MEASURED),
        seed=0,
    )
    before = {name: value.clone() for name, value in network.state_dict().items()}
    slices = more.get("training", TRAINING), more.get("validation", VALIDATION)
    result = train(network, optimizer, recipe, *slices, NotSaved(), lambda *_: None, processes)
    synchronised = sum(isinstance(module, SynchronisedBatchNorm) for module in network.modules())
    return {
        "weights": result.last_state,
        "history": result.history,
        "patients": result.per_patient,
        "synchronised": synchronised,
        "moved": max(float((value - before[name]).abs().max()) for name, value in network.named_parameters()),
    }


if __name__ == "__main__":
    with launch() as (processes, _):
        results = epochs(processes)
        if processes.is_first:
            torch.save(results, sys.argv[1])
