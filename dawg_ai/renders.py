"""Renders of one song through recipes that follow one another and have their first links in common."""

from collections.abc import Mapping, Sequence
from typing import Any

from dawg_ai import chain
from dawg_ai.audio import Sound, kept


class Renders:
    """Renders a song again and again, as a solver asks for it; what stays the same is rendered once.

    Args:
        song: the song, `kept` if it may be; with 0 samples where only instruments play.
        tail: append the tails of echoes, reverbs and instruments; then nothing is shared.
    """

    def __init__(self, song: Sound, tail: bool = False) -> None:
        self._song, self._tail = song, tail
        self._base: tuple[Sequence[Any], Sound] = ([], self._song)
        self._last = self._base

    def of(self, recipe: Mapping[str, Any]) -> Sound:
        """The sound of a recipe, rendered as its blocks are read, and once if it is short enough to be kept."""
        links = recipe["chain"]
        if self._tail:
            return chain.rendered(recipe, self._song, tail=True)
        if links == self._last[0] and self._last is not self._base:
            return self._last[1]
        self._base = self._before(links)
        done, sound = self._base
        self._last = (links, kept(_through(links[len(done) :], sound)))
        return self._last[1]

    def _before(self, links: Sequence[Any]) -> tuple[Sequence[Any], Sound]:
        """The song through all links but the last, or through all, if that has been rendered."""
        for done, sound in (self._last, self._base):
            if len(done) >= len(links) - 1 and links[: len(done)] == done:
                return done, sound
        return links[:-1], kept(_through(links[:-1], self._song))


def _through(links: Sequence[Any], sound: Sound) -> Sound:
    return chain.rendered({"format": chain.FORMAT, "chain": links}, sound) if links else sound
