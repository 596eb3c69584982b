"""The report's pieces: whatever text they get is escaped, and nothing is loaded from elsewhere."""

import re

import pytest

from dawg_ai.report import page

NASTY = "<script>alert('x')</script> & \"so on\""


@pytest.mark.parametrize(
    "piece",
    [
        page.heading(NASTY),
        page.paragraph(NASTY),
        page.paragraph("a", NASTY),
        page.facts({NASTY: NASTY}),
        page.table((NASTY,), [(NASTY,)]),
        page.markdown(f"{NASTY}\n\n| {NASTY} |\n|---|\n| {NASTY} |"),
        page.image(b"png", NASTY),
        page.player({NASTY: (NASTY, b"mp3")}),
        page.text(NASTY),
        page.commands({NASTY: NASTY}),
    ],
)
def test_text_is_escaped(piece):
    assert "<script" not in piece and "alert" in piece
    assert "& " not in piece
    assert '"so on"' not in piece


def test_the_document_is_whole_and_needs_nothing_from_elsewhere():
    made = page.document(NASTY, page.heading("one"), page.image(b"png", "two"), page.player({"a": ("b", b"c")}))
    assert made.startswith("<!doctype html>") and made.rstrip().endswith("</html>")
    assert made.count("<script>") == 1 and "&lt;script&gt;" in made
    assert not re.findall(r"(?:src|href)=[\"'](?!data:)", made) and "://" not in made


def test_markdown_tables():
    made = page.markdown(
        "**good** (12 songs).\n\n| method | mean |\n|---|---|\n| **network** | 0.5 |\n| ridge | 0.7 |"
    )
    assert "<p><strong>good</strong> (12 songs).</p>" in made
    assert "<th>method</th><th>mean</th>" in made
    assert '<tr class="ours"><td><strong>network</strong></td><td>0.5</td></tr>' in made
    assert "<tr><td>ridge</td><td>0.7</td></tr>" in made
