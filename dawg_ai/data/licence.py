"""Licences: which clips may be trained on, and whom to credit."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

# SPDX identifiers of licences that let anyone copy, change and learn from the material.
# Copyleft and attribution carry over to the trained model: its bundle lists every clip's licence and author.
OPEN = frozenset(
    [
        "CC0-1.0",
        "CC-BY-2.0",
        "CC-BY-2.5",
        "CC-BY-3.0",
        "CC-BY-4.0",
        "CC-BY-SA-2.0",
        "CC-BY-SA-2.5",
        "CC-BY-SA-3.0",
        "CC-BY-SA-4.0",
        "GPL-1.0-or-later",
        "GPL-2.0-only",
        "GPL-2.0-or-later",
        "GPL-3.0-only",
        "GPL-3.0-or-later",
        "LGPL-2.1-or-later",
        "MIT",
        "BSD-2-Clause",
        "BSD-3-Clause",
        "Zlib",
        "Artistic-2.0",
        "OGA-BY-3.0",
        "LAL-1.2",
        "LAL-1.3",
        "FAL-1.3",
        "LicenseRef-own",  # the user's own material, as a licence.toml of the `folder` dataset may say
        "LicenseRef-public-domain",
    ]
)
COPYLEFT = re.compile(r"(L?GPL-|CC-BY-SA-|FAL-|LAL-)")
FREE = frozenset(["CC0-1.0", "LicenseRef-own", "LicenseRef-public-domain"])  # no conditions


@dataclass(frozen=True)
class Licence:
    """The terms of one clip.

    Args:
        spdx: SPDX expression, such as "CC0-1.0" or "GPL-3.0-only OR CC-BY-3.0", or "unknown".
        holder: rights holder, to be credited.
        source: where the clip comes from.
    """

    spdx: str
    holder: str = ""
    source: str = ""

    @property
    def allows_training(self) -> bool:
        """Whether training on the clip is permitted without asking anyone.

        >>> Licence("CC-BY-4.0").allows_training, Licence("unknown").allows_training
        (True, False)
        >>> Licence("GPL-3.0-only OR CC-BY-NC-4.0").allows_training
        True
        """
        # In SPDX expressions AND binds before OR.
        return any(OPEN.issuperset(terms.split(" AND ")) for terms in self.spdx.split(" OR "))


def of_weights(licences: Iterable[Licence]) -> str:
    """The licence of weights that were trained on clips of these licences.

    Of a clip with alternatives, the first that allows training counts. All copyleft licences are joined by AND. If
    there is none, the weights are under CC-BY-4.0; if no clip requires attribution either, under CC0-1.0.

    Args:
        licences: of all clips.

    Returns:
        An SPDX expression.

    >>> of_weights([Licence("CC0-1.0"), Licence("CC-BY-3.0"), Licence("CC-BY-SA-3.0"), Licence("GPL-3.0-only")])
    'CC-BY-SA-3.0 AND GPL-3.0-only'
    >>> of_weights([Licence("CC0-1.0"), Licence("CC-BY-3.0")]), of_weights([Licence("LicenseRef-own")])
    ('CC-BY-4.0', 'CC0-1.0')
    """
    terms = {
        term
        for each in licences
        for term in next((a for a in each.spdx.split(" OR ") if OPEN.issuperset(a.split(" AND "))), "").split(" AND ")
    } - {""}
    copyleft = {term for term in terms if COPYLEFT.match(term)}
    if copyleft:
        return " AND ".join(sorted(copyleft))
    return "CC0-1.0" if terms <= FREE else "CC-BY-4.0"


def recognise(text: str) -> str:
    """The SPDX identifier for a licence as written in a tag or by a person.

    Recognised are the identifiers in `OPEN`, "own" for the user's own material, and Creative Commons URLs and names
    with their version.

    Args:
        text: the licence as written.

    Returns:
        The identifier, or "unknown".

    >>> recognise("https://creativecommons.org/licenses/by-sa/3.0/de/"), recognise("CC BY 4.0")
    ('CC-BY-SA-3.0', 'CC-BY-4.0')
    >>> recognise("own"), recognise("All rights reserved")
    ('LicenseRef-own', 'unknown')
    """
    plain = text.strip().lower()
    if plain == "own":
        return "LicenseRef-own"
    for identifier in OPEN:
        if plain == identifier.lower():
            return identifier
    if "creativecommons.org/publicdomain/mark/" in plain:
        return "LicenseRef-public-domain"
    if "creativecommons.org/publicdomain/zero/" in plain or re.fullmatch(r"cc[ -]?0( 1\.0)?", plain):
        return "CC0-1.0"
    found = re.search(r"creativecommons\.org/licenses/(by[a-z-]*)/(\d\.\d)", plain) or re.fullmatch(
        r"cc[ -](by(?:[ -](?:nc|nd|sa))*)[ -](\d\.\d)", plain
    )
    return f"CC-{found[1].replace(' ', '-')}-{found[2]}".upper() if found else "unknown"
