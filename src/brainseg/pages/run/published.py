"""Published DSC of the LGG set, each with its protocol. Taken from the sources; none was computed again here."""

from collections.abc import Iterable
from dataclasses import dataclass

from brainseg.data.raw.patients import TCGA


@dataclass(frozen=True)
class Published:
    """mean, median: DSC over patients; None where the source gives none."""

    source: str
    mean: float | None
    median: float | None
    protocol: str


PUBLISHED = (
    Published("the report, best row", 0.9155, None, "its ten patients, which also chose the epoch; 256 × 256"),
    Published(
        "mateuszbuda/brain-segmentation-pytorch",
        0.91,
        0.92,
        "the same ten patients, which also chose the epoch; 256 × 256",
    ),
    Published("Buda, 22-fold cross-validation", 0.836, 0.873, "110 patients, each scored by networks new to it"),
    Published("Buda, Saha & Mazurowski 2019, the paper", 0.82, 0.85, "the same 110 patients and folds"),
    Published("two expert readers, on Buda's page", 0.84, None, "this kind of tumour; ± 0.02"),
)


def of_lgg(patients: Iterable[str]) -> bool:
    """Whether all patients have names of the TCGA, as those of the LGG set: only then are the figures comparable."""
    return all(TCGA.fullmatch(name) for name in patients)
