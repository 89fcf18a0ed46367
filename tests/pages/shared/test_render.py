import hashlib
import re
from base64 import b64encode

import pytest

from brainseg.pages.shared.render import HERE, number, render, share


@pytest.fixture
def template(tmp_path):
    path = tmp_path / "page.html"
    path.write_text(
        '{% extends "base.html" %}{% block title %}{{ name }}{% endblock %}'
        '{% block content %}<p title="{{ name }}">{{ name }} {{ score | number(2) }}</p>{% endblock %}'
    )
    return path


def test_a_name_that_looks_like_html_is_text(template):
    page = render(template, [], {"name": '<script>alert("1")</script>', "score": 0.5}).decode()
    assert "<script>alert" not in page
    assert page.count("&lt;script&gt;alert(&#34;1&#34;)&lt;/script&gt;") == 3


def test_only_our_script_runs_and_nothing_is_asked_of_the_network(template):
    page = render(template, ["table.js", "viewer.js"], {"name": "a", "score": 0.5}).decode()
    script = "\n".join((HERE / name).read_text() for name in ("table.js", "viewer.js"))
    assert f"<script>{script}</script>" in page
    digest = b64encode(hashlib.sha256(script.encode()).digest()).decode()
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', page)[1].replace("&#39;", "'")
    assert f"script-src 'sha256-{digest}';" in policy and policy.startswith("default-src 'none';")
    assert not re.search(r"(src|href)=.?https?:", page)


def test_the_same_values_give_the_same_bytes_and_a_missing_one_is_an_error(template):
    values = {"name": "a", "score": 0.5}
    assert render(template, ["table.js"], values) == render(template, ["table.js"], values)
    with pytest.raises(Exception, match="score"):
        render(template, [], {"name": "a"})


def test_no_script_or_style_of_ours_ends_its_tag_early():
    assert not [path.name for path in HERE.glob("*.[cj]s*") if re.search("</(script|style)", path.read_text())]


@pytest.mark.parametrize(
    ("value", "text"), [(0.12345, "0.123"), (-0.5, "\u22120.500"), (None, "–"), (float("nan"), "–")]
)
def test_a_number(value, text):
    assert number(value) == text


@pytest.mark.parametrize(
    ("value", "text"), [(0.9, "90\N{NO-BREAK SPACE}%"), (1, "100\N{NO-BREAK SPACE}%"), (None, "–")]
)
def test_a_share(value, text):
    assert share(value) == text
