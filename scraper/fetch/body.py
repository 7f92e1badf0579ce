"""The bytes of an answer, bounded while they arrive: what is unpacked is counted, not what is sent."""

import zlib
from collections.abc import Iterable, Iterator

PIECE = 1 << 16


class TooLargeError(Exception):
    """The body is larger than the limit."""


class BrokenBodyError(Exception):
    """The body ends too early or is not packed as announced."""


def bounded(pieces: Iterable[bytes], most_bytes: int) -> bytes:
    """The pieces joined. Raises TooLargeError as soon as they pass the limit."""
    body = bytearray()
    for piece in pieces:
        body += piece
        if len(body) > most_bytes:
            raise TooLargeError
    return bytes(body)


def gunzipped(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """What the gzip stream holds, in pieces of bounded size however well it is packed; "" for an empty one.

    Raises BrokenBodyError when it is no gzip or ends too early.
    """
    decoder = None
    try:
        for piece in pieces:
            while piece:
                if decoder is None:
                    decoder = zlib.decompressobj(zlib.MAX_WBITS | 16)
                yield decoder.decompress(piece, PIECE)
                piece = decoder.unconsumed_tail
                if decoder.eof:
                    # A gzip file may have several members, and zeros behind the last (RFC 1952, section 2.2).
                    piece = decoder.unused_data.lstrip(b"\0")
                    decoder = None
        if decoder is not None:
            yield decoder.flush()
            if not decoder.eof:
                raise BrokenBodyError("gzip data that ends too early")
    except zlib.error as error:
        raise BrokenBodyError(f"broken gzip data ({error})") from error
