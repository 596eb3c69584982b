"""Licences: what may be trained on, which weights may be shipped, whom to credit.

A `Licence` holds an SPDX expression (https://spdx.github.io/spdx-spec/v2.3/SPDX-license-expressions/) and answers
three questions, each with its reason. A yes has to hold for everyone, whatever they do with the model; what is not
known to be allowed is not. Creative Commons' "NC" and "ND" are therefore a no: the music that is made with a model
may be sold, and weights are shared.
"""

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
        "LicenseRef-consent",  # its holder lets weights be shipped that learned from it
        "LicenseRef-own",  # the user's own material, as a licence.toml of the `folder` dataset may say
        "LicenseRef-public-domain",
    ]
)
# Rights that the user has and cannot pass on: trained on where the user says so, never shipped.
PRIVATE = "LicenseRef-private"
COPYLEFT = re.compile(r"(L?GPL-|CC-BY-SA-|FAL-|LAL-)")
FREE = frozenset(["CC0-1.0", "LicenseRef-own", "LicenseRef-public-domain"])  # no conditions

_CANONICAL = {name.lower(): name for name in (*OPEN, PRIVATE)}
# https://spdx.org/licenses, "Deprecated License Identifiers"
_DEPRECATED = {
    "gpl-1.0+": "GPL-1.0-or-later",
    "gpl-2.0": "GPL-2.0-only",
    "gpl-2.0+": "GPL-2.0-or-later",
    "gpl-3.0": "GPL-3.0-only",
    "gpl-3.0+": "GPL-3.0-or-later",
    "lgpl-2.1+": "LGPL-2.1-or-later",
}
_PORTED = re.compile(r"(cc-by(?:-sa)?-\d\.\d)-[a-z]{2,3}")  # to the law of a country, such as CC-BY-SA-3.0-DE


@dataclass(frozen=True)
class Verdict:
    """An answer with its reason.

    Args:
        yes: the answer.
        why: its reason, in one sentence without a full stop.
    """

    yes: bool
    why: str

    def __bool__(self) -> bool:
        return self.yes


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
    def may_train(self) -> Verdict:
        """Whether training on the clip is permitted without asking anyone.

        >>> Licence("CC-BY-4.0").may_train
        Verdict(yes=True, why='CC-BY-4.0 lets anyone copy, change and learn from it')
        >>> Licence("unknown").may_train
        Verdict(yes=False, why='its licence is not known, and unknown means no')
        """
        if chosen := _chosen(self.spdx, OPEN):
            return Verdict(True, f"{' AND '.join(chosen)} lets anyone copy, change and learn from it")
        if _chosen(self.spdx, OPEN | {PRIVATE}):
            return Verdict(True, "the right to learn from it was given to you alone")
        return Verdict(False, _why_not(self.spdx))

    @property
    def may_ship(self) -> Verdict:
        """Whether weights that learned from the clip may be given to others.

        >>> Licence("GPL-3.0-only").may_ship
        Verdict(yes=True, why='under GPL-3.0-only')
        >>> Licence("LicenseRef-private").may_ship.yes
        False
        """
        if _chosen(self.spdx, OPEN):
            return Verdict(True, f"under {of_weights([self])}")
        if self.may_train:
            return Verdict(False, "the right to learn from it was given to you alone")
        return Verdict(False, _why_not(self.spdx))

    @property
    def must_credit(self) -> Verdict:
        """Whether whoever ships the weights has to name the holder.

        >>> Licence("CC0-1.0").must_credit.yes, Licence("MIT", "Ada").must_credit
        (False, Verdict(yes=True, why='MIT asks for the name of Ada'))
        """
        if chosen := _chosen(self.spdx, FREE):
            return Verdict(False, f"{' AND '.join(chosen)} asks for nothing")
        return Verdict(True, f"{self.spdx or 'unknown'} asks for the name of {self.holder or 'its holder'}")

    @property
    def allows_training(self) -> bool:
        """`may_train` without the reason.

        >>> Licence("CC-BY-4.0").allows_training, Licence("GPL-3.0-only OR CC-BY-NC-4.0").allows_training
        (True, True)
        """
        return self.may_train.yes

    @property
    def is_permissive(self) -> bool:
        """Whether weights that learned from it may be shipped under terms of one's own choice, with credit."""
        return _chosen(self.spdx, frozenset(term for term in OPEN if not COPYLEFT.match(term))) != ()


def alternatives(expression: str) -> list[tuple[str, ...]]:
    """The alternatives of an SPDX expression, each the licences that hold together.

    AND binds before OR; exceptions (WITH) only add permissions, so they are left out. Deprecated identifiers and
    Creative Commons licences ported to a country's law come as those that they stand for.

    Args:
        expression: the expression.

    Returns:
        The alternatives in order; none where the expression is malformed.

    >>> alternatives("MIT OR (GPL-2.0+ AND CC-BY-3.0-US)"), alternatives("GPL or later")
    ([('MIT',), ('GPL-2.0-or-later', 'CC-BY-3.0')], [])
    """
    tokens = re.findall(r"[()]|[^\s()]+", expression)

    def either() -> list[tuple[str, ...]]:
        found = both()
        while tokens and tokens[0] == "OR":
            tokens.pop(0)
            found = found + both()
        return found

    def both() -> list[tuple[str, ...]]:
        found = one()
        while tokens and tokens[0] == "AND":
            tokens.pop(0)
            more = one()
            found = [left + right for left in found for right in more]
        return found

    def one() -> list[tuple[str, ...]]:
        token = tokens.pop(0)
        if token == "(":
            found = either()
            if tokens.pop(0) != ")":
                raise IndexError
            return found
        if token in (")", "AND", "OR", "WITH"):
            raise IndexError
        if tokens and tokens[0] == "WITH":
            del tokens[:2]
        return [(_canonical(token),)]

    try:
        found = either()
    except (IndexError, RecursionError):
        return []
    return [] if tokens else found


def _canonical(identifier: str) -> str:
    plain = _PORTED.sub(r"\1", identifier.lower())
    return _CANONICAL.get(plain) or _DEPRECATED.get(plain) or identifier


def _chosen(expression: str, among: frozenset[str]) -> tuple[str, ...]:
    """The first alternative whose licences are all in `among`; () where there is none."""
    return next((each for each in alternatives(expression) if among.issuperset(each)), ())


def _why_not(expression: str) -> str:
    if not alternatives(expression) or expression.lower() in ("unknown", "noassertion", "none"):
        return "its licence is not known, and unknown means no"
    parts = {part for each in alternatives(expression) for term in each for part in term.upper().split("-")}
    if "NC" in parts:
        return f"{expression} forbids commercial use, and music that is made with the model may be sold"
    if "ND" in parts:
        return f"{expression} forbids sharing what was changed, and weights are shared"
    return f"{expression} is not known to allow it, and unknown means no"


def of_weights(licences: Iterable[Licence]) -> str:
    """The licence of weights that were trained on clips of these licences.

    Of a clip with alternatives, the first that may be shipped counts. All copyleft licences are joined by AND. If
    there is none, the weights are under CC-BY-4.0; if no clip requires attribution either, under CC0-1.0. Where a
    clip may not be shipped, the weights are `PRIVATE`.

    Args:
        licences: of all clips.

    Returns:
        An SPDX expression.

    >>> of_weights([Licence("CC0-1.0"), Licence("CC-BY-3.0"), Licence("CC-BY-SA-3.0"), Licence("GPL-3.0-only")])
    'CC-BY-SA-3.0 AND GPL-3.0-only'
    >>> of_weights([Licence("CC0-1.0"), Licence("CC-BY-3.0")]), of_weights([Licence("LicenseRef-own")])
    ('CC-BY-4.0', 'CC0-1.0')
    """
    chosen = [_chosen(each.spdx, OPEN) for each in licences]
    if not all(chosen):
        return PRIVATE
    terms = {term for each in chosen for term in each}
    copyleft = {term for term in terms if COPYLEFT.match(term)}
    if copyleft:
        return " AND ".join(sorted(copyleft))
    return "CC0-1.0" if terms <= FREE else "CC-BY-4.0"


def url(identifier: str) -> str:
    """Where the text of a licence is.

    >>> url("CC-BY-SA-3.0"), url("MIT"), url("LicenseRef-own")
    ('https://creativecommons.org/licenses/by-sa/3.0/', 'https://spdx.org/licenses/MIT.html', '')
    """
    if identifier.startswith("LicenseRef-") or identifier == "unknown":
        return ""
    if identifier == "CC0-1.0":
        return "https://creativecommons.org/publicdomain/zero/1.0/"
    if found := re.fullmatch(r"CC-(BY[A-Z-]*)-(\d\.\d)", identifier):
        return f"https://creativecommons.org/licenses/{found[1].lower()}/{found[2]}/"
    return f"https://spdx.org/licenses/{identifier}.html"


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
