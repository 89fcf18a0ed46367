"""The LGG set's slices as volumes: python -m studies.lgg_as_nifti KAGGLE_3M FOLDER nnunet|brats

Writes the patients of a kaggle_3m folder in nnU-Net's layout or in BraTS's, for programs that read no TIFF slices and
as a check of `data: nifti`. The set states no spacing: pixels are taken as 1 mm, slices as 4 mm apart, which is
evaluate.slice_step_px.
"""

import json
import sys
from pathlib import Path

from brainseg.core.channels import LGG_CHANNELS
from brainseg.core.errors import UserError, report_errors
from brainseg.core.progress import progress
from brainseg.data.raw.patients import patient_names, read_images, read_mask
from brainseg.scans.volumes.medical import write_volume
from brainseg.scans.volumes.orientation import axial_grid

SPACING_MM = (4.0, 1.0, 1.0)
NNUNET = {"pre_contrast": "T1", "flair": "FLAIR", "post_contrast": "T1ce"}
BRATS = {"pre_contrast": "t1n", "flair": "t2f", "post_contrast": "t1c"}


def write(source: Path, destination: Path, layout: str) -> None:
    """Write every patient of source; intensities and masks are unchanged."""
    if layout not in ("nnunet", "brats"):
        raise UserError(f"the layout is {layout!r}; expected nnunet or brats")
    names = patient_names(source)
    for name in progress(names, "writing volumes"):
        image, mask = read_images(source / name), read_mask(source / name)
        grid = axial_grid(mask.shape, SPACING_MM)
        images, label = _places(destination, name, layout)
        for place, path in enumerate((*images, label)):
            path.parent.mkdir(parents=True, exist_ok=True)
            axial = mask if path == label else image[..., place]
            write_volume(path, grid.from_axial(axial), grid)
    if layout == "nnunet":
        description = {
            "channel_names": {str(number): NNUNET[name] for number, name in enumerate(LGG_CHANNELS)},
            "labels": {"background": 0, "lesion": 1},
            "numTraining": len(names),
            "file_ending": ".nii.gz",
        }
        (destination / "dataset.json").write_text(json.dumps(description, indent=1) + "\n", encoding="utf-8")


def _places(destination: Path, name: str, layout: str) -> tuple[list[Path], Path]:
    """The files of the channels, and that of the label."""
    if layout == "nnunet":
        images = [destination / "imagesTr" / f"{name}_{number:04}.nii.gz" for number in range(len(LGG_CHANNELS))]
        return images, destination / "labelsTr" / f"{name}.nii.gz"
    images = [destination / name / f"{name}-{BRATS[channel]}.nii.gz" for channel in LGG_CHANNELS]
    return images, destination / name / f"{name}-seg.nii.gz"


if __name__ == "__main__":
    with report_errors():
        write(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3])
