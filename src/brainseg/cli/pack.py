"""`brainseg pack`, `inspect`, `export`, `import-reference`: model files."""

from pathlib import Path
from typing import Annotated

import typer

from brainseg.core.errors import escaped, report_errors

ModelArgument = Annotated[Path, typer.Argument(metavar="MODEL", help="A model file, as `brainseg pack` writes it.")]
OutOption = Annotated[Path, typer.Option("--out", "-o", help="The model file to write.")]


def pack(
    experiments: Annotated[
        list[str] | None,
        typer.Argument(help="Names of experiments, patterns of names ('cv5-*'), git revisions, or workspace."),
    ] = None,
    out: OutOption = Path("model.zip"),
    name: Annotated[str | None, typer.Option(help="The model's name; by default that of the file.")] = None,
    half: Annotated[
        bool, typer.Option("--half", help="Store the weights as float16: half the bytes, nearly the same masks.")
    ] = False,
) -> None:
    """Pack a trained network into one file that segments new scans. Several experiments become an ensemble.

    Without names: the workspace. The file holds the weights, preprocessing, threshold, scores and a model card.
    """
    with report_errors():
        from brainseg.model.pack import pack  # `--help` should not wait for torch

        model = pack(experiments or [], out, name or out.stem, half)
        scores = model.record.scores
        score = f"mean DSC {scores.dsc_mean:.4f} of {scores.patients} patients" if scores else "not scored"
    typer.echo(f"{out}: {len(model.record.networks)} network{'s' * (len(model.record.networks) > 1)}, {score}")


def inspect(model: ModelArgument) -> None:
    """Print a model file's card, after checking the file."""
    with report_errors():
        from brainseg.model.archive import read_model

        found = read_model(model)
        typer.echo("\n".join(map(escaped, found.card.rstrip().split("\n"))))
        typer.echo("\n## Parts\n\n| part | bytes | SHA-256 |\n|---|---|---|")
        for part, digest in found.record.sha256.items():
            typer.echo(f"| {part} | {len(found.parts[part])} | {digest} |")
        if found.record.onnx_difference is not None:
            typer.echo(f"\nONNX differs from PyTorch by at most {found.record.onnx_difference:.1e} of a probability.")


def export(
    model: ModelArgument,
    out: Annotated[Path, typer.Option("--out", "-o", help="The model file to write; it may be MODEL itself.")],
    onnx: Annotated[bool, typer.Option("--onnx", help="Write ONNX graphs; the one form there is.")] = True,
    scan: Annotated[
        str | None, typer.Option(help="A scan on whose slices ONNX and PyTorch are compared and timed.")
    ] = None,
) -> None:
    """Add ONNX graphs to a model file, for `brainseg predict --runtime onnx`, which does without PyTorch."""
    with report_errors():
        from brainseg.model.onnx_export import export_onnx
        from brainseg.segment.runtimes import middle_slices, runtime_table

        images = middle_slices(model, scan) if scan else None
        found = export_onnx(model, out, images)
        for number, exported in enumerate(found):
            size = "any number of slices and any size" if exported.any_size else "any number of slices, one size"
            typer.echo(
                f"network {number}: {size}; ONNX and PyTorch differ by {exported.difference:.1e} of a probability"
            )
        if scan:
            typer.echo(runtime_table(out, scan))


def import_reference(
    weights: Annotated[Path, typer.Argument(help="A state_dict of the report's reference U-Net: unet.pt")],
    out: OutOption = Path("model.zip"),
) -> None:
    """Make a model file of weights of the report's reference code (mateuszbuda/brain-segmentation-pytorch).

    All 110 patients of the LGG set count as known to it: 100 trained and ten validated.
    """
    with report_errors():
        from brainseg.data.raw.patients import persons
        from brainseg.model.reference_unet import import_reference
        from brainseg.sources.lgg import published

        known = sorted(set(persons(published()).values()))
        model = import_reference(weights, out, known)
    typer.echo(f"{out}: {model.record.networks[0].settings['features']} features, {len(known)} known persons")
