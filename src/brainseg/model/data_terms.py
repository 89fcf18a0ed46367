"""Licence and citation of each data set, as a model file and its card state them."""

LGG_CITATION = (
    "Buda, Saha & Mazurowski, Association of genomic subtypes of lower-grade gliomas with shape features automatically"
    " extracted by a deep learning algorithm, Computers in Biology and Medicine, 2019; images: TCGA-LGG of The Cancer"
    " Imaging Archive"
)

# data set -> (licence, citation)
TERMS = {
    "lgg": ("CC BY-NC-SA 4.0, as its Kaggle page states; check it there before use", LGG_CITATION),
    "phantom": ("none needed: generated images", "none needed: generated images"),
}
UNKNOWN = ("not known: the owner of the data decides", "not known: the owner of the data decides")


def licence_and_citation(data: str) -> tuple[str, str]:
    return TERMS.get(data, UNKNOWN)
