"""How the inner loops are compiled: without the GIL, kept on disk, as numpy divides."""

from llvmlite import ir
from numba import njit, types
from numba.core import cgutils
from numba.extending import intrinsic

compiled = njit(nogil=True, cache=True, error_model="numpy")


@intrinsic
def pointer(typing, address):
    """Take a number for the address it is: an array costs a call 70 ns to hand over."""

    def generate(context, builder, signature, args):
        return builder.inttoptr(args[0], context.get_value_type(types.voidptr))

    return types.voidptr(types.int64), generate


@intrinsic
def prefetch(typing, address):
    """Ask memory for what is at an address, and go on without it."""

    def generate(context, builder, signature, args):
        byte, word = ir.IntType(8).as_pointer(), ir.IntType(32)
        kind = ir.FunctionType(ir.VoidType(), [byte, word, word, word])
        call = cgutils.get_or_insert_function(builder.module, kind, "llvm.prefetch.p0")
        how = [ir.Constant(word, number) for number in (0, 3, 1)]
        builder.call(call, [builder.inttoptr(args[0], byte), *how])
        return context.get_dummy_value()

    return types.void(types.int64), generate
