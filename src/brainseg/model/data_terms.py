"""Licence and citation of the patients at hand, as a model file, its card and the pages state them."""

from collections.abc import Iterable
from typing import NamedTuple

from brainseg.sources.lgg import published

LGG_CITATION = (
    "Buda, Saha & Mazurowski, Association of genomic subtypes of lower-grade gliomas with shape features automatically"
    " extracted by a deep learning algorithm, Computers in Biology and Medicine, 2019; images: TCGA-LGG of The Cancer"
    " Imaging Archive"
)


class Terms(NamedTuple):
    """note: "" where there is nothing to add."""

    licence: str
    citation: str
    note: str = ""


TERMS = {  # of the data sets of params.yaml
    "lgg": Terms("CC BY-NC-SA 4.0, as its Kaggle page states; check it there before use", LGG_CITATION),
    "phantom": Terms("none needed: generated images", "none needed: generated images"),
}
UNKNOWN = Terms("not known: the owner of the data decides", "not known: the owner of the data decides")


def terms_of(data: str, patients: Iterable[str]) -> Terms:
    """data: a data set of params.yaml. Patients with names of the LGG set have its terms, wherever they come from."""
    patients = [*patients]
    known = len({*patients} & published().keys())
    if data == "lgg" or not known:
        return TERMS.get(data, UNKNOWN)
    note = f"{known} of {len(patients)} patients are named as those of the LGG set, whose terms these are"
    return TERMS["lgg"]._replace(note=note)
