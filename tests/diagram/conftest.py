import pytest

from brainseg.core.params import read_params
from brainseg.diagram.graph import Graph, trace_by_name
from tests.conftest import ROOT

NAMES = ("unet", "unetpp", "transunet", "refining_unet")


@pytest.fixture(scope="package", params=NAMES)
def graph(request) -> Graph:
    params = read_params(ROOT / "params.yaml")
    params["archs"]["unetpp"]["deep_supervision"] = True
    params["predict"]["heads"] = "mean"
    return trace_by_name(request.param, params)
