"""docs/effects: every effect has a page, and it says what the effect declares."""

import re
import runpy
import sys
from pathlib import Path

import pytest

from dawg_ai.dsp import effect

PAGES = Path(__file__).parents[2] / "docs" / "effects"


@pytest.fixture(scope="module")
def make():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "path", [str(PAGES), *sys.path])
        return runpy.run_path(str(PAGES / "make.py"))


@pytest.mark.parametrize("name", effect.names())
def test_the_page_is_not_stale(make, name):
    written = (PAGES / f"{name}.md").read_text("utf-8")
    assert make["page"](name, written) == written, "run: python docs/effects/make.py"
    for knob in effect.load(name).knobs:
        assert f"`{knob.name}`" in written or f"`{re.sub(r'[0-9]+', 'N', knob.name, count=1)}`" in written
    for linked in re.findall(r"\]\((?!http)([^)#]+)\)", written):
        assert (PAGES / linked).is_file()


def test_handwriting_stays(make):
    made = make["page"]("limiter", "# Title\n\nBy hand.\n")
    assert made.startswith("# Title\n") and made.endswith("\n\nBy hand.\n") and "`ceiling_db`" in made
    assert make["page"]("limiter", made) == made
    assert make["page"]("limiter", made.replace("Ceiling", "Lid")) == made


def test_sounds_are_small():
    sounds = list((PAGES / "media").glob("*.ogg"))
    assert {path.stem for path in sounds} == {"before", *effect.names()}
    assert max(path.stat().st_size for path in sounds) < 100_000
