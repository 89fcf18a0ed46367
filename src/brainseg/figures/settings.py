"""Settings of the pictures."""

from pydantic import Field

from brainseg.core.params import StrictSettings


class PlotSettings(StrictSettings):
    dpi: int = Field(ge=30, le=600)
    slices_per_patient: int = Field(ge=1, le=8)
