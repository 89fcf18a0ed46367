"""The page of a segmented scan, from the segmentation and the model's record."""

import math

from brainseg.data.geometry import aspect_of
from brainseg.data.predictions import to_uint8
from brainseg.model.card import NOT_FOR, card_rows, failures, score_rows
from brainseg.model.record import ModelRecord
from brainseg.pages.scan.page import ScanResult, scan_page
from brainseg.pages.shared.volume import Volume
from brainseg.segment.segmenter import Segmentation


def page(found: Segmentation, record: ModelRecord) -> bytes:
    """HTML; the slices are those of the scan's own axial grid."""
    scan = found.scan
    volume = Volume(
        name=scan.name,
        image=scan.image,
        channels=scan.channels,
        masks={"prediction": found.mask},
        probability=to_uint8(found.probability),
        pixel_aspect=aspect_of(scan.spacing_mm),
        facts=_facts(found),
    )
    return scan_page(
        ScanResult(
            volume=volume,
            big=_size(found),
            figures=_figures(found),
            warnings=found.warnings,
            model=record.name,
            card=list(card_rows(record).items()),
            scores=_scores(record),
            failures=failures(record),
            use=NOT_FOR,
        )
    )


def _size(found: Segmentation) -> tuple[str, str]:
    if found.volume_ml is not None:
        return f"{found.volume_ml:.1f} ml", "predicted volume of the lesion"
    return f"{int(found.mask.sum()):,}", "predicted voxels; the scan states no spacing, so no volume in ml"


def _figures(found: Segmentation) -> list[tuple[str, str]]:
    lesions = [("lesions", str(found.lesions))]
    if found.largest_lesion_ml is not None and found.lesions > 1:
        lesions.append(("largest of them", f"{found.largest_lesion_ml:.1f} ml"))
    expected = "not known" if found.predicted_dsc is None else f"{found.predicted_dsc:.2f}"
    bound = "not known" if found.dsc_lower_bound is None else f"{found.dsc_lower_bound:.2f}"
    return [*lesions, ("expected DSC", expected), ("at least, for 9 of 10 scans", bound)]


def _scores(record: ModelRecord) -> list[tuple[str, str]]:
    scores = record.scores
    if scores is None:
        return []
    return [("patients", f"{scores.patients} {scores.subset}"), ("protocol", scores.protocol), *score_rows(scores)]


def _facts(found: Segmentation) -> dict[str, str]:
    slices, height, width = found.mask.shape
    facts = {"slices": f"{slices} of {height} × {width} pixels"}
    if found.scan.spacing_mm:
        facts["spacing"] = " × ".join(f"{side:.2f}" for side in found.scan.spacing_mm) + " mm"
        facts["scanned volume"] = f"{math.prod(found.scan.spacing_mm) * found.mask.size / 1e6:.2f} l"
    return facts
