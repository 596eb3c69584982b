"""Licences: what a clip may be used for, and whom to thank."""

import re
from dataclasses import dataclass

# SPDX identifiers of licences that let anyone copy, change and learn from the material.
# Copyleft and attribution travel with the trained model: its bundle lists every clip's licence and author.
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


@dataclass(frozen=True)
class Licence:
    """The terms of one clip. `spdx` is an SPDX expression such as "CC0-1.0" or "GPL-3.0-only OR CC-BY-3.0",
    or "unknown"; `holder` is whom to thank.
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


def recognise(text: str) -> str:
    """The SPDX identifier that a tag or a person means, or "unknown".

    Understood are the identifiers above, "own" for the user's own material, and Creative Commons addresses and names
    with their version.

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
