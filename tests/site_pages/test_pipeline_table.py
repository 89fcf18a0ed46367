from site_pages.pipeline_table import pipeline_table
from tests.conftest import ROOT

YAML = """stages:
  one:
    desc: First
    deps: [src/one.py]
    params: [a, "b.${a}"]
    outs: [data/one]
  two:
    desc: Second
    deps: [data/one]
    metrics:
      - metrics/two.json: {cache: false}
"""


def test_a_row_a_stage(tmp_path):
    (tmp_path / "dvc.yaml").write_text(YAML)
    assert pipeline_table(tmp_path).splitlines()[2:] == [
        "| `one` | First. |  | `a`, `b.A` | `data/one` |",
        "| `two` | Second. | one |  | `metrics/two.json` |",
    ]


def test_of_this_project():
    rows = {row.split("`")[1]: row for row in pipeline_table(ROOT).splitlines()[2:]}
    assert list(rows)[:2] == ["check", "download"]
    assert "| preprocess, train |" in rows["predict"]
    assert "`losses.LOSS`" in rows["train"]
