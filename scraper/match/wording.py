"""Whether the words around a limit or a condition leave a doubt about it.

A criterion decides only where every word of its clause is accounted for: the limit, its variable, and words that
change nothing. One word too many ("unless", "cohort", "donor", a disease) and it is shown to be asked about instead.
"""

import re
from collections.abc import Iterable
from functools import cache

from scraper.criteria.variables import BY_CODE

MARK = "§"

# A word of this kind anywhere in a criterion: it may hold for some people only, or not hold after all.
_CONDITIONS = re.compile(
    r"\b(?:unless|except\w*|exempt\w*|exclud\w*|waive[rd]?|however|provided|although|though|if|when|whenever|otherwise|alternative\w*|"
    r"depending|dependent|discretion|judge?ment|instead|whereas|while|cohorts?|arms?|strat(?:a|um)|groups?|subgroups?|sub-?stud(?:y|ies)|"
    r"subset|expansion|escalation|part [a-z0-9]|phase [0-9i]+|stage|step [0-9]|controls?|donors?|caregivers?|carers?|parents?|"
    r"mothers?|fathers?|partners?|siblings?|spouses?|guardians?|relatives?|family|families|physicians?|clinicians?|nurses?|"
    r"providers?|staff|healthy|only|either|at least (?:one|two|three|1|2|3) of|one or more|(?:one|two|any|some) of|"
    r"allowed|permitted|permissible|acceptable|eligible|ineligible|may (?:be|have|also|enter|enrol+)|can be|could be|will be (?:allowed|considered|accepted)|"
    r"should be considered|not required|for (?:patients|subjects|participants|those|individuals|persons|women|men|males?|females?|children|adults|"
    r"adolescents|infants|p(?:a)?ediatric)|in (?:patients|subjects|participants|those|individuals|women|men|males?|females?|children|adults|adolescents)|"
    r"at (?:the time of )?(?:initial )?(?:diagnosis|onset|birth|first)|diagnosed|onset|above normal|below normal|baseline value|"
    r"increase|decrease|change|drop|rise|normali[sz]ed|corrected|transfus\w+|prior to transplant\w*|postoperative\w*|before surgery)\b"
)
# "or" that joins nothing: "18 years or older", "male or female", "ECOG or WHO", "serum or plasma".
_HARMLESS_OR = re.compile(
    r"\bor (?:older|over|above|greater|more|higher|younger|less|lower|below|under|equals?(?: to)?|better|worse|up|upwards?|later|= )(?: than| to)?\b"
    r"|\b(?:males?|men|man|boys?|females?|wom[ae]n|girls?) (?:or|and/or) (?:males?|men|man|boys?|females?|wom[ae]n|girls?)\b"
    r"|\b(?:ecog|who|zubrod|swog|gog|ecog\)) or (?:the )?(?:ecog|who|zubrod|swog|world health organi[sz]ation|eastern cooperative oncology group)\b"
    r"|\b(?:patients?|subjects?|participants?|serum|plasma|blood|equal to|greater|less|more|higher|lower) or (?:patients?|subjects?|participants?|serum|plasma|blood|equal to|greater|less|more|higher|lower)\b"
    r"|\bgreater than or\b|\bless than or\b"
)  # fmt: skip
_OR = re.compile(r"\bor\b|\band/or\b|/or\b|\beither\b|\bversus\b")
_PLAIN = (
    "a an the of to at on in is are be as by was were has have had having with who that this these those for from and must should shall will "
    "all any each patient patients subject subjects participant participants individual individuals person persons people adult adults "
    "male males female females man men woman women boys girls both sexes gender sex age aged ages years year old months month days weeks "
    "inclusive including between range "
    "level levels value values count counts concentration result results test measured measurement measurements laboratory lab clinical "
    "serum plasma blood peripheral venous total absolute estimated calculated score scores status performance scale "
    "class classification grade functional function index rate ratio pressure percent adequate organ hematologic hematological haematologic "
    "haematological hematopoietic bone marrow renal kidney hepatic liver cardiac pulmonary coagulation biochemistry chemistry parameters "
    "defined evidenced indicated demonstrated documented shown assessed determined using according following criteria criterion "
    "screening baseline enrollment enrolment entry inclusion visit time study registration randomization randomisation randomized consent "
    "informed signing signed date day first dose prior before within drug treatment administration start "
    "not than no greater less more least most above below over under up equal exceed exceeding exceeds "
    "eastern cooperative co-operative oncology group ecog who world health organization organisation zubrod kps karnofsky ps gog swog "
    "cockcroft gault cockcroft-gault formula method equation ckd-epi mdrd modification diet disease normal limits limit uln institutional "
    "institution upper lower greater-than local standard current currently "
    "abnormal abnormality impaired impairment insufficiency dysfunction elevated low high poor severe significant known presence history "
    "such e.g eg i.e ie"
)  # fmt: skip
_FILLERS = frozenset(_PLAIN.split())
# Words that turn an exclusion's limit around, or an inclusion's: a reader must look at them.
_NEGATIONS = re.compile(r"\b(?:no|not|non|without|never|absence|lack|neither|nor|cannot|unable|free)\b")
_LIMIT_NEGATIONS = re.compile(
    r"\b(?:not?|no) (?:more|less|greater|lower|higher|older|younger|exceed\w*|over|above|below|worse)\b"
)
_WORD = re.compile(r"[a-zµ§%]+(?:[-'.][a-z]+)*|\d+(?:\.\d+)?")
_GROUP_LABEL = re.compile(
    r"\b(?:cohorts?|arms?|groups?|parts?|phase|strat(?:a|um)|stage|controls?|donors?|caregivers?|carers?|parents?|mothers?|partners?|"
    r"siblings?|volunteers?|healthy|sub-?stud(?:y|ies)|p(?:a)?ediatric|children|adolescents?|adults?|physicians?|clinicians?|providers?|staff|"
    r"nurses?|infants?|newborns?|family|families|recipients?|expansion|escalation|step|only|additional|extension|optional|retreatment|"
    r"withdrawal|discontinuation|randomi[sz]ation|crossover|part [a-z0-9]|cases?|patients with|participants with|subjects with|"
    r"treatment|maintenance|continuation|consolidation|transplant\w*|follow-?up|surgery|period|temporary|deferral|delayed|relative)\b",
    re.IGNORECASE,
)
_CHOICE = re.compile(
    r"(?:\b(?:one|two|three|either|any|some)|[1-9]) (?:or more )?of\b|\bone or more\b|\beither\b|\bor$|\bat least (?:one|two|1|2)\b|\bone of\b|"
    r"\bany (?:one )?of\b|\bfollowing (?:conditions|groups|categories)\b", re.IGNORECASE,
)  # fmt: skip
_EDGE_OR = re.compile(
    r"(?:\bor\b|\band/or\b|\beither\b)[\s:;,.)]*$|^[\s(]*(?:or|and/or|otherwise|alternatively)\b",
    re.IGNORECASE,
)
_LEAD = re.compile(
    r"^(?:adequate|normal|acceptable|sufficient|inadequate|abnormal|impaired|insufficient|poor|laboratory|hematolog\w+|haematolog\w+|renal|"
    r"hepatic|liver|kidney|bone marrow|organ|cardiac|cardiovascular|pulmonary|coagulation|blood|biochemi\w+|chemistry|clinically significant|significant|"
    r"screening|(?:all|any) of|the following|must|have|has|patients? (?:must|who|has|have)|subjects? (?:must|who|has|have)|participants? (?:must|who|has|have)|"
    r"patients?$|subjects?$|participants?$|general|key|main|criteria|age|performance|other|inclusion|exclusion)\b",
    re.IGNORECASE,
)


def folded(text: str, spans: Iterable[tuple[int, int]]) -> str:
    """The criterion in lower case with a § in place of every limit."""
    pieces, at = [], 0
    for start, end in sorted(set(spans)):
        if start >= at:
            pieces += [text[at:start], f" {MARK} "]
        at = max(at, end)
    return " ".join("".join([*pieces, text[at:]]).lower().split())


def condition(plain: str) -> str:
    """The word that makes a criterion conditional, "" when there is none."""
    found = _CONDITIONS.search(plain)
    return found[0] if found else ""


def is_choice(plain: str) -> bool:
    """Does an "or" join two requirements?"""
    return _OR.search(_HARMLESS_OR.sub(" ", plain)) is not None


def open_edge(text: str) -> bool:
    """Does the criterion begin or end with an "or" that joins it to its neighbour?"""
    return _EDGE_OR.search(text.strip()) is not None


def names_group(label: str) -> bool:
    """Does a heading or lead-in speak of some of the participants only?"""
    return _GROUP_LABEL.search(label) is not None


def offers_choice(label: str) -> bool:
    """Does a lead-in ask for one of the items under it?"""
    return _CHOICE.search(label) is not None


def is_lead(label: str) -> bool:
    """Is a criterion above others a mere lead-in, such as "Adequate organ function:"?"""
    return _LEAD.search(label.strip()) is not None


@cache
def variable_words(code: str) -> re.Pattern[str]:
    """What a variable is called."""
    words = (_spaced(word) for word in BY_CODE[code].words)
    return re.compile(rf"(?<![a-z])(?:{'|'.join(sorted(words, key=len, reverse=True))})(?![a-z])")


def _spaced(words: str) -> str:
    """A space of a name stands for spaces and hyphens, an optional one for none as well; classes stay as they are."""
    pieces = re.split(r"(\[[^\]]*\])", words)
    pieces[::2] = (p.replace(" ?", "\0").replace(" ", "[ -]+").replace("\0", "[ -]*") for p in pieces[::2])
    return "".join(pieces)


def without(plain: str, patterns: Iterable[re.Pattern[str]]) -> str:
    """The words without those that the patterns name."""
    for pattern in patterns:
        plain = pattern.sub(" ", plain)
    return plain


def unread(plain: str, also: frozenset[str] = frozenset()) -> list[str]:
    """The words of a clause that change its sense and were not read."""
    return [
        word
        for word in _WORD.findall(plain)
        if word != MARK and word not in _FILLERS and word not in also and word.rstrip(".") not in _FILLERS
    ]


def negated(plain: str) -> bool:
    """Does the clause deny something, apart from "no more than"?"""
    return _NEGATIONS.search(_LIMIT_NEGATIONS.sub(" ", plain)) is not None


_CUTS = {
    "inclusion": re.compile(r"[;,]|\band\b|\. "),
    "exclusion": re.compile(r"[;,]|\bor\b|\band/or\b|\. "),
}
_BRACKETS = re.compile(r"[(\[]([^()\[\]]*)[)\]]")


def clauses(plain: str, kind: str) -> list[str]:
    """The parts of a criterion that stand by themselves: an inclusion's all hold, of an exclusion's each excludes.

    What stands in brackets is a part of its own, and the words around it stay together: "arrhythmia (such as
    flutter) with a heart rate > 100" is not about everybody's heart rate.
    """
    text = _HARMLESS_OR.sub(" ", plain) if kind == "exclusion" else plain
    inner: list[str] = []
    for _ in range(3):
        inner += _BRACKETS.findall(text)
        text = _BRACKETS.sub(" ", text)
    parts = [part.strip(" ()[]") for piece in (text, *inner) for part in _CUTS[kind].split(piece)]
    return [part for part in parts if part]


def sentence(plain: str, mark: str) -> str:
    """The whole sentence that a mark stands in."""
    return next((part for part in re.split(r";|\. |\.$", plain) if mark in part), plain)
