"""The model card: what a model file is for and not for, in Markdown."""

from brainseg.model.record import ModelRecord, ScoreRecord

NOT_FOR = """Research software, not a medical device. Not for diagnosis, treatment or any decision about a patient.
Not tested on other diseases, scanners, ages or sequences than those of the training data."""


def card(record: ModelRecord) -> str:
    """The card in Markdown; every figure is from the record."""
    return f"""# {record.name}

{_table("", "", list(card_rows(record).items()))}

## Use

{NOT_FOR}

## Scores

{_scores(record.scores)}

## Failures

{failures(record)}
"""


def card_rows(record: ModelRecord) -> dict[str, str]:
    """What the model is and what it was trained on: label -> text."""
    first, training = record.networks[0], record.training
    channels = ", ".join(first.input.channels)
    others = [name for name in record.channels if name not in first.input.channels]
    channels += f" (preprocessing uses {', '.join(others)} too)" if others else ""
    return {
        "task": "outline the lesion on axial slices of a brain MRI scan",
        "input": f"{channels}; {first.input.neighbours} neighbouring slices on either side; "
        f"{record.preprocess.side_px} x {record.preprocess.side_px} pixels",
        "output": f"a probability per voxel; lesion above {record.mask.threshold}",
        "networks": f"{len(record.networks)} x {first.arch}",
        "data": training.data,
        "licence of the data": training.licence,
        "citation of the data": training.citation,
        "patients that trained or validated": str(training.patients),
        "weights chosen by": training.weights_chosen_by,
        "experiments": ", ".join(training.experiments),
        "commit": training.commit,
        "software": ", ".join(f"{name} {version}" for name, version in sorted(record.software.items())),
    }


def score_rows(scores: ScoreRecord | None) -> list[tuple[str, str]]:
    """Scores of the held-out patients: label and value; none where nobody was held out."""
    if scores is None:
        return []
    unit, hd95 = ("px", scores.hd95_px_median) if scores.hd95_mm_median is None else ("mm", scores.hd95_mm_median)
    return [
        ("mean DSC", f"{scores.dsc_mean:.4f}"),
        ("median DSC", f"{scores.dsc_median:.4f}"),
        ("minimum DSC", f"{scores.dsc_minimum:.4f}"),
        ("mean NSD", _or_undefined(scores.nsd_mean)),
        (f"median HD95, {unit}", _or_undefined(hd95)),
    ]


def _scores(scores: ScoreRecord | None) -> str:
    if scores is None:
        return "Not measured: no patient was held out."
    rows = _table("score", "value", score_rows(scores))
    return f"{scores.patients} {scores.subset} patients. Protocol: {scores.protocol}.\n\n{rows}"


def failures(record: ModelRecord) -> str:
    known = len(record.failure_warning.dsc)
    warning = (
        f"A scan's expected DSC and its lower bound rest on {known} validation patients."
        if known
        else "No expected DSC: no validation patient has a prediction."
    )
    if known and len(record.networks) > 1:
        warning += " Their masks are those of single networks; the ensemble itself was not measured."
    if record.scores is None:
        return f"Not measured. {warning}"
    scores = record.scores
    return f"{scores.failures} of {scores.patients} patients have a DSC below 0.1: the lesion was not found. {warning}"


def _or_undefined(value: float | None) -> str:
    return "undefined" if value is None else f"{value:.4f}"


def _table(left: str, right: str, rows: list[tuple[str, str]]) -> str:
    header = f"| {left} | {right} |" if left else "| | |"
    return "\n".join([header, "|---|---|", *(f"| {name} | {value} |" for name, value in rows)])
