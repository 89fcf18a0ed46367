"""The work of `brainseg judge`: score masks that others made, as the stage evaluate scores ours."""

import hashlib
import re
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from math import nan
from pathlib import Path
from typing import Any

from brainseg.core.errors import UserError, joined, shown
from brainseg.core.files import write_json
from brainseg.core.params import lookup_name, parse_settings, read_params
from brainseg.core.progress import print_line
from brainseg.data import preprocessed, split
from brainseg.data.head import head_depth
from brainseg.data.raw import patients
from brainseg.data.tables import write_table
from brainseg.evaluation.failure_warning import with_warning
from brainseg.evaluation.mask_selection import candidates
from brainseg.evaluation.patient_scores import EvaluateSettings
from brainseg.evaluation.scoring import Scored, score_prediction, scores_table, summaries, summary_line
from brainseg.experiments.judged import EVALUATION, FOLDER, PER_VOLUME, write_record
from brainseg.judge.find import find_masks
from brainseg.judge.misplaced import misplaced
from brainseg.judge.place import on_file_grid
from brainseg.judge.read import read_given
from brainseg.judge.strata import with_strata_of_all
from brainseg.judge.trained_on import read_trained_on
from brainseg.parallel import parallel_map
from brainseg.postprocessing.final_mask import MaskSettings

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")


@dataclass(frozen=True)
class Judged:
    """One patient: its scores, a digest of what was read, and what a person should know."""

    scored: Scored
    digest: str
    warning: str | None


def judge(masks: Path, name: str, grid: str, trained_on: Path | None) -> None:
    """Write judged/NAME: per_volume.csv, evaluation.json and judged.json. Raises UserError and then writes nothing."""
    if not NAME.fullmatch(name):
        raise UserError(f"--name is {shown(name)}; expected letters, digits, '-', '_' and '.'")
    params = read_params()
    settings = parse_settings(EvaluateSettings, params, "evaluate")
    for path in (split.PATH, patients.FOLDER):
        if not path.exists():
            raise UserError(f"{path}: is missing; run `dvc pull` or `dvc repro split` first")
    subset = split.read()
    place = find_masks(masks, subset)
    judged_subset = {patient: subset[patient] for patient in place}
    known = read_trained_on(trained_on, judged_subset, lookup_name(params, "split.person_pattern"))

    are_masks = _all_masks(place)
    if are_masks:  # whoever made them chose the components
        settings = settings.model_copy(update={"threshold": 0.5, "components": "every"})
    mask, *others = candidates(settings)
    if others:
        raise UserError(
            f"{masks}: holds probabilities, and evaluate.threshold or evaluate.components is auto, which is chosen for "
            "our own; set a number and a rule, or judge masks"
        )
    judged = _without_faults(
        parallel_map(partial(_judge_patient, mask, settings, grid, are_masks), [*place.items()], "judging")
    )
    scored = [each.scored for each in judged]
    per_volume = with_strata_of_all(scores_table(judged_subset, scored), subset)
    per_volume = per_volume if are_masks else with_warning(per_volume)
    summary: dict[str, Any] = {"selected_on": "unknown", **summaries(per_volume, scored)}

    aside = FOLDER / f".aside.{name}"
    shutil.rmtree(aside, ignore_errors=True)
    try:
        write_table(aside / PER_VOLUME, per_volume)
        write_json(aside / EVALUATION, summary)
        record = {
            "masks": str(masks),
            "holds": "masks" if are_masks else "probabilities",
            "grid": grid,
            "digest": hashlib.sha256("".join(each.digest for each in judged).encode()).hexdigest(),
            "trained_on": known,
        }
        write_record(aside, name, record, params, settings.model_dump(), are_masks)
        shutil.rmtree(FOLDER / name, ignore_errors=True)
        aside.replace(FOLDER / name)
    finally:
        shutil.rmtree(aside, ignore_errors=True)
    for patient, each in zip(place, judged, strict=True):
        if each.warning:
            print_line(f"warning: {patient} {each.warning}")
    for part in filter(summary.__contains__, split.SUBSETS):
        print_line(summary_line(part, summary[part]))
    print_line(f"Written to {FOLDER / name}/. Next: brainseg compare workspace {FOLDER / name}")


def _all_masks(place: Mapping[str, Path]) -> bool:
    """Whether all are masks. Raises UserError with a line for each file that cannot be read."""
    return all(_without_faults(parallel_map(_is_mask, [*place.values()], "reading")))


def _is_mask(path: Path) -> bool | UserError:
    try:
        return read_given(path).is_mask
    except UserError as error:
        return error


def _judge_patient(
    mask: MaskSettings, settings: EvaluateSettings, grid: str, are_masks: bool, item: tuple[str, Path]
) -> Judged | UserError:
    name, path = item
    try:
        given = read_given(path)
        retained, geometry = preprocessed.read_geometry(name)
        prediction = on_file_grid(path, given, len(retained), geometry, grid)
        if mask.components == "largest_by_depth":
            prediction = replace(prediction, head_depth=head_depth(preprocessed.read(name)))
    except UserError as error:
        return error
    folder = patients.FOLDER / name
    truth = patients.read_mask(folder)
    image, spacing_mm = patients.read_images(folder), patients.read_spacing_mm(folder)
    scored = score_prediction(prediction, image, truth, retained, geometry, mask, settings, spacing_mm)
    if are_masks:
        of_probabilities = dict.fromkeys(("certainty", "near_threshold_share", "calibration_error"), nan)
        scored = replace(scored, scores=replace(scored.scores, **of_probabilities))
    above = prediction.on_file_grid > mask.threshold * 255
    digest = hashlib.sha256(repr((name, given.probability.shape)).encode() + given.probability.tobytes()).hexdigest()
    return Judged(scored, digest, misplaced(above, truth))


def _without_faults(results: list[Any]) -> list[Any]:
    if faults := [str(result) for result in results if isinstance(result, UserError)]:
        raise joined(faults)
    return results
