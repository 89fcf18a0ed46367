import re
from dataclasses import replace

import numpy as np
import pytest

from brainseg.audit.page import MOST_SHOWN, page
from brainseg.audit.run import audit
from brainseg.data.raw.patients import write_patient
from tests.audit.conftest import head

SCRIPT = "<script>alert(1)<"


@pytest.fixture(scope="module")
def html(tmp_path_factory) -> str:
    root = tmp_path_factory.mktemp("faulty")
    image, mask = head(1)
    write_patient(root / SCRIPT, image, mask & False)
    shifted = np.roll(mask, 45, axis=2)
    write_patient(root / "shifted & odd", head(2)[0], shifted)
    for number in range(MOST_SHOWN + 2):
        image, mask = head(10 + number, slices=6, side_px=48)
        image[..., 2] = image[..., 1]
        write_patient(root / f"equal_{number}", image, mask)
    write_patient(root / "TCGA_CS_4941_1996", *head(40))
    write_patient(root / "TCGA_CS_4941_1997", *head(41))
    split = {"TCGA_CS_4941_1996": "train", "TCGA_CS_4941_1997": "test"}
    return page(audit(root, split, "auto", "folder")).decode()


def test_names_are_text(html):
    assert "<script>alert" not in html and "&lt;script&gt;alert(1)&lt;" in html
    assert "shifted &amp; odd" in html


def test_it_loads_nothing(html):
    assert "default-src &#39;none&#39;" in html or "default-src 'none'" in html
    sources = re.findall(r'(?:src|href)="([^"]*)"', html)
    assert sources and all(source.startswith(("data:", "#")) for source in sources)
    assert "url(" not in html and "@import" not in html


def test_findings_have_pictures_and_the_rest_is_counted(html):
    assert f"{MOST_SHOWN + 2}</td>" in html
    assert "2 more are in the table of findings." in html
    assert html.count('alt="the channels in their order"') == MOST_SHOWN
    assert 'alt="the mask in green, slice' in html


def test_a_pair_across_subsets_is_a_warning_with_both_pictures(html):
    words = "TCGA_CS_4941_1997 (test) and TCGA_CS_4941_1996 (train): one person, several scans"
    assert f'<p class="warning">{words}' in html
    assert 'alt="TCGA_CS_4941_1997"' in html and 'alt="TCGA_CS_4941_1996"' in html
    assert "<summary>2 patients</summary>" in html  # in BraTS: a list, no pictures


def test_tables_and_licence_are_there(html):
    for words in ("Institutions", "Sizes of the lesions", "three quarters", "Licence and citation of the data"):
        assert words in html
    assert "not known: the owner of the data decides." in html


def test_what_was_looked_for_and_not_found_is_named(html):
    assert re.search(r"Looked for and not found: [^.]*near-duplicate patients", html)


def test_the_same_audit_gives_the_same_bytes_and_a_clean_one_has_a_page(audited):
    found = replace(audited, findings=[], subset={})
    first = page(found)
    assert first == page(found) and b"<p>Nothing.</p>" in first and b"There is no split yet" in first
