"""Countries: every registry's word to the code of ISO 3166-1 (alpha-2), and one name for each code.

The list is pycountry's; below stands what registries write otherwise. Kosovo has no code of its own in the standard
and goes by XK, which the standard leaves to users and the EU and GeoNames use.
"""

import unicodedata
from functools import cache, lru_cache

import pycountry

from scraper.errors import NormaliseError
from scraper.normalise.words import fold

_NAMES = {
    "CD": "Democratic Republic of the Congo",
    "CG": "Republic of the Congo",
    "FM": "Micronesia",
    "KP": "North Korea",
    "PS": "Palestine",
    "RU": "Russia",
    "XK": "Kosovo",
}
"""Where pycountry's own name is an index entry ("Congo, The Democratic Republic of the") or not what people say."""
_ALSO: dict[str, tuple[str, ...]] = {
    "BA": ("bosnia", "bosnia-herzegovina", "bosnia & herzegovina"),
    "BN": ("brunei",),
    "CD": (
        "congo, democratic republic",
        "democratic republic of congo",
        "dr congo",
        "congo (kinshasa)",
        "drc",
    ),
    "CG": ("congo, republic of the", "congo (brazzaville)", "republic of congo"),
    "CI": ("cote d ivoire", "ivory coast"),
    "CN": ("p.r. china", "pr china", "p.r.china", "mainland china", "china, people's republic of"),
    "CV": ("cape verde",),
    "CZ": ("czech republic (czechia)", "czechia (czech republic)"),
    "GB": (
        "uk",
        "u.k.",
        "great britain",
        "england",
        "scotland",
        "wales",
        "northern ireland",
        "united kingdom (gb)",
        "united kingdom, england",
    ),
    "HK": ("hong kong sar", "hong kong, china", "hong kong sar, china"),
    "IR": ("iran (islamic republic of)", "iran islamic republic of", "islamic republic iran"),
    "KP": ("korea, democratic people's republic of", "korea, north"),
    "KR": ("korea", "korea, south", "republic of korea", "korea (republic of)", "korea, republic"),
    "LA": ("lao people's democratic republic", "laos"),
    "LY": ("libyan arab jamahiriya",),
    "MK": (
        "macedonia",
        "macedonia, the former yugoslav republic of",
        "former yugoslav republic of macedonia",
        "fyr macedonia",
    ),
    "MO": ("macau", "macao sar"),
    "MM": ("burma",),
    "NL": ("the netherlands", "holland", "netherlands, the"),
    "PS": (
        "palestinian territory, occupied",
        "palestinian territories",
        "palestinian territory",
        "palestinian territories, occupied",
    ),
    "RE": ("reunion", "la reunion"),
    "RU": ("russia",),
    "SZ": ("swaziland",),
    "TR": ("turkey", "turkey (türkiye)", "turkiye", "türkiye (turkey)"),
    "TW": ("taiwan, republic of china", "taiwan (province of china)", "taiwan, r.o.c.", "chinese taipei"),
    "TZ": ("tanzania",),
    "US": (
        "u.s.a.",
        "u.s.",
        "united states (us)",
        "america",
        "the united states",
        "united states of america (the)",
    ),
    "VA": ("vatican", "vatican city", "holy see"),
    "VG": ("british virgin islands",),
    "VI": ("u.s. virgin islands", "virgin islands (u.s.)", "virgin islands"),
    "VN": ("vietnam", "viet nam"),
    "XK": ("kosovo",),
}
_NO_COUNTRY = frozenset(
    {
        "",
        "-",
        "n/a",
        "na",
        "none",
        "other",
        "worldwide",
        "international",
        "multi-national",
        "european union",
        "europe",
        # They fell apart; which of today's countries a site lies in is not said.
        "former serbia and montenegro",
        "serbia and montenegro",
        "former yugoslavia",
        "yugoslavia",
        "czechoslovakia",
        "soviet union",
        "netherlands antilles",
    }
)


@lru_cache(maxsize=4096)
def country_code(words: str) -> str | None:
    """The alpha-2 code: "Korea, Republic of" is "KR"; None for what is no country of today.

    Raises NormaliseError on words that are not known.
    """
    folded = _plain(words)
    found = _by_word().get(folded)
    if found is None and folded not in _NO_COUNTRY:
        raise NormaliseError(words, "a country of ISO 3166-1 or a word listed in normalise/country.py")
    return found


@cache
def country_names() -> dict[str, str]:
    """Code -> the one name it goes by here."""
    found = {
        country.alpha_2: str(getattr(country, "common_name", country.name)) for country in pycountry.countries
    }
    return dict(sorted((found | _NAMES).items()))


@cache
def _by_word() -> dict[str, str]:
    found: dict[str, str] = {}
    for country in pycountry.countries:
        for fact in ("alpha_2", "alpha_3", "name", "common_name", "official_name"):
            if word := getattr(country, fact, ""):
                found[_plain(word)] = country.alpha_2
    for code, name in country_names().items():
        found[_plain(name)] = code
    return found | {_plain(word): code for code, words in _ALSO.items() for word in words}


def _plain(words: str) -> str:
    """Folded, without accents and with one kind of apostrophe: records write "Türkiye" and "Turkiye"."""
    apart = unicodedata.normalize("NFD", fold(words).replace("’", "'"))
    return "".join(letter for letter in apart if not unicodedata.combining(letter))
