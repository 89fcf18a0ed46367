"""Settings of the page of a run."""

from pydantic import Field

from brainseg.core.params import StrictSettings


class PageSettings(StrictSettings):
    patients: int = Field(ge=0, le=1_000_000)  # at most, in the viewer; 0: all
    side_px: int = Field(ge=32, le=1024)
