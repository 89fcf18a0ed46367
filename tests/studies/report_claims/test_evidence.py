import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from brainseg.core.errors import UserError
from brainseg.experiments.reader import Experiment
from studies.report_claims import evidence as module
from studies.report_claims.evidence import Evidence, collect_evidence, kind_of
from studies.report_claims.report_figures import ROWS, Kind
from tests.compare.small_project import SmallProject, lock_of, md5, state
from tests.studies.report_claims.small_evidence import BLOCKS, KINDS, as_report, evidence, fair, fair_name, unet

ROBUSTNESS = "metrics/robustness.json"
DICE, BCE = unet("adam", "dice", "bce")


class MeasuredProject(SmallProject):
    """What measures robustness too, where told so."""

    measured: str | None = None

    def run(self, changes=None) -> None:
        super().run(changes)
        if self.measured is not None:
            self.write(ROBUSTNESS, self.measured)
            out = f"- path: {ROBUSTNESS}\n      hash: md5\n      md5: {md5(self.measured)}"
            lock = (self.folder / "dvc.lock").read_text().rstrip()
            self.write("dvc.lock", f"{lock}\n  robustness:\n    cmd: 'true'\n    outs:\n    {out}\n")


@pytest.fixture(scope="module")
def swept(tmp_path_factory) -> Evidence:
    """Of two sweeps in git, one seed of each kind. All rows but sgd-bce measured how robust they are."""
    with pytest.MonkeyPatch.context() as patch:
        folder = tmp_path_factory.mktemp("claims")
        for place in ("GLOBAL", "SYSTEM"):
            patch.setenv(f"DVC_{place}_CONFIG_DIR", str(folder / place))
        project = MeasuredProject(folder / "project")
        project.measured = json.dumps({"unperturbed": "of HEAD's own network"})
        project.run()
        project.commit()
        for row in ROWS:
            settings = {"train.epochs": row.epochs, "train.batch_size": row.batch_size}
            settings |= BLOCKS | row.kind._asdict() | {f"optims.{row.kind.optim}.lr": row.lr}
            project.measured = None if row.name == "sgd-bce" else json.dumps({"unperturbed": f"of {row.name}"})
            project.experiment(f"report-{row.name}", settings | {"predict.weights": "best"})
            project.experiment(f"report-last-{row.name}", settings | {"predict.weights": "last"})
        for kind in KINDS:
            project.experiment(f"{fair_name(kind)}-seed0", BLOCKS | kind._asdict())
        return collect_evidence(project.folder, "report-*", "fair-*")


def test_the_rows_of_two_sweeps_are_gathered(swept):
    assert {name: it.name for name, it in swept.as_report.items()} == {it.name: f"report-{it.name}" for it in ROWS}
    assert {name: it.name for name, it in swept.last.items()} == {it.name: f"report-last-{it.name}" for it in ROWS}
    assert sorted(it.name for it in swept.fair) == sorted(f"{fair_name(kind)}-seed0" for kind in KINDS)


def test_the_robustness_is_each_rows_own(swept):
    reported = {name: found["unperturbed"] for name, found in swept.robustness.items() if name != "sgd-bce"}
    assert reported == {row.name: f"of {row.name}" for row in ROWS if row.name != "sgd-bce"}


def test_the_robustness_that_a_row_did_not_measure_is_not_taken_from_its_commit(swept):
    """Git tracks the file, so that every experiment's commit has one: that of the commit it hangs from."""
    assert "sgd-bce" not in swept.robustness


class NoFiles:
    def __init__(self, folder: Path) -> None: ...

    def __enter__(self) -> "NoFiles":
        return self

    def __exit__(self, *_: object) -> None: ...

    def read(self, revision: str, path: str) -> None:
        return None


@pytest.fixture
def gathered(monkeypatch):
    """gather, of experiments at hand."""

    def of(report: Sequence[Experiment], on_equal_terms: Sequence[Experiment]) -> Evidence:
        meant = {"report-*": list(report), "fair-*": list(on_equal_terms)}
        monkeypatch.setattr(module, "find", lambda folder, patterns: [it for name in patterns for it in meant[name]])
        monkeypatch.setattr(module, "Git", NoFiles)
        return collect_evidence(Path(), "report-*", "fair-*")

    return of


def rows(weights: str = "best") -> list[Experiment]:
    return list(as_report(weights).values())


def changed(it: Experiment, block: str, **settings) -> Experiment:
    """With other settings, and another name."""
    return replace(it, name="another", params=it.params | {block: it.params[block] | settings})


def test_rows_are_identified_by_settings_and_weights_and_not_by_name(gathered):
    alike = [replace(it, name=f"report-{number}") for number, it in enumerate(reversed(rows("last") + rows("best")))]
    found = gathered(alike, fair(seeds=1))
    for row in ROWS:
        for it, weights in ((found.as_report[row.name], "best"), (found.last[row.name], "last")):
            assert kind_of(it) == row.kind and it.params["predict"]["weights"] == weights
            assert it.params["train"]["epochs"] == row.epochs and it.params["train"]["batch_size"] == row.batch_size
    assert list(found.as_report) == list(found.last) == [row.name for row in ROWS]
    assert found.robustness == {}


def test_others_among_the_rows_are_passed_over(gathered):
    other = [changed(it, "train", epochs=7) for it in rows()]
    found = gathered(other + rows() + rows("last") + other, fair(seeds=1))
    assert "another" not in {it.name for it in found.as_report.values()}


def fault(gathered, *given) -> str:
    with pytest.raises(UserError) as raised:
        gathered(*given)
    assert "\n" not in str(raised.value)
    return str(raised.value)


def test_missing_rows_are_reported_in_one_line(gathered):
    some = [it for it in rows() if "sgd" not in it.name]
    reported = "report-*: no experiment with the best weights is the report's sgd-dice, sgd-bce, sgd-log_cosh_dice, "
    assert fault(gathered, some + rows("last"), fair(seeds=1)) == f"{reported}sgd-shape_aware"


def test_a_row_with_one_kind_of_weights_alone_is_missing(gathered):
    reported = fault(gathered, rows() + rows("last")[1:], fair(seeds=1))
    assert reported == "report-*: no experiment with the last weights is the report's adam-dice"


def test_missing_kinds_are_reported_in_one_line(gathered):
    some = [it for it in fair(seeds=1) if it.params["loss"] != "log_cosh_dice" or it.params["optim"] == "sgd"]
    reported = fault(gathered, rows() + rows("last"), some)
    assert reported == "fair-*: no experiment with log_cosh_dice, adam; U-Net++, log_cosh_dice, adam"


def test_a_row_with_another_learning_rate_is_not_the_reports(gathered):
    """The page says: its learning rates, epochs and batch sizes."""
    tuned = [changed(it, "optims", adam={"lr": 0.05}, sgd={"lr": 0.05}) for it in rows()]
    assert "no experiment with the best weights" in fault(gathered, tuned + rows("last"), fair(seeds=1))


def test_two_experiments_that_are_the_same_row_are_not_taken_for_one(gathered):
    """Such as report-* of two sizes, 256 px and 64: the page would tell the size of the first row alone."""
    larger = [changed(it, "preprocess", side_px=256) for it in rows()[3:4]]
    assert "adam-shape_aware" in fault(gathered, larger + rows() + rows("last"), fair(seeds=1))


# Methods and pairs


def test_methods_are_by_kind_with_their_seeds():
    methods = evidence(gains={BCE: 0.1}).methods()
    assert set(methods) == set(KINDS)
    assert {method.scores.shape for method in methods.values()} == {(10, 3)}
    for kind, method in methods.items():
        assert method.name == fair_name(kind) and {kind_of(it) for it in method.experiments} == {kind}
    assert methods[BCE].scores.mean() - methods[DICE].scores.mean() == pytest.approx(0.1)


@pytest.mark.parametrize(("gain", "word"), [(0.1, "better"), (-0.1, "worse"), (0.02, "better"), (0.005, "equivalent")])
def test_a_pair_is_the_first_against_the_second_with_a_margin_of_a_hundredth(gain, word):
    [verdict] = evidence(gains={DICE: gain}).pairs([(DICE, BCE)])
    assert (verdict.a, verdict.b, verdict.outcome) == ("fair-adam-dice", "fair-adam-bce", word)
    assert verdict.about == "methods" and verdict.mean == pytest.approx(gain)


def test_a_pair_is_of_the_metric_asked_for():
    given = evidence(gains={DICE: 0.1}, nsd={BCE: 0.1})
    assert [given.pairs([(DICE, BCE)], [metric])[0].outcome for metric in ("dsc", "nsd", "dsc")] == [
        "better",
        "worse",
        "better",
    ]


def retuned(it: Experiment) -> Experiment:
    settings = {"seed": it.params["seed"], "schedule": "cosine", "optims.adam.lr": 0.05}
    given = state(BLOCKS | kind_of(it)._asdict() | settings)
    return replace(it, name=f"{it.name}-again", params=given["params"], lock=lock_of(given))


def test_two_methods_of_one_kind_are_not_taken_for_one():
    """Such as fair-* of two sweeps: which of them is judged would depend on their order."""
    again = [retuned(it) for it in fair(gains={DICE: 0.2}) if kind_of(it) == DICE]
    words = set()
    for experiments in (fair() + again, again + fair()):
        try:
            words |= {it.outcome for it in evidence(experiments=experiments).pairs([(DICE, BCE)])}
        except UserError:
            words.add("refused")
    assert len(words) == 1


def test_a_kind_is_what_the_settings_say():
    [it] = [it for it in fair(seeds=1) if it.name == "fair-unetpp-dice-seed0"]
    assert kind_of(it) == Kind("unetpp", "adam", "dice")
