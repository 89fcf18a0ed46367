"""Train, compare and judge brain-lesion segmentation. What is where:

core/  device.py  parallel.py      the ground: errors, params.yaml, components by name, files, progress, processes
data/                              what lies in data/, a module an artefact: raw/ split preprocessed geometry
                                   predictions weights ensemble own_split; tables, and the paths of metrics/ and plots/
sources/                           download     data sets: phantom, lgg, folder, nifti
splitting.py                       split
preprocessing.py                   preprocess
archs/ losses/ optims/ schedules/  train        components, a file or folder each; shared/ is what several use
training/                          train        loop, recipe, sampling, augmentation, validation, checkpoint
inference.py                       predict
metrics/ postprocessing/           evaluate     overlap, surfaces, lesions, calibration; the mask that is scored
evaluation/                        evaluate     scores of a patient, the tables of all, strata, warning of failure
figures/                           plot
robustness/                        robustness   perturbations of the held-out patients' images
pages/                             page         HTML pages to look at: run/ the stage's; scan/ comparison/ of commands;
                                                shared/ the viewer, charts and tables that they have in common
params_check.py                    check
scans/ model/ segment/             new scans: formats, NIfTI in volumes/; model files; a model applied to a scan
judge/                             masks that others made, scored as ours
audit/                             audit        duplicates, empty channels, odd masks and the like in the data
experiments/                       reads what git and DVC hold of experiments, without a checkout
compare/ sweep/ diagram/           what is done with experiments, and pictures of architectures
terminal/                          small pictures of patients and scans in the terminal
cli/                               the command `brainseg`, a file a command

stages/ beside this package has the script of each stage, studies/ the questions asked of experiments: the report's
claims, losses, architectures.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from brainseg.segment.segmenter import Segmenter


def load(path: str | Path, runtime: Literal["torch", "onnx"] = "torch") -> "Segmenter":
    """The segmenter of a model file: segmenter = brainseg.load("model.zip"); segmenter(scan).mask"""
    from brainseg.segment.segmenter import load

    return load(path, runtime)
