"""Bodies that come packed: unpacked no further than the limit."""

import zlib

from geopush.api.problems import ProblemException


def unpack(body: bytes, encoding: str, limit: int) -> bytes:
    """Return a body without its encoding; never unpack more than the limit."""
    if encoding in ("", "identity"):
        return body
    if encoding != "gzip":
        detail = "Of encodings only gzip is taken."
        raise ProblemException("unsupported_media_type", 415, detail)
    unpacker = zlib.decompressobj(zlib.MAX_WBITS | 16)
    try:
        plain = unpacker.decompress(body, limit + 1)
    except zlib.error as error:
        raise ProblemException("unreadable", 400, "The gzip is broken.") from error
    if len(plain) > limit:
        raise too_large(limit)
    if not unpacker.eof or unpacker.unused_data:
        raise ProblemException("unreadable", 400, "The gzip is not one whole stream.")
    return plain


def too_large(limit: int) -> ProblemException:
    """Return the problem of a body over the limit."""
    detail = f"A body may be {limit} bytes long here, unpacked."
    return ProblemException("too_large", 413, detail)
