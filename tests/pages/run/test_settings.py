import pytest

from brainseg.core.errors import UserError
from brainseg.core.params import parse_settings
from brainseg.pages.run.settings import PageSettings


@pytest.mark.parametrize(
    ("given", "fault"),
    [
        ({"patients": -1, "side_px": 256}, "page.patients is -1"),
        ({"patients": 0, "side_px": 31}, "page.side_px is 31"),
        ({"patients": 0, "side_px": 1025}, "page.side_px is 1025"),
        ({"patients": 1_000_001, "side_px": 256}, "page.patients is 1000001"),
        ({"patients": 4.5, "side_px": 256}, "page.patients is 4.5"),
    ],
)
def test_what_is_out_of_bounds_is_refused(given, fault):
    with pytest.raises(UserError, match=fault):
        parse_settings(PageSettings, {"page": given}, "page")


def test_the_bounds_themselves_are_allowed():
    for patients, side_px in ((0, 32), (1_000_000, 1024)):
        assert (
            parse_settings(PageSettings, {"page": {"patients": patients, "side_px": side_px}}, "page").side_px
            == side_px
        )
