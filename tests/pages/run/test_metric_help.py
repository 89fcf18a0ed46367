from dataclasses import fields

from brainseg.evaluation.patient_scores import Scores
from brainseg.evaluation.summary import COUNTED
from brainseg.pages.run.metric_help import METRICS


def test_every_score_of_a_summary_has_its_help():
    assert set(METRICS) == {field.name for field in fields(Scores)} - set(COUNTED)


def test_a_help_is_sentences():
    assert all(help.endswith(".") and digits in (2, 4) for _, digits, help in METRICS.values())
