"""What the pipeline does, as its stages do it: one function a row of the benchmark."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch

from brainseg.archs.shared.input import THREE_CHANNELS_2D
from brainseg.archs.shared.supervision import supervised_loss
from brainseg.core.components import build_chosen
from brainseg.core.params import parse_settings
from brainseg.data import preprocessed
from brainseg.data.predictions import Prediction
from brainseg.data.raw.patients import read_images, read_mask
from brainseg.data.weights import TrainedNetwork
from brainseg.device import autocast
from brainseg.evaluation.patient_scores import EvaluateSettings, reliability_near_lesion, score
from brainseg.inference import PredictSettings, predict
from brainseg.postprocessing.final_mask import MaskSettings
from brainseg.preprocessing import PreprocessSettings, preprocess
from brainseg.training.augmentation import augment
from brainseg.training.learning_rate import lr_scheduler
from brainseg.training.loop import train_epoch
from brainseg.training.loss_context import bind_context
from brainseg.training.recipe import recipe_from
from brainseg.training.sampling import draw, slice_weights
from brainseg.training.share import Share
from brainseg.training.slices import load_slices
from brainseg.training.state import TrainingState

EPOCH_BATCHES = 2  # of an epoch so many are measured; all take the same time


def read_and_preprocess(folder: Path, params: Mapping[str, Any]) -> preprocessed.Preprocessed:
    settings = parse_settings(PreprocessSettings, params, "preprocess")
    return preprocess(read_images(folder), read_mask(folder), settings)


def training_works(
    folder: Path, preprocessed_folder: Path, params: Mapping[str, Any], device: torch.device
) -> dict[str, tuple[Callable[[], object], int]]:
    """Name of a row -> its work, and the number of slices in it."""
    recipe = recipe_from(params)
    patient = read_and_preprocess(folder, params)
    preprocessed.write(folder.name, patient, preprocessed_folder)
    slices = load_slices([folder.name], device, folder=preprocessed_folder)
    network = build_chosen("archs", params)(3).to(device, memory_format=torch.channels_last)
    optimizer = build_chosen("optims", params)(network.parameters())
    scheduler = lr_scheduler(optimizer, recipe.schedule, 10**6, 0)
    state = TrainingState(network, optimizer, scheduler, None)
    loss = bind_context(recipe.loss, progress=0.5, lesion_share=0.02)
    generator = torch.Generator().manual_seed(0)
    drawn = draw(slice_weights(slices, recipe.sampling), recipe.settings.batch_size, generator)
    batches = drawn[:1].repeat(EPOCH_BATCHES, 1)
    images, masks = slices.batch(batches[0])
    predict_settings = parse_settings(PredictSettings, params, "predict")

    def step() -> None:
        network.train()
        with autocast(device, recipe.settings.precision):
            output = network(images)
        batch_loss = supervised_loss(output, masks, loss)
        optimizer.zero_grad(set_to_none=True)
        batch_loss.backward()
        optimizer.step()

    def prediction() -> None:
        predict([TrainedNetwork(network.eval(), THREE_CHANNELS_2D)], patient, device, predict_settings)

    share = Share.whole(batches.shape[1])
    return {
        "reading and preprocessing": (lambda: read_and_preprocess(folder, params), len(patient.mask)),
        "augmentation": (lambda: augment(images, masks, recipe.augmentation, generator), len(images)),
        "training step": (step, len(images)),
        "training epoch": (
            lambda: train_epoch(state, network, recipe, loss, slices, batches, generator, share),
            batches.numel(),
        ),
        "prediction": (prediction, len(patient.mask)),
    }


def every_score(
    prediction: Prediction, truth: np.ndarray, patient: preprocessed.Preprocessed, params: Mapping[str, Any]
) -> None:
    """All that evaluate writes of one patient, but for its strata."""
    mask, settings = (parse_settings(kind, params, "evaluate") for kind in (MaskSettings, EvaluateSettings))
    near_lesion = reliability_near_lesion(prediction, truth)
    score(prediction, truth, patient.retained, patient.geometry, near_lesion, mask, settings)
