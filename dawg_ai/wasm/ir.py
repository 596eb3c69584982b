"""Compile kernels to an object file for wasm32.

Numba compiles a kernel to LLVM code that passes each array as seven or more values (owner, size, address, shape,
strides). Here every kernel gets a wrapper with a flat signature: one address per array, one value per scalar, then
one integer per free dimension. LLVM then optimises all of it together for the target wasm32.

This runs in a process of its own, started with `ENVIRONMENT`: Numba reads those settings once, on import.
"""

import re
from typing import Any

import llvmlite.binding as llvm
import numba
from numba import types

from dawg_ai.dsp.kernel import Argument, Module, Signature, signature

# Unoptimised code for a generic processor: Numba's optimised code has vector instructions of this machine.
ENVIRONMENT = {"NUMBA_OPT": "0", "NUMBA_CPU_NAME": "generic", "NUMBA_CPU_FEATURES": ""}

TRIPLE = "wasm32-unknown-unknown"
FEATURES = "+simd128,+bulk-memory,+sign-ext,+nontrapping-fptoint,+mutable-globals"

_NUMBA = {"f32": types.float32, "f64": types.float64, "i32": types.int32}
_LLVM = {"f32": "float", "f64": "double", "i32": "i32"}
_BYTES = {"f32": 4, "f64": 8, "i32": 4}


def object_file(module: Module) -> tuple[bytes, str]:
    """Compile the kernels of a module.

    Args:
        module: the module.

    Returns:
        A relocatable WebAssembly object, and the LLVM code that it was compiled from.
    """
    llvm.initialize_all_targets()
    llvm.initialize_all_asmprinters()
    machine = llvm.Target.from_triple(TRIPLE).create_target_machine(cpu="", features=FEATURES, opt=3, reloc="static")
    whole = _parsed("", machine)
    for each in module.kernels:
        name, code = _compiled(each)
        whole.link_in(_parsed(code, machine))
        whole.link_in(_parsed(_wrapper(signature(each), name), machine))
    exports = {signature(each).name for each in module.kernels}
    for value in [*whole.functions, *whole.global_variables]:
        if not value.is_declaration and value.name not in exports:
            value.linkage = "internal"
            if value.is_function:
                value.add_function_attribute(
                    "alwaysinline"
                )  # results that are passed through memory stay in registers
    whole.verify()
    _optimise(whole, machine)
    return machine.emit_object(whole), str(whole)


def _compiled(function: Any) -> tuple[str, str]:
    """Compile a kernel with Numba: the name of its function, and the LLVM code of it and all that it calls."""
    signed = signature(function)
    given = tuple(_typed(argument) for argument in signed.arguments)
    compiled = numba.njit(given, error_model="numpy", nogil=True)(function.py_func)
    result = compiled.overloads[compiled.signatures[0]]
    return result.fndesc.llvm_func_name, result.library.get_llvm_str()


def _typed(argument: Argument) -> Any:
    if argument.shape is not None:
        return types.Array(_NUMBA[argument.dtype], len(argument.shape), "C")
    return types.float64 if argument.dtype == "f64" else types.int64


def _parsed(code: str, machine: Any) -> Any:
    """Parse LLVM code as a module for `machine`, with its own target removed.

    Reference counting is replaced by no-ops: arrays come from the host and have no owner that counts.
    """
    code = re.sub(r"^target (triple|datalayout).*$", "", code, flags=re.MULTILINE)
    code = re.sub(r'"(target-cpu|target-features|tune-cpu)"="[^"]*"', "", code)
    reference_counting = r"^(define [^\n]*@NRT_(incref|decref)\(ptr)[^\n]*\{.*?^}"
    code = re.sub(reference_counting, r"\1 %owner) {\nret void\n}", code, flags=re.MULTILINE | re.DOTALL)
    module = llvm.parse_assembly(f'target triple = "{TRIPLE}"\ntarget datalayout = "{machine.target_data}"\n{code}')
    for function in module.functions:
        if function.name.startswith(("cpython.", "cfunc.")):  # entry points for Python and C, unused here
            function.linkage = "internal"
    return module


def _optimise(module: Any, machine: Any) -> None:
    options = llvm.create_pipeline_tuning_options(speed_level=3)
    options.loop_vectorization = options.slp_vectorization = options.loop_unrolling = True
    builder = llvm.create_pass_builder(machine, options)
    builder.getModulePassManager().run(module, builder)


def _wrapper(kernel: Signature, compiled_name: str) -> str:
    """LLVM code of the exported function, which calls the one that Numba compiled."""
    parameters: list[str] = []
    lines: list[str] = []
    given: list[str] = []
    for argument in kernel.arguments:
        if argument.shape is None:
            parameters.append(f"{_LLVM[argument.dtype]} %{argument.name}")
            given.append(_widened(argument, lines))
        else:
            parameters.append(f"ptr noalias nocapture %{argument.name}")
            given += _flattened(argument, argument.shape, lines)
    for dimension in kernel.free:
        parameters.append(f"i32 %n_{dimension}")
        lines.insert(0, f"%size_{dimension} = zext i32 %n_{dimension} to i64")
    result = {None: "ptr", "f64": "double", "i32": "i64"}[kernel.returns]
    types_given = ", ".join(["ptr", "ptr", *(each.split()[0] for each in given)])
    lines += [
        f"%result = alloca {result}",
        f'%status = call i32 @"{compiled_name}"({", ".join(["ptr %result", "ptr null", *given])})',
        *_returned(kernel.returns),
    ]
    return "\n".join(
        [
            f'declare i32 @"{compiled_name}"({types_given})',
            f"define {_LLVM.get(kernel.returns or '', 'void')} @{kernel.name}({', '.join(parameters)}) {{",
            *lines,
            "}",
        ]
    )


def _widened(argument: Argument, lines: list[str]) -> str:
    if argument.dtype != "i32":
        return f"{_LLVM[argument.dtype]} %{argument.name}"
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


def _returned(dtype: str | None) -> list[str]:
    if dtype is None:
        return ["ret void"]
    if dtype == "i32":
        return ["%wide = load i64, ptr %result", "%value = trunc i64 %wide to i32", "ret i32 %value"]
    return ["%value = load double, ptr %result", "ret double %value"]
