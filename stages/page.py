"""Write the run's page, plots/report.html, with a viewer of its patients: python -m stages.page"""

from functools import partial
from typing import Any

import pandas as pd

from brainseg.core.errors import UserError, report_errors
from brainseg.core.files import REMEDY, write_bytes
from brainseg.core.params import parse_settings, read_params
from brainseg.core.progress import print_line
from brainseg.data import paths, predictions
from brainseg.data.geometry import aspect_of
from brainseg.data.raw import patients
from brainseg.pages.run.page import run_page
from brainseg.pages.run.settings import PageSettings
from brainseg.pages.run.shown_patients import shown_patients
from brainseg.pages.run.tables import read_tables
from brainseg.pages.shared.volume import Volume, to_viewer
from brainseg.parallel import parallel_map
from brainseg.postprocessing.final_mask import MaskSettings, final_mask, read_mask_settings

PAGE = paths.PLOTS / "report.html"


def main() -> None:
    params = read_params()
    settings = parse_settings(PageSettings, params, "page")
    tables = read_tables(params)
    shown = shown_patients(tables.per_volume, settings.patients)
    names = [name for group in shown.values() for name, _ in group]
    facts = {row.patient: facts_of(row) for row in tables.per_volume.itertuples()}
    view = partial(view_patient, read_mask_settings(), settings.side_px, facts)
    volumes = parallel_map(view, names, "drawing slices")
    groups = [(heading, [(names.index(name), label) for name, label in group]) for heading, group in shown.items()]
    write_bytes(PAGE, run_page(tables, volumes, groups))
    print_line(f"{PAGE}: {len(names)} of {len(tables.per_volume)} patients to look at; open it in a browser")


def facts_of(row: Any) -> dict[str, str]:
    """What the viewer says of a patient, a row of per_volume.csv."""
    found = {"subset": row.subset, "DSC": f"{row.dsc:.3f}"}
    if not pd.isna(row.predicted_dsc):
        bound = "" if pd.isna(row.dsc_lower_bound) else f", at least {row.dsc_lower_bound:.3f}"
        found["predicted DSC"] = f"{row.predicted_dsc:.3f}{bound}"
    ml = getattr(row, "lesion_ml", None)
    found["lesion"] = f"{row.lesion_voxels:,} voxels" if ml is None else f"{ml:,.1f} ml"
    return found


def view_patient(mask: MaskSettings, side_px: int, facts: dict[str, dict[str, str]], name: str) -> dict[str, Any]:
    prediction = predictions.read(name)
    folder = patients.FOLDER / name
    masks = {"truth": patients.read_mask(folder), "prediction": final_mask(prediction, mask)}
    image = patients.read_images(folder)
    if not image.shape[:3] == masks["truth"].shape == prediction.on_file_grid.shape:
        shapes = f"{prediction.on_file_grid.shape}, the patient's images {image.shape[:3]}"
        raise UserError(f"{predictions.FOLDER}/{name}.npz: is {shapes}; expected one shape; {REMEDY}")
    channels, aspect = patients.read_channels(folder), aspect_of(patients.read_spacing_mm(folder))
    volume = Volume(name, image, channels, masks, prediction.on_file_grid, aspect, facts[name])
    return to_viewer(volume, side_px)


if __name__ == "__main__":
    with report_errors():
        main()
