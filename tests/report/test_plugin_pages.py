"""docs/plugins: what the pages link to is there."""

import re
from pathlib import Path

import pytest

PAGES = sorted((Path(__file__).parents[2] / "docs" / "plugins").glob("*.md"))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_links_lead_somewhere(page):
    linked = re.findall(r"\]\((?!http)([^)#]+)\)", page.read_text("utf-8"))
    assert linked and all((page.parent / link).is_file() for link in linked)
