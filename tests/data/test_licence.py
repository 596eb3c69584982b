"""Only what anyone may learn from counts as open."""

import pytest

from dawg_ai.data.debian import Stanza, spdx, stanzas
from dawg_ai.data.licence import OPEN, PRIVATE, Licence, of_weights, recognise, url

# Free for music by the Open Definition (opendefinition.org/licenses) or, for software's licences, by the FSF and OSI
# (spdx.org/licenses has both columns); with whether a derivative has to be under the same licence.
FREE_LICENCES = {
    "CC0-1.0": False,
    **{f"CC-BY-{version}": False for version in ("2.0", "2.5", "3.0", "4.0")},
    **{f"CC-BY-SA-{version}": True for version in ("2.0", "2.5", "3.0", "4.0")},
    "GPL-1.0-or-later": True,
    "GPL-2.0-only": True,
    "GPL-2.0-or-later": True,
    "GPL-3.0-only": True,
    "GPL-3.0-or-later": True,
    "LGPL-2.1-or-later": True,
    "MIT": False,
    "BSD-2-Clause": False,
    "BSD-3-Clause": False,
    "Zlib": False,
    "Artistic-2.0": False,
    "OGA-BY-3.0": False,
    "LAL-1.2": True,
    "LAL-1.3": True,
    "FAL-1.3": True,
    "LicenseRef-consent": False,
    "LicenseRef-own": False,
    "LicenseRef-public-domain": False,
}
NO_CONDITIONS = ("CC0-1.0", "LicenseRef-own", "LicenseRef-public-domain")
# Every licence of Creative Commons that forbids selling or changing, and others that are met in sound libraries.
CLOSED = [
    f"CC-BY-{terms}-{version}"
    for terms in ("NC", "ND", "NC-SA", "NC-ND")
    for version in ("1.0", "2.0", "2.5", "3.0", "4.0")
] + [
    "CC-NC-1.0",
    "CC-ND-1.0",
    "Sampling+-1.0",
    "LicenseRef-proprietary",
    "LicenseRef-scancode-freesound",
    "NOASSERTION",
]


def test_open_is_what_the_definitions_of_free_say_and_nothing_else():
    assert set(FREE_LICENCES) == OPEN


@pytest.mark.parametrize("identifier", CLOSED)
def test_who_may_not_sell_or_change_may_not_train_however_it_is_written(identifier: str):
    assert not Licence(identifier).allows_training
    assert not Licence(f"CC0-1.0 AND {identifier}").allows_training
    assert Licence(f"CC0-1.0 OR {identifier}").allows_training
    written = [identifier, identifier.lower(), identifier.replace("-", " "), f"  {identifier} "]
    terms, version = identifier.removeprefix("CC-").rpartition("-")[::2]
    written += [f"https://creativecommons.org/licenses/{terms.lower()}/{version}/", f"CC {terms} {version}"]
    for text in written:
        assert not Licence(recognise(text)).allows_training, text
        assert not Licence(spdx(text)).allows_training, text


@pytest.mark.parametrize(("identifier", "carries_over"), FREE_LICENCES.items())
def test_what_a_licence_asks_for_carries_over_to_the_weights(identifier: str, carries_over: bool):
    assert Licence(identifier).allows_training and recognise(identifier.upper()) == identifier
    alone = "CC0-1.0" if identifier in NO_CONDITIONS else "CC-BY-4.0"
    assert of_weights([Licence(identifier)]) == (identifier if carries_over else alone)
    with_others = of_weights([Licence("CC0-1.0"), Licence(identifier), Licence("GPL-2.0-only")])
    assert set(with_others.split(" AND ")) == {"GPL-2.0-only"} | ({identifier} if carries_over else set())
    assert of_weights([Licence(each) for each in NO_CONDITIONS]) == "CC0-1.0"
    copyleft = [each for each, carries in FREE_LICENCES.items() if carries]
    assert of_weights([Licence(each) for each in reversed(copyleft)]).split(" AND ") == sorted(copyleft)
    closed_or_this = [Licence(f"CC-BY-NC-SA-4.0 OR {identifier}")]
    assert of_weights(closed_or_this) == of_weights([Licence(identifier)])


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
    ("expression", "train", "ship", "credit", "why"),
    [
        ("CC0-1.0", True, True, False, "asks for nothing"),
        ("CC-BY-3.0", True, True, True, "under CC-BY-4.0"),
        ("CC-BY-SA-3.0-DE", True, True, True, "under CC-BY-SA-3.0"),
        ("GPL-2.0+ WITH Classpath-exception-2.0", True, True, True, "under GPL-2.0-or-later"),
        ("CC-BY-NC-4.0 OR (MIT AND CC0-1.0)", True, True, True, "MIT AND CC0-1.0 lets anyone"),
        ("LicenseRef-private", True, False, True, "given to you alone"),
        ("MIT AND LicenseRef-private", True, False, True, "given to you alone"),
        ("LicenseRef-consent", True, True, True, "under CC-BY-4.0"),
        ("CC-BY-NC-SA-3.0", False, False, True, "forbids commercial use"),
        ("CC-BY-ND-4.0", False, False, True, "forbids sharing what was changed"),
        ("(MIT AND CC-BY-NC-4.0) OR CC-BY-ND-3.0", False, False, True, "forbids commercial use"),
        ("LicenseRef-MUSDB18", False, False, True, "LicenseRef-MUSDB18 is not known to allow it"),
        ("unknown", False, False, True, "unknown means no"),
        ("", False, False, True, "unknown means no"),
        ("MIT OR", False, False, True, "unknown means no"),
        ("(MIT", False, False, True, "unknown means no"),
        ("CC-BY-4.0 CC0-1.0", False, False, True, "unknown means no"),
        ("(" * 5000, False, False, True, "unknown means no"),
    ],
)
def test_the_three_answers(expression: str, train: bool, ship: bool, credit: bool, why: str):
    licence = Licence(expression)
    answers = (licence.may_train, licence.may_ship, licence.must_credit)
    assert tuple(answer.yes for answer in answers) == (train, ship, credit)
    assert any(why in answer.why for answer in answers), answers


def test_what_may_not_be_shipped_makes_weights_private():
    assert of_weights([Licence("MIT"), Licence("LicenseRef-private")]) == PRIVATE
    assert of_weights([Licence("MIT"), Licence("CC-BY-NC-4.0")]) == PRIVATE
    assert of_weights([]) == "CC0-1.0"


def test_where_the_texts_are():
    assert [each for each in OPEN if not url(each)] == [each for each in OPEN if each.startswith("LicenseRef-")]


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


def test_a_paragraph_of_a_debian_copyright_file_without_files_or_without_a_licence_is_no_stanza():
    text = "Format: x\n\nFiles: a.ogg, ./b/*\nCopyright: 2020 Ann\n 2021 Bob\nLicense: CC0-1.0\n"
    text += "\nLicense: GPL-2\n words\n\nFiles: c.ogg\nCopyright: nobody\n"
    (stanza,) = stanzas(text)
    assert stanza == Stanza(("a.ogg", "b/*"), "CC0-1.0", "2020 Ann; 2021 Bob")
