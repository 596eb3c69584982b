"""An effect: knobs that a person turns, and the kernels that turn them into sound.

One effect is one file of `effects/` with `EFFECT = Effect(...)`; the folder is the list of effects.
"""

import importlib
import math
import pkgutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from itertools import chain
from tempfile import SpooledTemporaryFile
from typing import Any, Literal

import numpy as np

from dawg_ai.dsp import effects
from dawg_ai.dsp.kernel import F32, F64, Module, call, signature
from dawg_ai.dsp.limits import check_rate, guarded
from dawg_ai.errors import UsageError

FOLDER = effects.__name__

SPOOL_BYTES = 1 << 26  # what a two-pass effect keeps in memory: three minutes of stereo

Role = Literal["", "frequency", "gain", "q", "kind"]

_KERNELS = ("prepare", "process", "curve", "latency", "tail", "load", "play", "analyse", "apply", "reduction_db")
# Effects of earlier releases: what each is called now, and the knobs in which the two differ.
FORMER: Mapping[str, tuple[str, Mapping[str, float]]] = {"eq": ("parametric", {"design": 1.0})}


@dataclass(frozen=True)
class Knob:
    """A value that a person can see and change.

    Values are multiples of `step` within [minimum, maximum]. A choice counts 0, 1, 2, ... through `choices`.
    Knobs of one `group` belong together on a panel; `role` says which is a band's frequency, gain, Q or kind, so
    that a panel can draw the band as a node on a curve. A band of the kind "off" rests; a panel may hide it.
    """

    name: str
    label: str
    unit: str
    minimum: float
    maximum: float
    default: float
    step: float
    scale: Literal["linear", "log", "choice"] = "linear"
    choices: tuple[str, ...] = ()
    group: str = ""
    role: Role = ""

    def nearest(self, value: float) -> float:
        """The value that the knob can take nearest to `value`; halves go up.

        Steps below one are counted as a whole number per unit, so that 3 tenths are 0.3 and not
        0.30000000000000004. The studio computes the same, operation by operation.

        >>> Knob("gain_db", "Gain", "dB", -12, 12, 0, step=0.1).nearest(0.349)
        0.3
        """
        inside = min(max(value, self.minimum), self.maximum)
        if self.step >= 1:
            return math.floor(inside / self.step + 0.5) * self.step
        per_unit = math.floor(1 / self.step + 0.5)
        return math.floor(inside * per_unit + 0.5) / per_unit

    def declaration(self) -> dict[str, Any]:
        """The knob as JSON, for manifests."""
        return asdict(self)


@dataclass(frozen=True)
class Effect:
    """Knobs and kernels. `prepare(knobs, sample_rate_hz, settings...)` runs when a knob moves,
    `process(x, y, ..., state...)` for every block of any size; blocks of any sizes equal the whole to the bit. An
    effect with a side-chain takes a second input, `key`, shaped as `x`.

    Optional kernels: `curve(settings..., frequencies, sample_rate_hz, decibels)` where a frequency response can be
    drawn; `latency(knobs, sample_rate_hz)` where the output comes late, and `tail(knobs, sample_rate_hz, ...)` where
    it goes on after the input has ended, both in samples. `load(x, ...)`, where it works with another sound, takes
    that block by block between `prepare` and the first `process`, with as many channels as the effect has and at
    the effect's own sampling rate: whoever calls it converts both. It returns how many samples it had room for.
    Calls with no samples then make the effect ready, a part at a time, and return how many parts are left to do.
    `reduction_db(...)`, where it turns sound down by its level, says by how many dB after the last sample.
    Where a sound is rendered as a whole, two more passes may follow: `analyse(y, ...)` reads all that `process` gave,
    block by block, and `apply(y, ...)` then changes it in place, for what cannot be known while playing.

    An instrument is an effect with `play(notes, ...)` (rows of `dawg_ai.notes.COLUMNS`) or `play(curves, ...)`: after
    `prepare` and before the first `process` it takes what it is to play, in one call or more, and returns how many
    rows it had room for. It adds its sound to `x`; `tail` says how long it sounds where the input ends at once, and
    an array `position` (f64, 1) holds how many samples have been played.

    `offline(processor, blocks)` is no kernel, and for whole sounds alone: it gives, in blocks of other sizes, what
    `process` would make of one from rest on, faster and within -140 dB of it. It leaves the processor as it was.

    Whatever knobs and sample rate a host hands to its kernels, they are held within their ranges first
    (`limits.guarded`); processing with zeros for what `prepare` writes must end and stay within its memory, too.

    `example` are knob values that make the effect plain to hear, for demos; empty: the defaults. `rows` are rows of
    curves, for demos of an instrument that plays them.
    """

    name: str
    summary: str
    knobs: tuple[Knob, ...]
    prepare: Callable[..., Any]
    process: Callable[..., Any]
    curve: Callable[..., Any] | None = None
    latency: Callable[..., int] | None = None
    tail: Callable[..., int] | None = None
    load: Callable[..., int] | None = None
    play: Callable[..., int] | None = None
    analyse: Callable[..., Any] | None = None
    apply: Callable[..., Any] | None = None
    reduction_db: Callable[..., float] | None = None
    offline: Callable[["Processor", Iterator[F32]], Iterator[F32]] | None = None
    example: Mapping[str, float] = field(default_factory=dict)
    rows: tuple[tuple[float, ...], ...] = ()

    def __post_init__(self) -> None:
        """Guard the kernels."""
        ranges = np.array([[k.minimum, k.default, k.maximum] for k in self.knobs], np.float64).T.copy()
        for name in _KERNELS:
            if getattr(self, name):
                object.__setattr__(self, name, guarded(getattr(self, name), ranges))

    @property
    def module(self) -> Module:
        """The kernels as one WebAssembly module."""
        kernels = tuple(getattr(self, name) for name in _KERNELS if getattr(self, name))
        return Module(self.name, kernels, {"channels": 2, "samples": 4096, "points": 1024, "rows": 1024})

    @property
    def plays(self) -> str:
        """The array that an instrument plays, "notes" or "curves"; "" for an effect that is no instrument."""
        return signature(self.play).arguments[0].name if self.play else ""

    @property
    def takes_key(self) -> bool:
        """Whether it has a side-chain: `process` takes a second input, `key`."""
        return any(argument.name == "key" for argument in signature(self.process).arguments)

    def vector(self, values: Mapping[str, float]) -> F64:
        """Knob values in declared order, shape (knobs,); knobs not named keep their default.

        Raises:
            UsageError: an unknown knob, or a value outside the knob's range.
        """
        known = {knob.name: knob for knob in self.knobs}
        for name, value in values.items():
            if name not in known:
                raise UsageError(f"{self.name} has no knob {name!r}; it has: {', '.join(known)}")
            knob = known[name]
            if isinstance(value, bool) or not isinstance(value, int | float | np.number):
                raise UsageError(f"{self.name}: {name} is {value!r}; expected a number")
            if not knob.minimum <= value <= knob.maximum:
                allowed = f"{knob.minimum:g} to {knob.maximum:g} {knob.unit}".rstrip()
                raise UsageError(f"{self.name}: {name} is {value}; expected {allowed}")
        return np.array([values.get(knob.name, knob.default) for knob in self.knobs], np.float64)


class Processor:
    """An effect at work: keeps its state from block to block.

    Raises:
        UsageError: a knob, the sample rate or the number of channels is out of range.
    """

    def __init__(self, effect: Effect, sample_rate_hz: float, values: Mapping[str, float], channels: int) -> None:
        check_rate(sample_rate_hz)
        if channels < 1:
            raise UsageError(f"{effect.name} is asked for {channels} channels; expected 1 or more")
        self.effect, self.channels = effect, channels
        self.sample_rate_hz = float(sample_rate_hz)
        self.memory = effect.module.allocate(channels=channels)
        self._key: F32 | None = None
        self._key_position = 0  # in samples
        self.turn(values)

    def turn(self, values: Mapping[str, float]) -> None:
        """Set the knobs; those not named go to their default."""
        self.memory["knobs"][:] = self.effect.vector(values)
        call(self.effect.prepare, self._with())

    @property
    def latency_samples(self) -> int:
        """How many samples the output is behind the input."""
        return int(call(self.effect.latency, self._with())) if self.effect.latency else 0

    @property
    def tail_samples(self) -> int:
        """How long the effect sounds on after the input has ended."""
        return int(call(self.effect.tail, self._with())) if self.effect.tail else 0

    @property
    def reduction_db(self) -> float:
        """By how many dB the effect turns down after the last sample; 0 for one that does not."""
        return float(call(self.effect.reduction_db, self._with())) if self.effect.reduction_db else 0.0

    def load(self, sound: F32) -> None:
        """Give the effect the sound that it works with, (channels, samples), before the first block.

        Raises:
            UsageError: it works with none, the channels are not as many as its own, or it is too long.
        """
        if not self.effect.load:
            raise UsageError(f"{self.effect.name} takes no sound to work with; leave it out")
        samples = sound.shape[1]
        if len(sound) != self.channels:
            raise UsageError(f"the sound for {self.effect.name} has {len(sound)} channels; expected {self.channels}")
        taken = int(call(self.effect.load, self._with(x=np.ascontiguousarray(sound, np.float32))))
        while call(self.effect.load, self._with(x=np.zeros((self.channels, 0), np.float32))):
            pass
        if taken < samples:
            has, room = (f"{count / self.sample_rate_hz:.2f} s" for count in (samples, taken))
            at = f"at {self.sample_rate_hz:g} Hz"
            raise UsageError(f"the sound for {self.effect.name} lasts {has}; {at} there is room for {room}: cut it")

    def listen(self, key: F32, late_samples: int = 0) -> None:
        """Give an effect with a side-chain what it detects levels of, (channels, samples), before the first block.

        Args:
            key: begins with the sound that is processed; silence follows it.
            late_samples: how late that sound comes in.

        Raises:
            UsageError: it has no side-chain.
        """
        if not self.effect.takes_key:
            raise UsageError(f"{self.effect.name} has no side-chain; leave its key out")
        self._key, self._key_position = np.asarray(key, np.float32), -late_samples

    def play(self, rows: F32) -> None:
        """Give an instrument what it plays, (rows, columns), before the first block.

        Raises:
            UsageError: it is no instrument, the columns are not as many as it takes, or there are too many rows.
        """
        if not self.effect.play:
            raise UsageError(
                f"{self.effect.name} is no instrument: it plays neither notes nor curves; leave them out"
            )
        columns = (signature(self.effect.play).arguments[0].shape or ())[1]
        rows = np.ascontiguousarray(rows, np.float32)
        if rows.ndim != 2 or rows.shape[1] != columns:
            raise UsageError(
                f"the {self.effect.plays} for {self.effect.name} are of shape {rows.shape}; "
                f"expected (rows, {columns})"
            )
        taken = int(call(self.effect.play, self._with(**{self.effect.plays: rows})))
        if taken < len(rows):
            raise UsageError(
                f"{self.effect.name} has room for {taken} rows of {self.effect.plays}, and {len(rows)} were given"
            )

    def process(self, x: F32, key: F32 | None = None) -> F32:
        """The next block, (channels, samples) in and out; `key`, of the same shape, is what an effect with a
        side-chain detects levels of in place of `x`, or of what `listen` was given.

        Raises:
            UsageError: a block has other channels than the processor, or the key is of another shape.
        """
        block = np.ascontiguousarray(x, np.float32)
        if key is None:
            side_chain = self._next_of_key(block) if block.ndim == 2 else block
        else:
            side_chain = np.ascontiguousarray(key, np.float32)
        if not block.shape == side_chain.shape == (self.channels, block.shape[-1]):
            raise UsageError(
                f"{self.effect.name} is set up for {self.channels} channels; the block is of shape {block.shape}"
                + ("" if key is None else f" and the key of shape {side_chain.shape}")
            )
        out = np.empty_like(block)
        call(self.effect.process, self._with(x=block, key=side_chain, y=out))
        return out

    def render(self, sound: F32, exact: bool = False) -> F32:
        """A whole sound, (channels, samples), in time with what went in and as long, the second pass included.

        To the bit what `process` gives if `exact`; else by the effect's `offline`, where it has one.
        """
        return np.concatenate([sound[:, :0], *self.stream(iter([sound]), exact)], axis=1)

    def stream(self, blocks: Iterator[F32], exact: bool = False) -> Iterator[F32]:
        """`render`, block by block, to the same bits.

        The second pass reads what the first has written to a temporary file, if it is large.
        """
        if self.effect.offline and not exact:
            yield from self.effect.offline(self, blocks)
            return
        if not (self.effect.analyse and self.effect.apply):
            yield from self._played(blocks)
            return
        with SpooledTemporaryFile(max_size=SPOOL_BYTES) as spool:
            sizes = []
            for played in self._played(blocks):
                y = np.ascontiguousarray(played)
                call(self.effect.analyse, self._with(y=y))
                spool.write(y.tobytes())
                sizes.append(y.shape)
            spool.seek(0)
            for shape in sizes:
                y = np.frombuffer(bytearray(spool.read(4 * shape[0] * shape[1])), np.float32).reshape(shape)
                call(self.effect.apply, self._with(y=y))
                yield y

    def _played(self, blocks: Iterator[F32]) -> Iterator[F32]:
        """All of a sound by `process`, in time with what went in."""
        self._key_position = 0
        late = waiting = self.latency_samples
        silence = [np.zeros((self.channels, late), np.float32)] if late else []
        for block in chain(blocks, silence):
            out = self.process(block)
            if out.shape[1] > waiting:
                yield out[:, waiting:]
            waiting = max(0, waiting - out.shape[1])

    def _next_of_key(self, block: F32) -> F32:
        """The side-chain's part beside a block, or the block itself where there is no side-chain."""
        if self._key is None:
            return block
        start, stop = self._key_position, self._key_position + block.shape[1]
        side_chain = np.zeros_like(block)
        part = self._key[:, max(start, 0) : max(stop, 0)]
        first = max(-start, 0)
        side_chain[:, first : first + part.shape[1]] = part
        self._key_position = stop
        return side_chain

    def _with(self, **blocks: F32) -> dict[str, Any]:
        return {**self.memory, **blocks, "sample_rate_hz": self.sample_rate_hz}


def names() -> list[str]:
    """The effects there are.

    >>> "parametric" in names()
    True
    """
    return sorted(module.name for module in pkgutil.iter_modules(effects.__path__))


def load(name: str) -> Effect:
    """The effect called `name`, today or in an earlier release.

    Raises:
        UsageError: there is none of that name.
    """
    name = FORMER.get(name, (name,))[0]
    if name not in names():
        raise UsageError(f'no effect called "{name}"; there are: {", ".join(names())}')
    effect: Effect = importlib.import_module(f"{FOLDER}.{name}").EFFECT
    return effect
