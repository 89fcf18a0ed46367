"""plots/report.html: one run on one page, from the tables that its stages wrote."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from brainseg.compare.stats.bootstrap import FEW_PATIENTS, mean_interval, winners_optimism
from brainseg.core.params import lookup, lookup_name
from brainseg.data.split import SUBSETS
from brainseg.model.data_terms import Terms, terms_of
from brainseg.pages.run import charts
from brainseg.pages.run.changed_settings import changed_settings
from brainseg.pages.run.metric_help import METRICS
from brainseg.pages.run.published import PUBLISHED, of_lgg
from brainseg.pages.run.tables import Tables
from brainseg.pages.shared.render import render

TEMPLATE = Path(__file__).with_name("run.html")
SCRIPTS = ("viewer.js", "table.js")


def run_page(tables: Tables, volumes: Sequence[Mapping[str, Any]], groups: Sequence[tuple[str, list]]) -> bytes:
    """volumes: of the viewer, in the order of their places; groups: a heading, and (place, label) of each volume."""
    subset, held_out, summary, params = tables.subset, tables.held_out, tables.summary, tables.params
    interval = mean_interval(held_out.dsc.to_numpy())
    terms = terms_of(lookup_name(params, "data"), tables.per_volume.patient)
    place = {volume["name"]: number for number, volume in enumerate(volumes)}
    values = {
        "method": ", ".join(lookup_name(params, word) for word in ("arch", "loss", "optim")),
        "data": lookup_name(params, "data"),
        "subset": subset,
        "summary": summary,
        "interval": interval,
        "failed": held_out[held_out.dsc < charts.FAILED].sort_values(["dsc", "patient"]).patient.tolist(),
        "cautions": _cautions(tables.evaluation, subset, len(held_out)),
        "published": PUBLISHED if of_lgg(held_out.patient) else (),
        "weights": lookup_name(params, "predict.weights"),
        "scores_wide": charts.scores(held_out, interval, 920),
        "scores_narrow": charts.scores(held_out, interval, 400),
        "volumes": volumes,
        "groups": groups,
        "hd95": tables.hd95,
        "rows": _rows(tables.per_volume, place),
        "choices": {
            column: sorted({value for value in tables.per_volume[column].dropna() if value})
            for column in ("subset", "institution", "size")
        },
        "metrics": [(key, *help, summary[key]) for key, help in METRICS.items() if summary[key]],
        "curves": [
            charts.by_threshold(tables.by_threshold, tables.evaluation["final_mask"]["threshold"]),
            charts.reliability(tables.reliability),
            charts.warning(held_out),
        ],
        "failure_warning": summary["warning_of_failure"],
        "robust": _robustness(tables),
        "training_curves": [
            charts.loss_curves(tables.history),
            charts.dsc_curves(tables.history, tables.training["best_epoch"]),
        ],
        "choice": _price_of_the_epoch(tables.training, tables.per_epoch),
        "ran": _what_ran(tables, terms),
        "changed": changed_settings(params),
        "scores_md5": tables.scores_md5,
        "seed": lookup(params, "seed"),
    }
    return render(TEMPLATE, SCRIPTS, values)


def _cautions(evaluation: Mapping[str, Any], subset: str, patients: int) -> list[str]:
    """Why the headline may be read as more than it is."""
    found = []
    if subset == "validation":
        found.append("No patient tests in this split. The scores are those of the validation patients.")
    if evaluation["selected_on"] == "validation":
        found.append("The validation patients chose the epoch or the final mask, so their scores are too high.")
    if patients < FEW_PATIENTS:
        found.append(f"With {patients} patients the interval is rough, and too short where a patient failed.")
    return found


def _rows(per_volume: pd.DataFrame, place: Mapping[str, int]) -> list[dict[str, Any]]:
    """A row a patient, the held-out first and of each subset the worst first; place: of the patients in the viewer."""
    order = {name: number for number, name in enumerate(reversed(SUBSETS))}  # test, validation, train
    ordered = per_volume.assign(order=per_volume.subset.map(order)).sort_values(["order", "dsc", "patient"])
    text = ordered.astype(object).where(ordered.notna(), "").to_dict("records")
    return [row | {"place": place.get(row["patient"]), "failed": row["dsc"] < charts.FAILED} for row in text]


def _robustness(tables: Tables) -> dict[str, Any]:
    kinds = {
        kind: changes[tables.strength]
        for kind, changes in tables.perturbed["kinds"].items()
        if tables.strength in changes
    }
    chart = charts.robustness(tables.robustness)
    return {"chart": chart, "kinds": kinds, "strength": tables.strength, "summary": tables.perturbed}


def _price_of_the_epoch(training: Mapping[str, Any], per_epoch: pd.DataFrame) -> dict[str, float]:
    """The mean validation DSC of the best and the last epoch; luck: what the best owes to these very patients."""
    dsc = training["validation_dsc"]
    by_epoch = per_epoch.pivot(index="patient", columns="epoch", values="dsc").to_numpy()
    return {"best": dsc["best_epoch"], "last": dsc["last_epoch"], "luck": winners_optimism(by_epoch)}


def _what_ran(tables: Tables, terms: Terms) -> list[tuple[str, str]]:
    params, training, timing = tables.params, tables.training, tables.timing
    counts = tables.per_volume.subset.value_counts()
    subsets = ", ".join(f"{counts[name]} {name}" for name in SUBSETS if name in counts)
    mask = tables.evaluation["final_mask"]
    return [
        ("data", f"{lookup_name(params, 'data')}: {len(tables.per_volume)} patients ({subsets})"),
        ("licence of the data", terms.licence),
        ("citation of the data", terms.citation),
        ("network", f"{lookup_name(params, 'arch')}, {training['parameters']:,} parameters"),
        ("final mask", f"above {mask['threshold']:g}, components: {mask['components']}"),
        ("machine", str(timing["device"])),
        ("precision", f"{training['precision']}, {'' if training['deterministic'] else 'not '}deterministic"),
        ("training", f"{timing['training_seconds'] / 60:.1f} minutes, {timing['seconds_per_epoch']:.2f} s an epoch"),
    ]
