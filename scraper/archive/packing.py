"""Bodies of pages as they are stored: packed alone, or as the difference from another body."""

import zstandard

LEVEL = 3
DIFFERENCE_LEVEL = 12


def pack(body: bytes) -> bytes:
    """A body that stands for itself."""
    return zstandard.ZstdCompressor(level=LEVEL).compress(body)


def unpack(packed: bytes) -> bytes:
    """A body that stood for itself. Raises zstandard.ZstdError on anything else."""
    return zstandard.ZstdDecompressor().decompress(packed)


def difference(body: bytes, base: bytes) -> bytes:
    """What is left of a body beside another one that is there."""
    return zstandard.ZstdCompressor(level=DIFFERENCE_LEVEL, dict_data=_dictionary(base)).compress(body)


def with_difference(packed: bytes, base: bytes) -> bytes:
    """The body again. Raises zstandard.ZstdError on anything but a difference."""
    return zstandard.ZstdDecompressor(dict_data=_dictionary(base)).decompress(packed)


def _dictionary(body: bytes) -> zstandard.ZstdCompressionDict:
    return zstandard.ZstdCompressionDict(body, dict_type=zstandard.DICT_TYPE_RAWCONTENT)
