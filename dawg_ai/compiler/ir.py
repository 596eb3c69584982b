"""Compile kernels to an object file, for WebAssembly or for a machine.

Numba compiles a kernel to LLVM code that passes each array as seven or more values (owner, size, address, shape,
strides). Here every kernel gets a wrapper with a flat signature: one address per array, one value per scalar, then
one integer per free dimension. LLVM then optimises all of it together for the target.

Kernels are compiled in a process of its own, started with `target.ENVIRONMENT`: Numba reads those settings once, and
what it compiles from then on cannot be called from Python.
"""

import re
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import llvmlite.binding as llvm
import numba
from numba import types
from numba.core import event
from numba.core.errors import NumbaWarning

from dawg_ai.compiler.target import Target
from dawg_ai.dsp import jit
from dawg_ai.dsp.kernel import Argument, Signature, signature

_NUMBA = {"f32": types.float32, "f64": types.float64, "i32": types.int32, "i64": types.int64}
_UNWRAPPED = {"no_cpython_wrapper": True, "no_cfunc_wrapper": True}  # Python calls none of what is compiled here
_BYTES = {"f32": 4, "f64": 8, "i32": 4, "i64": 8}


@dataclass(frozen=True)
class Code:
    """LLVM code of a kernel and all that it calls, for no target yet.

    Args:
        signature: of the kernel.
        name: of its function.
        text: the code.
    """

    signature: Signature
    name: str
    text: str


def compiled(kernels: Mapping[str, Callable[..., Any]]) -> dict[str, Code]:
    """Compile kernels with Numba, by the names to export them under."""
    _give_up_python()
    return {exported: _compiled(function) for exported, function in kernels.items()}


def object_file(kernels: Mapping[str, Code], target: Target, constants: str = "") -> tuple[bytes, str]:
    """Compile code of kernels with LLVM.

    Args:
        kernels: of `compiled`.
        target: what for.
        constants: LLVM code of what else the file holds.

    Returns:
        A relocatable object, and the LLVM code that it was compiled from.
    """
    machine = _machine(target)
    whole = _parsed("", target, machine)
    for exported, code in kernels.items():
        whole.link_in(_parsed(code.text, target, machine))
        whole.link_in(_parsed(_wrapper(exported, code, target), target, machine))
    for value in [*whole.functions, *whole.global_variables]:
        if not value.is_declaration and value.name not in kernels:
            value.linkage = "internal"
            if value.is_function:
                value.add_function_attribute(
                    "alwaysinline"
                )  # results that are passed through memory stay in registers
    if constants:
        whole.link_in(_parsed(constants, target, machine))
    whole.verify()
    _optimise(whole, machine)
    return machine.emit_object(whole), str(whole)


@cache
def _give_up_python() -> None:
    """Compile nothing for calls from Python in this process any more, and say nothing of what is compiled."""
    jit.OPTIONS.update(_UNWRAPPED)
    event.unregister("numba:compile", jit.ANNOUNCER)
    warnings.simplefilter("ignore", NumbaWarning)  # unoptimised code cannot be cached, and need not be


def _machine(target: Target) -> Any:
    """LLVM's compiler for a target."""
    llvm.initialize_all_targets()
    llvm.initialize_all_asmprinters()
    reloc, model = ("pic", "small") if target.position_independent else ("static", "jitdefault")
    found = llvm.Target.from_triple(target.triple)
    return found.create_target_machine(cpu=target.cpu, features=target.features, opt=3, reloc=reloc, codemodel=model)


def _compiled(function: Any) -> Code:
    signed = signature(function)
    given = tuple(_typed(argument) for argument in signed.arguments)
    plain = getattr(function, "py_func", function)
    made = numba.njit(given, error_model="numpy", nogil=True, **_UNWRAPPED)(plain)
    result = made.overloads[made.signatures[0]]
    return Code(signed, result.fndesc.llvm_func_name, result.library.get_llvm_str())


def _typed(argument: Argument) -> Any:
    if argument.shape is not None:
        return types.Array(_NUMBA[argument.dtype], len(argument.shape), "C")
    return types.float64 if argument.dtype == "f64" else types.int64


def _parsed(code: str, target: Target, machine: Any) -> Any:
    """Parse LLVM code as a module for `target`, with its own target removed.

    Reference counting is replaced by no-ops: arrays come from the host and have no owner that counts.
    """
    code = re.sub(r"^target (triple|datalayout).*$", "", code, flags=re.MULTILINE)
    code = re.sub(r'"(target-cpu|target-features|tune-cpu)"="[^"]*"', "", code)
    reference_counting = r"^(define [^\n]*@NRT_(incref|decref)\(ptr)[^\n]*\{.*?^}"
    code = re.sub(reference_counting, r"\1 %owner) {\nret void\n}", code, flags=re.MULTILINE | re.DOTALL)
    if target.attributes:
        code = re.sub(r"^(define [^\n{]*?)( comdat)? \{$", rf"\1 {target.attributes}\2 {{", code, flags=re.MULTILINE)
    module = llvm.parse_assembly(
        f'target triple = "{target.triple}"\ntarget datalayout = "{machine.target_data}"\n{code}'
    )
    for function in module.functions:
        if function.name.startswith(("cpython.", "cfunc.")):  # entry points for Python and C, unused here
            function.linkage = "internal"
    return module


def _optimise(module: Any, machine: Any) -> None:
    options = llvm.create_pipeline_tuning_options(speed_level=3)
    options.loop_vectorization = options.slp_vectorization = options.loop_unrolling = True
    builder = llvm.create_pass_builder(machine, options)
    builder.getModulePassManager().run(module, builder)


def _wrapper(exported: str, code: Code, target: Target) -> str:
    """LLVM code of the exported function, which calls the one that Numba compiled."""
    parameters: list[str] = []
    lines: list[str] = []
    given: list[str] = []
    for argument in code.signature.arguments:
        if argument.shape is None:
            parameters.append(f"{_scalar(argument.dtype, target)} %{argument.name}")
            given.append(_widened(argument, target, lines))
        else:
            parameters.append(f"ptr {'noalias ' if target.distinct else ''}nocapture %{argument.name}")
            given += _flattened(argument, argument.shape, lines)
    for dimension in code.signature.free:
        if target.integer == "i64":
            parameters.append(f"i64 %size_{dimension}")
        else:
            parameters.append(f"i32 %n_{dimension}")
            lines.insert(0, f"%size_{dimension} = zext i32 %n_{dimension} to i64")
    result = {None: "ptr", "f64": "double", "i32": "i64"}[code.signature.returns]
    types_given = ", ".join(["ptr", "ptr", *(each.split()[0] for each in given)])
    lines += [
        f"%result = alloca {result}",
        f'%status = call i32 @"{code.name}"({", ".join(["ptr %result", "ptr null", *given])})',
        *_returned(code.signature.returns, target),
    ]
    returned = _scalar(code.signature.returns, target) if code.signature.returns else "void"
    return "\n".join(
        [
            f'declare i32 @"{code.name}"({types_given})',
            f"define {returned} @{exported}({', '.join(parameters)}) {{",
            *lines,
            "}",
        ]
    )


def _scalar(dtype: str, target: Target) -> str:
    return "double" if dtype == "f64" else target.integer


def _widened(argument: Argument, target: Target, lines: list[str]) -> str:
    if argument.dtype == "f64" or target.integer == "i64":
        return f"{_scalar(argument.dtype, target)} %{argument.name}"
    lines.append(f"%{argument.name}_wide = sext i32 %{argument.name} to i64")
    return f"i64 %{argument.name}_wide"


def _flattened(argument: Argument, shape: tuple[int | str, ...], lines: list[str]) -> list[str]:
    """An array as Numba passes it: owner, parent, items, item size, address, shape, strides (C order)."""
    name = argument.name
    sizes = [f"%size_{d}" if isinstance(d, str) else str(d) for d in shape]
    strides = [str(_BYTES[argument.dtype])]
    for axis in reversed(range(len(shape))):
        lines.append(f"%{name}_stride_{axis} = mul nuw nsw i64 {strides[0]}, {sizes[axis]}")
        strides.insert(0, f"%{name}_stride_{axis}")
    lines.append(f"%{name}_items = udiv exact i64 {strides[0]}, {_BYTES[argument.dtype]}")
    numbers = [f"%{name}_items", str(_BYTES[argument.dtype])]
    return [
        "ptr null",
        "ptr null",
        *(f"i64 {each}" for each in numbers),
        f"ptr %{name}",
        *(f"i64 {each}" for each in [*sizes, *strides[1:]]),
    ]


def _returned(dtype: str | None, target: Target) -> list[str]:
    if dtype is None:
        return ["ret void"]
    if dtype == "i32" and target.integer == "i32":
        return ["%wide = load i64, ptr %result", "%value = trunc i64 %wide to i32", "ret i32 %value"]
    kind = _scalar(dtype, target)
    return [f"%value = load {kind}, ptr %result", f"ret {kind} %value"]
