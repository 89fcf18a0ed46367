"""Weights of the report's reference U-Net (mateuszbuda/brain-segmentation-pytorch) as a model file.

The network is this project's `unet` with 32 features and 5 levels; only the names of its weights differ. Its
preprocessing is the one that this project replicates, at 256 x 256 pixels. Whom it was trained on is not in the file:
the report's ten patients validated, and the other 100 of the LGG set trained.
"""

import hashlib
import re
from pathlib import Path

import torch
from safetensors.torch import save

from brainseg.archs.shared.input import THREE_CHANNELS_2D
from brainseg.core.errors import UserError
from brainseg.core.params import PARAMS_FILE
from brainseg.data.model_file import SCHEMA, hash_person
from brainseg.data.weights import rebuild
from brainseg.model.archive import Model, write_model
from brainseg.model.data_terms import TERMS
from brainseg.model.record import (
    InferenceRecord,
    KnownPersons,
    ModelRecord,
    NetworkRecord,
    TrainingRecord,
    WarningRecord,
)
from brainseg.model.software import software_versions
from brainseg.postprocessing.final_mask import MaskSettings
from brainseg.preprocessing import PreprocessSettings

LEVELS = 5
FIRST = "encoder1.enc1conv1.weight"
BLOCK = re.compile(
    r"(?P<side>encoder|decoder)(?P<number>\d)\.(enc|dec)\d(?P<layer>conv|norm)(?P<half>[12])\.(?P<rest>.+)"
)
BOTTLENECK = re.compile(r"bottleneck\.bottleneck(?P<layer>conv|norm)(?P<half>[12])\.(?P<rest>.+)")
UPSAMPLER = re.compile(r"upconv(?P<number>\d)\.(?P<rest>.+)")
PLACE = {("conv", "1"): 0, ("norm", "1"): 1, ("conv", "2"): 3, ("norm", "2"): 4}  # in a block of this project's U-Net


def import_reference(source: Path, target: Path, persons: list[str]) -> Model:
    """Write the model file of reference weights. persons: those that trained or validated them, stored as hashes.

    Raises UserError for a file that does not hold a state of that network.
    """
    given = _read_state(source)
    settings = {"features": len(given[FIRST]), "levels": LEVELS, "stem": "plain"}
    try:
        renamed = {ours(name): value for name, value in given.items()}
        state = rebuild("unet", settings, THREE_CHANNELS_2D, renamed).network.state_dict()
    except (RuntimeError, UserError) as error:
        reason = " ".join(str(error).removeprefix(f"{PARAMS_FILE}: ").split())[:150]
        raise UserError(f"{source}: does not fit the reference U-Net ({reason})") from None
    if odd := [name for name, value in state.items() if not torch.isfinite(value).all()]:
        raise UserError(f"{source}: {odd[0]} of the imported network holds numbers that are not finite")
    part = "weights/0.safetensors"
    # of the rebuilt network: no two of its tensors share memory, which safetensors refuses
    parts = {part: save({name: value.contiguous() for name, value in state.items()})}
    salt = hashlib.sha256(parts[part]).hexdigest()
    hashes = sorted(hash_person(person, salt) for person in persons)
    terms = TERMS["lgg"]
    record = ModelRecord(
        schema_version=SCHEMA,
        name="reference U-Net",
        networks=[NetworkRecord(weights=part, arch="unet", settings=settings, input=THREE_CHANNELS_2D)],
        preprocess=PreprocessSettings(side_px=256, background=0.1, low_percentile=10.0, high_percentile=99.0),
        inference=InferenceRecord(flips=False, precision="fp32", heads="last", prune_to=0),
        mask=MaskSettings(threshold=0.5, components="largest", least_share=1.0, least_voxels=1),
        training=TrainingRecord(
            data="lgg",
            licence=terms.licence,
            citation=terms.citation,
            commit="not known: weights of the reference code",
            experiments=[source.name],
            patients=len(persons),
            known=[KnownPersons(person_pattern="auto", salt=salt, hashes=hashes)],
            weights_chosen_by="the ten validation patients: the best epoch",
        ),
        scores=None,
        failure_warning=WarningRecord(certainty=[], dsc=[]),
        training_range={},
        software=software_versions(),
    )
    return write_model(target, record, parts)


def ours(name: str) -> str:
    """The name that a weight of the reference U-Net has in this project's."""
    if match := BLOCK.fullmatch(name):
        number = int(match["number"])  # encoders count from the finest, decoders here do too
        return f"{match['side']}s.{number - 1}.{PLACE[match['layer'], match['half']]}.{match['rest']}"
    if match := BOTTLENECK.fullmatch(name):
        return f"encoders.{LEVELS - 1}.{PLACE[match['layer'], match['half']]}.{match['rest']}"
    if match := UPSAMPLER.fullmatch(name):
        return f"upsamplers.{int(match['number']) - 1}.{match['rest']}"
    if match := re.fullmatch(r"conv\.(?P<rest>weight|bias)", name):
        return f"head.{match['rest']}"
    raise UserError(f"{name[:60]!r} is no weight of the reference U-Net")


def _read_state(path: Path) -> dict[str, torch.Tensor]:
    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
    except FileNotFoundError:
        raise UserError(f"{path}: no such file") from None
    except Exception as error:  # torch raises many types of error for a damaged file
        raise UserError(f"{path}: no weights that PyTorch can load safely ({type(error).__name__})") from None
    if not isinstance(state, dict) or not all(isinstance(n, str) and torch.is_tensor(v) for n, v in state.items()):
        raise UserError(f"{path}: holds a {type(state).__name__}; expected names and tensors, a state_dict")
    if FIRST not in state:
        raise UserError(f"{path}: {FIRST} is missing; expected weights of the reference U-Net")
    if state[FIRST].ndim != 4:
        raise UserError(f"{path}: {FIRST} has {state[FIRST].ndim} dimensions; expected 4")
    return state
