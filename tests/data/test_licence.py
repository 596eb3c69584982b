"""Only what anyone may learn from counts as open."""

import pytest

from dawg_ai.data.debian import spdx
from dawg_ai.data.licence import Licence, recognise


@pytest.mark.parametrize(
    ("expression", "allowed"),
    [
        ("CC0-1.0", True),
        ("LicenseRef-own", True),
        ("GPL-3.0-only OR CC-BY-NC-4.0", True),
        ("GPL-3.0-only AND CC-BY-NC-4.0", False),
        ("CC-BY-NC-4.0 OR GPL-2.0-only AND CC0-1.0", True),
        ("CC-BY-ND-4.0", False),
        ("unknown", False),
        ("", False),
    ],
)
def test_what_may_be_trained_on(expression: str, allowed: bool):
    assert Licence(expression).allows_training is allowed


@pytest.mark.parametrize(
    ("text", "identifier"),
    [
        ("own", "LicenseRef-own"),
        ("mit", "MIT"),
        ("CC-BY-SA-4.0", "CC-BY-SA-4.0"),
        ("cc by sa 4.0", "CC-BY-SA-4.0"),
        ("CC0", "CC0-1.0"),
        ("http://creativecommons.org/licenses/by-nc-nd/3.0/", "CC-BY-NC-ND-3.0"),
        ("This work is under https://creativecommons.org/licenses/by/4.0/legalcode.", "CC-BY-4.0"),
        ("https://creativecommons.org/publicdomain/zero/1.0/", "CC0-1.0"),
        ("https://creativecommons.org/publicdomain/mark/1.0/", "LicenseRef-public-domain"),
        ("(C) 2019 Somebody", "unknown"),
        ("my own", "unknown"),
        ("CC BY", "unknown"),
        ("", "unknown"),
    ],
)
def test_what_a_tag_or_a_person_means(text: str, identifier: str):
    assert recognise(text) == identifier


@pytest.mark.parametrize(
    ("debian", "identifier"),
    [
        ("GPL-2.0+", "GPL-2.0-or-later"),
        ("GPL-3", "GPL-3.0-only"),
        ("GPL-2+ OR CC-BY-SA", "GPL-2.0-or-later"),
        ("GPL-2+ and CC-BY-SA", "unknown"),
        ("CC-BY 3.0", "CC-BY-3.0"),
        ("CC-BY-SA-3.0+", "CC-BY-SA-3.0"),
        ("CC-BY-NC-3.0", "unknown"),
        ("PD", "LicenseRef-public-domain"),
        ("Battle-Tanks-License", "unknown"),
        ("", "unknown"),
    ],
)
def test_debian_names_of_licences(debian: str, identifier: str):
    assert spdx(debian) == identifier
