"""What an audit measures of one patient, by itself."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from brainseg.audit.channels import channel_findings
from brainseg.audit.contrast import intensities
from brainseg.audit.findings import Finding
from brainseg.audit.likeness.fingerprint import Fingerprint, fingerprint_of
from brainseg.audit.likeness.head import find_heads
from brainseg.audit.masks import mask_findings
from brainseg.audit.tables import Counts
from brainseg.data.raw import patients


@dataclass(frozen=True)
class Examined:
    """intensities: (C, percentiles), see contrast.py"""

    counts: Counts
    findings: list[Finding]
    fingerprint: Fingerprint
    intensities: np.ndarray


def examine(root: Path, name: str) -> Examined:
    """Raises UserError where the patient cannot be read."""
    image, mask = patients.read_images(root / name), patients.read_mask(root / name)
    heads = find_heads(image)
    findings = channel_findings(name, image, heads.shown) + mask_findings(name, mask, heads.on_grid(*mask.shape[1:]))
    counts = Counts(len(image), int(mask.sum()))
    return Examined(counts, findings, fingerprint_of(heads), intensities(image, heads))
