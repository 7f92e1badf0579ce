"""HTML and saved text become the same blocks, whatever the markup, the charset or the noise."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scraper.sources import blocks, markup
from scraper.sources.blocks import Block, as_text, html_blocks, text_blocks

DUE = [
    ("heading", "Criteria:", 0),
    ("item", "Adults", 0),
    ("item", "One of:", 0),
    ("item", "asthma", 1),
    ("item", "hay fever", 1),
    ("item", "Consent", 0),
    ("paragraph", "Ask your doctor.", 0),
]
SAME = {
    "lists": "<h2>Criteria:</h2><ul><li>Adults</li><li>One of:<ul><li>asthma</li><li>hay fever</li></ul></li>"
    "<li>Consent</li></ul><p>Ask your doctor.</p>",
    "unclosed lists": "<h2>Criteria:</h2><ul><li>Adults<li>One of:<ul><li>asthma<li>hay fever</ul><li>Consent</ul>"
    "<p>Ask your doctor.",
    "list directly in a list": "<h2>Criteria:</h2><ul><li>Adults</li><li>One of:</li><ul><li>asthma</li>"
    "<li>hay fever</li></ul><li>Consent</li></ul><p>Ask your doctor.</p>",
    "paragraphs in items": "<h2>Criteria:</h2><ol><li><p>Adults</p></li><li><p>One of:</p><ol type=a><li><p>asthma</p>"
    "</li><li><p>hay fever</p></li></ol></li><li><p>Consent</p></li></ol><p>Ask your doctor.</p>",
    "divs": "<div>Criteria:</div><div>• Adults</div><div>• One of:<div>◦ asthma</div><div>◦ hay fever</div></div>"
    "<div>• Consent</div><div>Ask your doctor.</div>",
    "indented divs": "<div>Criteria:</div><div>• Adults</div><div>• One of:</div><div>&nbsp; &nbsp;◦ asthma</div>"
    "<div>&nbsp; &nbsp;◦ hay fever</div><div>• Consent</div><div>Ask your doctor.</div>",
    "breaks and &nbsp;": "<p>Criteria:<br>&nbsp;- Adults<br>&nbsp;- One of:<br>&nbsp;&nbsp;&nbsp;- asthma<br>"
    "&nbsp;&nbsp;&nbsp;- hay fever<br>&nbsp;- Consent<br><br>Ask your doctor.</p>",
    "breaks and spaces": "<p>Criteria:<br>\n    - Adults<br>\n    - One of:<br>\n      - asthma<br>\n"
    "      - hay fever<br>\n    - Consent<br>\n    <br>\nAsk your doctor.</p>",
    "preformatted": "<pre>Criteria:\n  1. Adults\n  2. One of:\n     a. asthma\n     b. hay fever\n  3. Consent\n\n"
    "Ask your doctor.</pre>",
    "text in one element": "<div>Criteria:\n\n * Adults\n * One of:\n   * asthma\n   * hay fever\n * Consent\n\n"
    "Ask your doctor.</div>",
    "tables": "<table><tr><th>Criteria:</th></tr><tr><td>* Adults</td></tr><tr><td>* One of:</td></tr>"
    "<tr><td>&nbsp; * asthma</td></tr><tr><td>&nbsp; * hay fever</td></tr><tr><td>* Consent</td></tr></table>"
    "Ask your doctor.",
    "details": "<details><summary>Criteria:</summary><ul><li>Adults<li>One of:<ul><li>asthma<li>hay fever</ul>"
    "<li>Consent</ul></details><section>Ask your doctor.</section>",
}
TEXTS = {
    "text": "Criteria:\n\n  * Adults\n  * One of:\n      * asthma\n      * hay fever\n  * Consent\n\nAsk your doctor.\n",
    "text with tabs": "Criteria:\r\n\t1. Adults\r\n\t2. One of:\r\n\t\ta) asthma\r\n\t\tb) hay fever\r\n\t3. Consent\r\n"
    "\r\nAsk your doctor.",
    "text without indentation": "Criteria:\n- Adults\n- One of:\n - asthma\n - hay fever\n- Consent\nAsk your doctor.",
}


def shape(found: list[Block]) -> list[tuple[str, str, int]]:
    return [(block.kind, block.text, block.depth) for block in found]


@pytest.mark.parametrize("kind", SAME)
def test_every_markup_gives_the_same_blocks(kind: str) -> None:
    assert shape(html_blocks(f"<html><body>{SAME[kind]}</body></html>")) == DUE


@pytest.mark.parametrize("kind", TEXTS)
def test_saved_text_gives_the_same_blocks(kind: str) -> None:
    assert shape(text_blocks(TEXTS[kind].replace("\r", ""))) == DUE
    assert shape(blocks.read(TEXTS[kind].encode()).blocks) == DUE


def test_text_of_the_blocks_gives_the_same_blocks_again() -> None:
    found = html_blocks(SAME["lists"])
    assert as_text(found) == (
        "Criteria:\n\n* Adults\n* One of:\n    * asthma\n    * hay fever\n* Consent\n\nAsk your doctor."
    )
    assert shape(text_blocks(as_text(found))) == DUE


def lines(body: str) -> list[str]:
    return [block.line for block in html_blocks(f"<html><body>{body}</body></html>")]


# ── what a browser would draw ───────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "body, due",
    [
        ("<ol start=3><li>a<li>b</ol>", ["3. a", "4. b"]),
        ("<ol><li>a<li value=7>b<li>c</ol>", ["1. a", "7. b", "8. c"]),
        ("<ol type=a><li>x<li>y</ol>", ["a. x", "b. y"]),
        ("<ol type=I><li>x<li>y</ol>", ["I. x", "II. y"]),
        ("<ol reversed><li>x<li>y</ol>", ["2. x", "1. y"]),
        ("<ol start=x><li>a</ol>", ["1. a"]),
        ("<ul><li>• a</ul>", ["• a"]),
        ("<ul><li>1\\. a</ul>", ["* 1\\. a"]),
        ("<li>a<li>b", ["* a", "* b"]),
        ("<p>10<sup>9</sup>/L, m<sup>2</sup>, CO<sub>2</sub></p>", ["10^9/L, m2, CO2"]),
        ("<p>one   two\n three&nbsp;four</p>", ["one two three four"]),
        ("<p>a<br>b<br><br>c</p>", ["a", "b", "c"]),
        ("<p>hyphen&shy;ation and zero&#8203;width</p>", ["hyphenation and zerowidth"]),
        ("<div><span>All</span><span>Phase 2</span></div>", ["All Phase 2"]),
        ("<div><b>W</b>ord</div>", ["Word"]),
        ("<table><tr><td>a<td>b<tr><td>c</table>", ["a", "b", "c"]),
    ],
)
def test_lines_read_as_a_reader_sees_them(body: str, due: list[str]) -> None:
    assert lines(body) == due


@pytest.mark.parametrize(
    "unseen",
    [
        "<script>x = '<p>no</p>'</script>",
        "<style>p:after{content:'no'}</style>",
        "<noscript>no</noscript>",
        "<template><p>no</p></template>",
        "<!-- <p>no</p> -->",
        "<p hidden>no</p>",
        "<p style='color: red; DISPLAY:none'>no</p>",
        "<p style='visibility: hidden'>no</p>",
        "<dialog>no</dialog>",
        "<nav>no</nav>",
        "<footer>no</footer>",
        "<select><option>no</option></select>",
        "<textarea>no</textarea>",
        "<svg><title>no</title></svg>",
        "<SCRIPT>no</SCRIPT>",
    ],
)
def test_what_no_reader_sees_is_no_block(unseen: str) -> None:
    assert lines(f"<p>yes</p>{unseen}<p>also</p>") == ["yes", "also"]


def test_folded_and_found_on_search_is_seen() -> None:
    assert lines("<details><summary>More</summary><p>yes</p></details><p hidden=until-found>also</p>") == [
        "More",
        "yes",
        "also",
    ]


def test_the_main_part_is_enough_where_it_is_filled() -> None:
    long = "word " * 60
    assert lines(f"<p>menu</p><main><p>{long}</p></main><p>below</p>") == [long.strip()]
    assert lines("<p>shown</p><main></main>") == ["shown"]


def test_the_tail_of_a_page_is_not_parsed() -> None:
    body = "<html><body><p>Details</p><p>text</p><p>Details</p><p>Hill</p><h2>Contact us</h2><p>form</p></body></html>"
    assert [block.text for block in html_blocks(body, tail=("Details", "Contact"))] == [
        "Details",
        "text",
        "Details",
        "Hill",
        "Contact",
    ]
    assert [block.text for block in html_blocks(body, tail=("Nothing", "Contact"))][-1] == "form"


# ── text in angle brackets ──────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "body, due",
    [
        ("<p>&lt;Inclusion Criteria&gt;</p>", "<Inclusion Criteria>"),
        ("<p><Inclusion Criteria></p>", "<Inclusion Criteria>"),
        ("<p><Key Exclusion Criteria></p>", "<Key Exclusion Criteria>"),
        ("<p><Inclusion Criteria></Inclusion Criteria></p>", "<Inclusion Criteria>"),
        ("<p>age <18 years> now</p>", "age <18 years> now"),
        ("<p>platelets <ULN and > 5</p>", "platelets <ULN and > 5"),
        ("<p>platelets <ULN</p>", "platelets <ULN"),
        ("<p>creatinine </=1.5 and >/=0.5</p>", "creatinine </=1.5 and >/=0.5"),
        ("<p>a < b and <non-pregnant women></p>", "a < b and <non-pregnant women>"),
        ("<p>score <!5></p>", "score <!5>"),
        ("<p><x-badge>All</x-badge> <o:p></o:p><app-root id=1>yes</app-root></p>", "All yes"),
        ("<p><font color=red>a</font><center>b</center></p>", "a b"),
    ],
)
def test_text_that_only_looks_like_a_tag_is_kept(body: str, due: str) -> None:
    assert " ".join(lines(body)) == due


# ── charsets ────────────────────────────────────────────────────────────────────────────────────────────

WORDS = "Hgb ≥ 8 g/dL – “café”"


@pytest.mark.parametrize(
    "body, content_type",
    [
        (WORDS.encode(), ""),
        (WORDS.encode("utf-8-sig"), ""),
        (WORDS.encode(), "text/html; charset=iso-8859-1"),
        (b"<meta charset=windows-1252>" + WORDS.encode(), ""),
        (WORDS.encode("utf-16"), ""),
        (WORDS.encode("utf-16-le"), ""),
        (WORDS.encode("utf-16-be"), ""),
        (WORDS.replace("≥", ">").encode("cp1252"), ""),
        (WORDS.replace("≥", ">").encode("cp1252"), "text/html; charset=utf-8"),
        (b"<meta charset='nonsense'>" + WORDS.replace("≥", ">").encode("cp1252"), ""),
        (b"<meta charset=hex>" + WORDS.replace("≥", ">").encode("cp1252"), "charset=base64"),
        (WORDS.encode("gb18030"), "text/html; charset=gb18030"),
        (b"<meta http-equiv=x content='text/html; charset=GB18030'>" + WORDS.encode("gb18030"), ""),
    ],
)
def test_a_wrong_or_missing_charset_costs_no_letter(body: bytes, content_type: str) -> None:
    text = (
        markup.decoded(body, content_type).rpartition(">")[2]
        if b"meta" in body
        else markup.decoded(body, content_type)
    )
    assert text.replace("> 8", "≥ 8").endswith(WORDS) or text.endswith(WORDS.partition("≥")[2])


def test_a_stray_old_byte_in_utf8_is_read_alone() -> None:
    assert markup.decoded(("≥ 8 " * 40).encode() + b"caf\xe9 \x80") == "≥ 8 " * 40 + "café €"


def test_a_page_cut_off_within_a_letter_is_read() -> None:
    assert markup.decoded("café ≥".encode()[:-1]).startswith("café ")


# ── nothing raises ──────────────────────────────────────────────────────────────────────────────────────


@given(st.binary(max_size=400))
def test_any_bytes_give_blocks(body: bytes) -> None:
    for block in blocks.read(body).blocks:
        assert block.text.strip() == block.text != ""
        assert block.depth >= 0


PIECES = [
    "<div>",
    "</div>",
    "<li>",
    "<ul>",
    "</ul>",
    "<br>",
    "<b>",
    "</b>",
    "<p>",
    "<td>",
    "<ol start=2>",
    "<!--",
    "-->",
]
PIECES += [
    "<script>",
    "</script>",
    "<pre>",
    "\n",
    "  ",
    "&nbsp;",
    "- ",
    "1. ",
    "word",
    "<",
    ">",
    "<x y>",
    "&lt;",
    "</ol>",
]


@given(st.lists(st.sampled_from(PIECES), max_size=40))
def test_any_markup_gives_blocks(pieces: list[str]) -> None:
    found = html_blocks("<html><body>" + "".join(pieces))
    assert all(block.depth >= 0 and "\n" not in block.text for block in found)
    as_text(found)


@given(st.text(max_size=300))
def test_plain_text_keeps_every_word(text: str) -> None:
    words = "".join(text.split())
    kept = "".join("".join(block.line.split()) for block in text_blocks(text))
    assert kept == words.translate(dict.fromkeys(map(ord, "\u200b\u2060\ufeff\xad")))


@pytest.mark.parametrize("depth", [300, 5_000, 29_000])
def test_deep_nesting_loses_no_text(depth: int) -> None:
    assert lines("<div>" * depth + "deep" + "</div>" * 100 + "end") == ["deep", "end"]


def test_a_page_of_too_many_tags_is_read_as_far_as_it_goes() -> None:
    found = lines("<p>first</p>" + "<p>noise</p>" * markup.TAG_LIMIT)
    assert found[0] == "first" and len(found) <= markup.TAG_LIMIT
    assert len(text_blocks("line\n" * (markup.TAG_LIMIT + 5))) == markup.TAG_LIMIT
