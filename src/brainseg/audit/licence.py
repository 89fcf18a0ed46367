"""Licence and citation of the patients at hand."""

from collections.abc import Iterable
from dataclasses import dataclass

from brainseg.model.data_terms import licence_and_citation
from brainseg.sources.lgg import published


@dataclass(frozen=True)
class Licence:
    """note: "" where there is nothing to add."""

    licence: str
    citation: str
    note: str = ""


def licence_of(data: str, names: Iterable[str]) -> Licence:
    """data: a data set of params.yaml. Patients with names of the LGG set have its terms, wherever they come from."""
    names = [*names]
    known = len({*names} & published().keys())
    if data == "lgg" or not known:
        return Licence(*licence_and_citation(data))
    note = f"{known} of {len(names)} patients are named as those of the LGG set, whose terms these are"
    return Licence(*licence_and_citation("lgg"), note)
