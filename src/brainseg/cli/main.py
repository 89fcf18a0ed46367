"""The command `brainseg`."""

from enum import StrEnum
from pathlib import Path
from shutil import get_terminal_size
from typing import Annotated

import typer

from brainseg.core.errors import UserError, told_in_one_line

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)

FAILED_IF = 3  # the exit code; errors have 1, mistakes in options 2


class FailIf(StrEnum):
    worse = "worse"
    not_better = "not-better"


@app.callback()
def brainseg() -> None:
    """Judge brain-lesion segmentation, and see what there is to choose from.

    Training is DVC's: `dvc repro`, `dvc exp run -S loss=bce`.
    """


@app.command()
def losses() -> None:
    """The losses there are, by group, with the paper of each: `dvc exp run -S loss=NAME`."""
    show("losses")


@app.command()
def optims() -> None:
    """The optimizers there are: `dvc exp run -S optim=NAME -S optims.NAME.lr=1e-3`."""
    show("optims")


@app.command()
def schedules() -> None:
    """The learning-rate schedules there are: `dvc exp run -S schedule=NAME`."""
    show("schedules")


@app.command()
def archs() -> None:
    """The architectures there are: `dvc exp run -S arch=NAME`."""
    show("archs")


def show(kind: str) -> None:
    from brainseg.cli.catalogue import as_text, catalogue  # `--help` should not wait for pydantic

    typer.echo(as_text(catalogue(kind), min(get_terminal_size().columns, 120)))


@app.command()
def diagram(
    name: Annotated[str, typer.Argument(help="An architecture: `brainseg archs` lists them.")],
    out: Annotated[Path | None, typer.Option(help="The picture to write; by default NAME.png.")] = None,
) -> None:
    """Draw an architecture as its block in params.yaml makes it, from the network itself."""
    with told_in_one_line():
        from brainseg.core.components import names
        from brainseg.core.params import read_params, settings
        from brainseg.diagram.drawing import architecture
        from brainseg.diagram.graph import trace_by_name  # `--help` should not wait for torch
        from brainseg.figures.settings import PlotSettings
        from brainseg.figures.style import save

        if name not in names("archs"):
            raise UserError(f"NAME is {name!r}; expected one of: {', '.join(names('archs'))}")
        params = read_params()
        graph = trace_by_name(name, params)
        path = out or Path(f"{name}.png")
        if path.suffix != ".png":
            raise UserError(f"--out is {path}; expected a name that ends in .png")
        save(architecture(graph, name), path, settings(PlotSettings, params, "plot").dpi)
    typer.echo(path)


@app.command()
def compare(
    experiments: Annotated[
        list[str] | None,
        typer.Argument(help="Names of experiments, patterns of names ('dice-*'), git revisions, or workspace."),
    ] = None,
    baseline: Annotated[
        str | None, typer.Option(help="What all others are compared with; by default the first.")
    ] = None,
    metric: Annotated[
        str, typer.Option(help="A column of metrics/per_volume.csv: dsc, iou, nsd, dsc_report ...")
    ] = "dsc",
    margin: Annotated[float, typer.Option(help="Differences up to so much are practically none.")] = 0.01,
    out: Annotated[Path, typer.Option(help="The folder to write to.")] = Path("comparison"),
    fail_if: Annotated[
        FailIf | None, typer.Option(help="Exit with 3 if any other method is worse, or not better, than the baseline.")
    ] = None,
) -> None:
    """Are these methods really different? Tables, tests, verdicts and pictures of DVC experiments.

    Experiments that differ in seed or fold alone are one method. Without names: all experiments that hang
    from this commit, and the commit itself. The workspace is not touched.
    """
    with told_in_one_line():
        from brainseg.compare.run import run  # `--help` should not wait for pandas

        words = run(experiments or [], baseline, metric, margin, out)
    if (fail_if is FailIf.worse and "worse" in words) or (fail_if is FailIf.not_better and set(words) != {"better"}):
        raise typer.Exit(FAILED_IF)


@app.command()
def sweep(
    file: Annotated[Path, typer.Argument(help="Rows, a grid or random draws over a base: experiments/report.yaml ...")],
    name: Annotated[
        str | None, typer.Option(help="What its experiments' names begin with; by default the file's name.")
    ] = None,
    only: Annotated[
        list[str] | None, typer.Option(help="Run these rows alone, by name or pattern ('adam-*'); may be repeated.")
    ] = None,
    set_: Annotated[
        list[str] | None, typer.Option("--set", help="key=value for all rows, over the file's; may be repeated.")
    ] = None,
    jobs: Annotated[
        int | None, typer.Option(min=1, help="Rows at a time; by default one, or one a GPU. The cores are divided.")
    ] = None,
    retry: Annotated[bool, typer.Option("--retry", help="Run also what failed before.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Check all rows and list them; run nothing.")] = False,
    out: Annotated[Path, typer.Option(help="The folder that the comparison is written to.")] = Path("comparison"),
) -> None:
    """Run many experiments, checked first, and compare them. Stopped at any moment, it goes on when run again.

    Rows are DVC experiments that hang from this commit, run in folders of their own: the workspace is not
    touched. Finished ones are kept.
    """
    with told_in_one_line():
        from brainseg.sweep.run import run  # `--help` should not wait for torch

        run(file, name, only or [], set_ or [], jobs, retry, dry_run, out)


@app.command()
def ensemble(
    experiments: Annotated[list[str], typer.Argument(help="Names of experiments, or patterns of names: 'cv5-*'.")],
) -> None:
    """Bring trained networks, such as the folds', together for the stage predict, which then averages them."""
    with told_in_one_line():
        from brainseg.cli.collect_ensemble import gather  # `--help` should not wait for DVC

        gather(experiments)


@app.command()
def claims(
    report: Annotated[
        str, typer.Option(help="Pattern of the experiments of experiments/report.yaml, with both kinds of weights.")
    ] = "report-*",
    fair: Annotated[str, typer.Option(help="Pattern of the experiments of experiments/fair.yaml.")] = "fair-*",
    out: Annotated[Path, typer.Option(help="The page to write.")] = Path("docs/claims.md"),
) -> None:
    """Test the report's claims on the experiments of two sweeps: holds, fails, or can't tell."""
    with told_in_one_line():
        from studies.report_claims.command import run  # `--help` should not wait for pandas

        run(report, fair, out)
