"""How the inner loops are compiled: without the GIL, kept on disk, as numpy divides."""

from numba import njit, types
from numba.extending import intrinsic

compiled = njit(nogil=True, cache=True, error_model="numpy")


@intrinsic
def pointer(typing, address):
    """Take a number for the address it is: an array costs a call 70 ns to hand over."""

    def generate(context, builder, signature, args):
        return builder.inttoptr(args[0], context.get_value_type(types.voidptr))

    return types.voidptr(types.int64), generate
