"""Bodies compressed by gzip: never unpacked to more bytes than a body may have."""

from __future__ import annotations

import zlib

from elc.service.problems import ProblemError

GZIP_BITS = zlib.MAX_WBITS | 16  # of zlib: the format gzip, and no other
UNREADABLE = "The body is not one whole gzip stream with nothing after it, as Content-Encoding says."
TOO_LARGE = "The body has more than {most:.3g} MiB once it is unpacked. Send fewer rows at once."


def unpack(body: bytes, *, most: int) -> bytes:
    """Unpack a body that must not have more than `most` bytes; what would be too large is never made.

    Several streams one after the other are refused: a body of thousands would take long, and nobody sends them.

    Raises:
        ProblemError: 400, it is not a whole gzip stream, or more follows it; 413, it is larger.
    """
    opener = zlib.decompressobj(wbits=GZIP_BITS)
    try:
        unpacked = opener.decompress(body, most + 1)
    except zlib.error:
        raise ProblemError(400, UNREADABLE) from None
    if len(unpacked) > most:
        raise ProblemError(413, TOO_LARGE.format(most=most / 2**20))
    if not opener.eof or opener.unused_data:
        raise ProblemError(400, UNREADABLE)
    return unpacked
