"""How the inner loops are compiled: without the GIL, kept on disk, as numpy divides."""

from collections.abc import Callable
from ctypes import c_void_p
from typing import TypeVar

import numpy as np
from llvmlite import ir
from numba import carray, njit, types
from numba.core import cgutils
from numba.extending import intrinsic
from numpy.typing import NDArray

__all__ = [
    "Bytes",
    "Floats",
    "Ints",
    "Keys",
    "Longs",
    "Words",
    "carray",
    "compiled",
    "kept",
    "pointer",
    "prefetch",
]

Loop = TypeVar("Loop", bound=Callable[..., object])

Floats = NDArray[np.float64]
Longs = NDArray[np.int64]
Ints = NDArray[np.int32]
Keys = NDArray[np.uint64]
Words = NDArray[np.uint32]
Bytes = NDArray[np.uint8]


def compiled(loop: Loop) -> Loop:
    """Compile a loop for what it is called with, when it is called first."""
    made: Loop = njit(nogil=True, error_model="numpy")(loop)
    return made


def kept(loop: Loop) -> Loop:
    """Compile a loop that is called from Python, and keep it on disk with its parts."""
    made: Loop = njit(nogil=True, cache=True, error_model="numpy")(loop)
    return made


def _pointer(typing: object, address: object) -> tuple[object, object]:
    """Take a number for the address it is: an array costs a call 70 ns to hand over."""

    def generate(context, builder, signature, args):  # type: ignore[no-untyped-def]
        return builder.inttoptr(args[0], context.get_value_type(types.voidptr))

    return types.voidptr(types.int64), generate


def _prefetch(typing: object, address: object) -> tuple[object, object]:
    """Ask memory for what is at an address, and go on without it."""

    def generate(context, builder, signature, args):  # type: ignore[no-untyped-def]
        byte, word = ir.IntType(8).as_pointer(), ir.IntType(32)
        kind = ir.FunctionType(ir.VoidType(), [byte, word, word, word])
        call = cgutils.get_or_insert_function(builder.module, kind, "llvm.prefetch.p0")
        how = [ir.Constant(word, number) for number in (0, 3, 1)]
        builder.call(call, [builder.inttoptr(args[0], byte), *how])
        return context.get_dummy_value()

    return types.void(types.int64), generate


pointer: Callable[[int], c_void_p] = intrinsic(_pointer)
prefetch: Callable[[int], None] = intrinsic(_prefetch)
