import pytest

from brainseg.compare.page.markdown import text
from tests.compare.page.small_page import TRAITS, sections
from tests.compare.small_comparison import SCORES, compared, three
from tests.compare.small_experiment import experiment


@pytest.fixture(scope="package")
def reported() -> dict[str, str]:
    noted = experiment("dice", SCORES, columns=TRAITS)
    return sections(text(compared([noted, *three()[1:]])))
