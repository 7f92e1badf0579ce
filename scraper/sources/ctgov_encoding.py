"""Saved files in whatever encoding -> UTF-8: byte order marks, UTF-16, and bytes of Windows-1252 among UTF-8."""

import codecs

# A byte that is no UTF-8 arrives as a lone surrogate U+DC80 to U+DCFF; it was meant as Windows-1252.
_WINDOWS_1252 = {0xDC00 + byte: bytes([byte]).decode("cp1252", "replace") for byte in range(0x80, 0x100)}


def utf8(body: bytes) -> bytes:
    """The text of a file as UTF-8 without a byte order mark; the same object where it is that already."""
    if body.startswith(codecs.BOM_UTF8):
        body = body[3:]
    elif body.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return body.decode("utf-16", "replace").encode()
    elif body[1:2] == b"\0" and body[:1] in b"{[<":
        return body.decode("utf-16-le", "replace").encode()
    elif body[:1] == b"\0" and body[1:2] in (b"{", b"[", b"<"):
        return body.decode("utf-16-be", "replace").encode()
    if body.isascii():
        return body
    try:
        body.decode()
    except UnicodeDecodeError:
        return body.decode("utf-8", "surrogateescape").translate(_WINDOWS_1252).encode()
    return body
