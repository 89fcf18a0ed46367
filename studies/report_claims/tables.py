"""The report's table beside ours, and the one on equal terms."""

import numpy as np

from brainseg.compare.methods import Method, held_out
from brainseg.compare.page.markdown_table import interval, number
from brainseg.compare.stats.bootstrap import mean_interval
from brainseg.evaluation.summary import FAILURE_DSC
from studies.report_claims.evidence import Evidence
from studies.report_claims.report_figures import ROWS, Kind


def beside_the_report(evidence: Evidence) -> list[dict[str, str]]:
    """A line a row: mean DSC of the held-out patients by the report's protocol and on the files' own grid, with the
    best epoch's weights and the last one's; choosing the epoch is worth their difference."""
    lines = []
    for row in ROWS:
        best, last = evidence.as_report[row.name], evidence.last[row.name]
        of_best, of_last = (held_out(experiment.per_volume)[1] for experiment in (best, last))
        by_protocol = [scored.dsc_report.mean() for scored in (of_best, of_last)]
        lines.append(
            {
                "row": str(row.kind),
                "epochs, batch": f"{row.epochs}, {row.batch_size}",
                "the report": number(row.dsc, 4),
                "ours, best epoch": f"{number(by_protocol[0], 4)} ({best.training['best_epoch']})",
                "last epoch": number(by_protocol[1], 4),
                "choosing it": f"{by_protocol[0] - by_protocol[1]:+.4f}",
                "own grid, best": number(of_best.dsc.mean(), 4),
                "own grid, last": number(of_last.dsc.mean(), 4),
                "median": number(of_last.dsc.median(), 4),
                "DSC < 0.1": str((of_last.dsc < FAILURE_DSC).sum()),
                "minutes of training": number(best.timing["training_seconds"] / 60, 1),
            }
        )
    return lines


def on_equal_terms(evidence: Evidence) -> list[dict[str, str]]:
    """A line a kind: mean over patients and seeds on the files' own grid, last weights."""
    methods, protocol, nsd = (evidence.methods(metric) for metric in ("dsc", "dsc_report", "nsd"))
    return [_fair(kind, methods[kind], protocol[kind], nsd[kind]) for kind in dict.fromkeys(row.kind for row in ROWS)]


def _fair(kind: Kind, dsc: Method, protocol: Method, nsd: Method) -> dict[str, str]:
    params = dsc.experiments[0].params
    of_seeds = dsc.scores.mean(0)
    return {
        "": str(kind),
        "learning rate": f"{params['optims'][kind.optim]['lr']:g}",
        "mean DSC [95 %]": f"{dsc.scores.mean():.4f} {interval(*mean_interval(dsc.per_patient))}",
        "of each seed": ", ".join(f"{score:.3f}" for score in of_seeds),
        "median": number(float(np.median(dsc.per_patient)), 4),
        "DSC < 0.1, a seed": f"{(dsc.scores < FAILURE_DSC).sum() / dsc.scores.shape[1]:.1f}",
        "report's protocol": number(float(protocol.scores.mean()), 4),
        "NSD": number(float(nsd.scores.mean()), 4),
    }
