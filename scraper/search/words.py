"""Words as the full-text index sees them, and the other ways in which the same word is written.

The index keeps words as they stand (unicode61, no stemmer): "organ" never finds "organic", suggestions are real
words, and any SQLite reads it. Plural, British spelling and hyphens are therefore met here, at the question.
"""

import re
import unicodedata
from functools import lru_cache
from itertools import product

MAX_FORMS = 12

_TOKEN = re.compile(r"[^\W_]+")
_LETTER_DIGIT = re.compile(r"(?<=[^\W\d_])(?=\d)|(?<=\d)(?=[^\W\d_])")
_APOSTROPHE_S = re.compile(r"['’ʼ`]s\b", re.IGNORECASE)
_COMPOUND = re.compile(r"^(pre|post|non|anti)(?=[a-z]{4})")

# American stem, British stem. A variant that no trial contains costs one look-up and finds nothing.
_SPELLINGS = (
    ("leukem", "leukaem"),
    ("anemi", "anaemi"),
    ("ischem", "ischaem"),
    ("glycem", "glycaem"),
    ("lipidem", "lipidaem"),
    ("emia", "aemia"),
    ("hemo", "haemo"),
    ("hema", "haema"),
    ("hemi", "haemi"),
    ("edema", "oedema"),
    ("esoph", "oesoph"),
    ("rrhea", "rrhoea"),
    ("rrheal", "rrhoeal"),
    ("pediatr", "paediatr"),
    ("orthoped", "orthopaed"),
    ("gynec", "gynaec"),
    ("anesthe", "anaesthe"),
    ("estrogen", "oestrogen"),
    ("estradiol", "oestradiol"),
    ("fetal", "foetal"),
    ("fetus", "foetus"),
    ("celiac", "coeliac"),
    ("cecum", "caecum"),
    ("cecal", "caecal"),
    ("apnea", "apnoea"),
    ("dyspnea", "dyspnoea"),
    ("etiolog", "aetiolog"),
    ("cesarean", "caesarean"),
    ("tumor", "tumour"),
    ("behavior", "behaviour"),
    ("color", "colour"),
    ("labor", "labour"),
    ("odor", "odour"),
    ("center", "centre"),
    ("fiber", "fibre"),
    ("sulf", "sulph"),
    ("counsel", "counsell"),
    ("ization", "isation"),
    ("izing", "ising"),
    ("ized", "ised"),
    ("lyz", "lys"),
    ("aging", "ageing"),
    ("catheteriz", "catheteris"),
)
_GREEK = {
    "α": "alpha",
    "β": "beta",
    "γ": "gamma",
    "δ": "delta",
    "κ": "kappa",
    "λ": "lambda",
    "μ": "mu",
    "ω": "omega",
}
_GREEK_NAMES = {name: letter for letter, name in _GREEK.items()}
# Words that MeSH builds names with, and what people say for them (its own entry terms).
_ALSO_CALLED = {
    "neoplasm": ("cancer", "tumor", "carcinoma", "malignancy"),
    "hypersensitivity": ("allergy",),
}
_IRREGULAR = {
    "children": "child",
    "women": "woman",
    "men": "man",
    "feet": "foot",
    "teeth": "tooth",
    "babies": "baby",
}
_IRREGULAR_PLURALS = {one: many for many, one in _IRREGULAR.items()}
_NOT_PLURAL = ("ss", "us", "is")


def tokens(text: str) -> list[str]:
    """The words of a text as FTS5's unicode61 cuts them: letters and digits, lower case, no diacritics."""
    if text.isascii():
        return _TOKEN.findall(text.lower())
    # The micro sign is not the Greek letter, nor is it to the index; people and records mix them.
    plain = "".join(c for c in unicodedata.normalize("NFD", text) if not unicodedata.combining(c))
    return _TOKEN.findall(plain.lower())


def american(token: str) -> str:
    """The token in American spelling."""
    for here, there in _SPELLINGS:
        if there in token:
            token = token.replace(there, here)
    return token


def singular(token: str) -> str:
    """The token without a plural ending: "tumors" is "tumor", "metastases" is "metastasis"."""
    if token in _IRREGULAR:
        return _IRREGULAR[token]
    if len(token) < 4 or not token.endswith("s") or token.endswith(_NOT_PLURAL) or token == "aids":
        return token
    if token.endswith("ies") and len(token) > 5:
        return token[:-3] + "y"
    if re.search(r"(as|os|ys|is|es)es$", token) and len(token) > 6 and not token.endswith("seases"):
        return token[:-2] + "is"
    if re.search(r"(ss|x|ch|sh)es$", token):
        return token[:-2]
    return token[:-1]


def plurals(token: str) -> tuple[str, ...]:
    """The plural forms a token may have."""
    if token in _IRREGULAR_PLURALS:
        return (_IRREGULAR_PLURALS[token],)
    if len(token) < 3 or token[-1].isdigit() or token in _IRREGULAR:
        return ()
    if token.endswith("is") and len(token) > 5:
        return (token[:-2] + "es",)
    if token.endswith("y") and token[-2] not in "aeiou":
        return (token[:-1] + "ies",)
    if token.endswith(("ss", "x", "ch", "sh", "us")):
        return (token + "es",)
    return () if token.endswith("s") else (token + "s",)


@lru_cache(maxsize=1 << 17)
def fold(token: str) -> str:
    """The one form that stands for all spellings and both numbers of a word."""
    return _GREEK.get(token) or singular(american(token))


@lru_cache(maxsize=1 << 16)
def key(text: str) -> str:
    """A name's words, each folded: "Leukaemias, Myeloid" is "leukemia myeloid", COVID19 and COVID-19 "covid 19"."""
    apart = _LETTER_DIGIT.sub(" ", _APOSTROPHE_S.sub("", text))
    return " ".join(fold(token) for token in tokens(apart))


def spellings(token: str) -> tuple[str, ...]:
    """The token and its other spellings; Greek letters by name too."""
    found = [token]
    for here, there in _SPELLINGS:
        if there in token:
            found.append(token.replace(there, here))
        elif here in token:
            found.append(token.replace(here, there))
    if token in _GREEK:
        found.append(_GREEK[token])
    elif token in _GREEK_NAMES:
        found.append(_GREEK_NAMES[token])
    return tuple(dict.fromkeys(found))


def variants(token: str) -> tuple[str, ...]:
    """The token, its other spellings and its other number."""
    found = list(spellings(token))
    for one in spellings(token):
        base = singular(one)
        found += [base, *(plurals(base) if base.isalpha() else ())]
    return tuple(dict.fromkeys(found))


def forms(chunk: str, *, exact: bool = False) -> tuple[tuple[str, ...], ...]:
    """The token sequences that say what `chunk` says: CLL-1 is "cll 1" and "cll1", Crohn's is "crohn".

    `exact` keeps to the words as typed and their other spellings.
    """
    words = tokens(chunk if exact else _APOSTROPHE_S.sub("", chunk))
    if not words:
        return ()
    # Of several words only the last changes its number: "stress disorders", never "stresses disorder".
    choices = [spellings(word) for word in words[:-1]] + [
        spellings(words[-1]) if exact else variants(words[-1])
    ]
    found = list(product(*choices))[:MAX_FORMS]
    if not exact:
        joined = "".join(words)
        if len(words) > 1 and not re.search(r"\s", chunk):
            found += [(word,) for word in (variants(joined) if len(words) == 2 else (joined,))]
        if len(words) == 1:
            if _COMPOUND.search(joined):
                found += [tuple(_COMPOUND.sub(r"\1 ", word).split()) for word in variants(joined)]
            split = tuple(_LETTER_DIGIT.sub(" ", re.sub(r"([α-ω])", r" \1 ", joined)).split())
            if 1 < len(split) < 4 and len(joined) < 9:
                found += product(*(spellings(part) for part in split))
    return tuple(dict.fromkeys(found))


def turned(name: str) -> str:
    """A name with the parts between its commas in reverse order: "Leukemia, Myeloid, Acute" is Acute Myeloid Leukemia."""
    return " ".join(part.strip() for part in reversed(name.split(",")))


def term_names(term: str) -> list[str]:
    """Folded names of a MeSH term by its form: as it stands, turned at its commas, "X Neoplasms" as "X cancer"."""
    natural = key(turned(term)).split()
    found = [key(term), " ".join(natural)]
    for word, others in _ALSO_CALLED.items():
        if word in natural[1:]:
            at = natural.index(word, 1)
            found += [" ".join([*natural[:at], other, *natural[at + 1 :]]) for other in others]
    return list(dict.fromkeys(found))
