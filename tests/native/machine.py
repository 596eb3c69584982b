"""A library of kernels for aarch64 on an emulated processor, by Unicorn, which is QEMU's."""

import struct

import numpy as np
import unicorn
from unicorn import arm64_const as arm

BASE, STACK, ARRAYS, STOP = 0x10_0000, 0x4000_0000, 0x8000_0000, 0x7000_0000
STACK_BYTES, PAGE = 1 << 22, 1 << 16


class Machine:
    """A processor with a library in its memory; arrays are copied in and out."""

    def __init__(self, library: bytes) -> None:
        self._emulator = unicorn.Uc(unicorn.UC_ARCH_ARM64, unicorn.UC_MODE_ARM)
        self.symbols: dict[str, int] = {}
        self._addresses: dict[int, int] = {}
        self._free = ARRAYS
        self._load(library)
        self._emulator.mem_map(STACK, STACK_BYTES)
        self._emulator.mem_map(STOP, PAGE)
        self._emulator.reg_write(arm.UC_ARM64_REG_CPACR_EL1, 3 << 20)  # floating point is on

    def _load(self, library: bytes) -> None:
        tags = {}
        for index in range(struct.unpack_from("<H", library, 56)[0]):
            kind, _, at, to, _, size, _, _ = struct.unpack_from("<2I6Q", library, 64 + 56 * index)
            if kind == 1:
                first = (BASE + to) // PAGE * PAGE
                self._emulator.mem_map(first, -(-(BASE + to + size - first) // PAGE) * PAGE)
                self._emulator.mem_write(BASE + to, library[at : at + size])
            elif kind == 2:
                tags = dict(struct.iter_unpack("<2Q", library[at : at + size]))
        count = struct.unpack_from("<I", library, tags[4] + 4)[0]
        for index in range(1, count):
            name, _, _, _, value, _ = struct.unpack_from("<I2BH2Q", library, tags[6] + 24 * index)
            start = tags[5] + name
            self.symbols[library[start : library.index(b"\0", start)].decode()] = BASE + value

    def address(self, array: np.ndarray) -> int:
        """Where an array is, with room of its own."""
        if id(array) not in self._addresses:
            room = -(-(array.nbytes + 1) // PAGE) * PAGE
            self._emulator.mem_map(self._free, room)
            self._addresses[id(array)] = self._free
            self._free += room + PAGE  # a hole, so that what is written beyond the end is noticed
        return self._addresses[id(array)]

    def call(self, symbol: str, arguments: list, returns: str | None) -> float | None:
        """Call a kernel by the calling convention of 64-bit Arm; arrays take what it writes."""
        arrays = {id(each): each for each in arguments if isinstance(each, np.ndarray)}
        for each in arrays.values():
            self._emulator.mem_write(self.address(each), each.tobytes())
        words = [self.address(each) if id(each) in arrays else each for each in arguments]
        floats = [each for each in words if isinstance(each, float)]
        whole = [int(each) for each in words if not isinstance(each, float)]
        assert len(floats) <= 8, "further ones would be on the stack, in order with the integers"
        for index, value in enumerate(floats):
            self._emulator.reg_write(arm.UC_ARM64_REG_D0 + index, struct.unpack("<Q", struct.pack("<d", value))[0])
        for index, value in enumerate(whole[:8]):
            self._emulator.reg_write(arm.UC_ARM64_REG_X0 + index, value)
        top = STACK + STACK_BYTES - 4096
        self._emulator.mem_write(top, b"".join(struct.pack("<q", value) for value in whole[8:]))
        self._emulator.reg_write(arm.UC_ARM64_REG_SP, top)
        self._emulator.reg_write(arm.UC_ARM64_REG_LR, STOP)
        self._emulator.emu_start(self.symbols[symbol], STOP)
        for each in arrays.values():
            each.ravel().view(np.uint8)[:] = np.frombuffer(
                bytes(self._emulator.mem_read(self.address(each), each.nbytes)), np.uint8
            )
        if returns == "f64":
            return struct.unpack("<d", struct.pack("<Q", self._emulator.reg_read(arm.UC_ARM64_REG_D0)))[0]
        return self._emulator.reg_read(arm.UC_ARM64_REG_X0) if returns else None
