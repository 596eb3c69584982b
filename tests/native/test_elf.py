"""Objects become a library that the system loads; what a library of kernels cannot have is refused by name."""

import ctypes
import sys

import pytest
from llvmlite import binding as llvm

from dawg_ai.errors import DawgError
from dawg_ai.native import elf

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="ELF is Linux's")

ONE = """
@table = internal constant [4 x double] [double 1.0, double 2.0, double 4.0, double 8.0]
define double @looked_up(i64 %at) {
  %place = getelementptr double, ptr @table, i64 %at
  %value = load double, ptr %place
  ret double %value
}
"""

TWO = """
declare hidden double @twice(double)
define double @four_times(double %x) {
  %one = call double @twice(double %x)
  %two = call double @twice(double %one)
  ret double %two
}
"""

THREE = """
define hidden double @twice(double %x) {
  %y = fadd double %x, %x
  ret double %y
}
"""


def compiled(code, triple=None):
    llvm.initialize_all_targets()
    llvm.initialize_all_asmprinters()
    target = llvm.Target.from_triple(triple or llvm.get_process_triple())
    machine = target.create_target_machine(reloc="pic", codemodel="small")
    return machine.emit_object(llvm.parse_assembly(code))


def test_code_finds_constants_and_code_of_other_objects(tmp_path):
    path = tmp_path / "all.so"
    path.write_bytes(elf.link([compiled(each) for each in (ONE, TWO, THREE)]))
    library = ctypes.CDLL(str(path))
    library.looked_up.restype = library.four_times.restype = ctypes.c_double
    library.four_times.argtypes = [ctypes.c_double]
    assert [library.looked_up(ctypes.c_int64(at)) for at in range(4)] == [1.0, 2.0, 4.0, 8.0]
    assert library.four_times(1.5) == 6.0
    assert not hasattr(library, "twice"), "it is hidden"


def test_the_same_objects_give_the_same_library():
    assert elf.link([compiled(ONE), compiled(THREE)]) == elf.link([compiled(ONE), compiled(THREE)])


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (TWO, "needs twice"),
        ("@count = global i64 7", "can be written to"),
        ("@here = constant i64 ptrtoint (ptr @here to i64)", "can be written to|not known here"),
    ],
)
@pytest.mark.parametrize("triple", ["x86_64-unknown-linux-gnu", "aarch64-unknown-linux-gnu"])
def test_what_kernels_do_not_have_is_refused(code, words, triple):
    with pytest.raises(DawgError, match=words):
        elf.link([compiled(code, triple)])
