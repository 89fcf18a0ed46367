"""`brainseg diagram`: a picture of an architecture."""

from pathlib import Path
from typing import Annotated

import typer

from brainseg.core.errors import UserError, report_errors


def diagram(
    name: Annotated[str, typer.Argument(help="An architecture: `brainseg archs` lists them.")],
    out: Annotated[Path | None, typer.Option(help="The picture to write; by default NAME.png.")] = None,
) -> None:
    """Draw an architecture with its settings in params.yaml, from the network itself."""
    with report_errors():
        from brainseg.core.components import available
        from brainseg.core.params import parse_settings, read_params
        from brainseg.core.progress import print_line
        from brainseg.diagram.drawing import architecture
        from brainseg.diagram.graph import trace_by_name  # `--help` should not wait for torch
        from brainseg.figures.settings import PlotSettings
        from brainseg.figures.style import save

        if name not in available("archs"):
            raise UserError(f"NAME is {name!r}; expected one of: {', '.join(available('archs'))}")
        params = read_params()
        graph = trace_by_name(name, params)
        path = out or Path(f"{name}.png")
        if path.suffix != ".png":
            raise UserError(f"--out is {path}; expected a name that ends in .png")
        save(architecture(graph, name), path, parse_settings(PlotSettings, params, "plot").dpi)
        print_line(str(path))
