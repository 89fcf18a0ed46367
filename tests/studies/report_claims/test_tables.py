from studies.report_claims.report_figures import ROWS
from studies.report_claims.tables import beside_the_report, on_equal_terms
from tests.studies.report_claims.small_evidence import LEVEL, evidence


def test_each_row_stands_beside_the_reports_with_what_choosing_the_epoch_is_worth():
    lines = beside_the_report(evidence())
    assert [line["the report"] for line in lines] == [f"{row.dsc:.4f}" for row in ROWS]
    mean = LEVEL.mean()
    assert lines[0]["ours, best epoch"] == f"{mean + 0.1:.4f} (7)"
    assert (lines[0]["last epoch"], lines[0]["choosing it"]) == (f"{mean:.4f}", "+0.1000")
    assert lines[0]["own grid, last"] == f"{mean:.4f}" and lines[0]["DSC < 0.1"] == "0"


def test_on_equal_terms_each_kind_has_one_line_with_all_its_seeds():
    lines = on_equal_terms(evidence())
    assert len(lines) == 10 and len({line[""] for line in lines}) == 10
    assert lines[0]["mean DSC [95 %]"].startswith(f"{LEVEL.mean():.4f} [")
    assert lines[0]["of each seed"] == "0.500, 0.500, 0.500"
