"""Which trials belong together: from the ids that records name, and from what records of other registries say alike.

An id in an id field makes two records of two registries one trial, unless something speaks against it: several records
of one registry name it, or the other record names another one. Nothing here depends on the order of anything.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from scraper.compare.links_content import MARGIN, THRESHOLD
from scraper.compare.mentions import OWN

SAME = "same_trial"
BOTH, ONE, ONE_OF_SEVERAL, THIRD, WORDING, BY_TITLE = 0.99, 0.95, 0.9, 0.93, 0.85, 0.6
MOST_BY_CONTENT = 0.92
"""However alike two records are: less sure than any id."""

_REVERSED = {
    "extended_by": "extension_of",
    "has_sub_study": "sub_study_of",
    "has_expanded_access": "expanded_access_for",
}
_FORWARD = frozenset(_REVERSED.values())
_PLACES = {
    "secondary_ids": "id field",
    "brief_title": "title",
    "official_title": "title",
    "brief_summary": "summary",
    "detailed_description": "description",
    "eligibility_criteria": "criteria",
}


class Known(NamedTuple):
    """A trial that is in the database; `turns` are the words of its title that make it an extension or the like."""

    trial_id: str
    registry: str
    turns: frozenset[str] = frozenset()


class Claim(NamedTuple):
    """A row of `mentions`."""

    trial_id: str
    other_id: str
    id_type: str
    place: str
    relation: str
    quote: str


class Candidate(NamedTuple):
    """Two trials of different registries that are alike, `trial_id` the smaller id."""

    trial_id: str
    other_id: str
    score: float
    evidence: str


class Link(NamedTuple):
    """A row of `links`."""

    trial_id: str
    other_id: str
    relation: str
    evidence: str
    confidence: float


Pair = tuple[str, str]


def pair(one: str, other: str) -> Pair:
    """Two ids in the order in which pairs are kept."""
    return (one, other) if one < other else (other, one)


def id_key(trial_id: str) -> str:
    """The id as ids are compared: a CTIS number without the number of its submission ("-00")."""
    parts = trial_id.split("-")
    is_ctis = len(parts) == 4 and [len(part) for part in parts] == [4, 6, 2, 2] and parts[1].startswith("5")
    return trial_id[:-3] if is_ctis else trial_id


def links(
    claims: Iterable[Claim],
    known: Mapping[str, Known],
    candidates: Sequence[Candidate],
    refused: Collection[Pair],
) -> tuple[list[Link], set[Pair]]:
    """Every link, sorted, and the pairs that ids make one trial.

    `known` holds every trial that a claim or a candidate is about, as far as it is in the database.
    """
    everything = list(claims)
    own = [c for c in everything if c.relation == OWN and c.trial_id in known]
    named = _Named(own, known, refused)
    # Of several reasons for one link the surest stands.
    by_id = dict(sorted((*_by_third(named), *_by_own(named)), key=lambda each: (each[0], each[1][::-1])))
    found = {(link.trial_id, link.other_id, link.relation): link for link in _typed(everything, known, by_id)}
    found |= {(link.trial_id, link.other_id, link.relation): link for link in _follow_ups(named, by_id)}
    same = dict(by_id)
    same |= dict(_by_content(candidates, named, by_id, known, refused))
    for (one, other), (evidence, confidence) in same.items():
        for mine, theirs in ((one, other), (other, one)):
            found[mine, theirs, SAME] = Link(mine, theirs, SAME, evidence, confidence)
    refusals = set(refused)
    rows = [link for _, link in sorted(found.items()) if pair(link.trial_id, link.other_id) not in refusals]
    return rows, set(by_id)


class _Named:
    """Which trials name which ids as their own."""

    def __init__(self, own: Iterable[Claim], known: Mapping[str, Known], refused: Collection[Pair]) -> None:
        self.known = known
        self.trial_of = {id_key(trial_id): trial_id for trial_id in sorted(known, reverse=True)}
        self.claimants: dict[str, set[str]] = defaultdict(set)
        self.ids: dict[str, dict[str, str]] = defaultdict(dict)
        refusals = set(refused)
        for claim in own:
            key = id_key(claim.other_id)
            if pair(claim.trial_id, self.trial_of.get(key, "")) not in refusals:
                self.claimants[key].add(claim.trial_id)
                self.ids[claim.trial_id][key] = claim.id_type

    def registry(self, trial_id: str) -> str:
        return self.known[trial_id].registry

    def turns(self, trial_id: str) -> frozenset[str]:
        return self.known[trial_id].turns

    def names_another(self, trial_id: str, other: str) -> bool:
        """Whether a trial names ids of the other's registry, and the other is not among them."""
        of_registry = {
            key for key, kind in self.ids.get(trial_id, {}).items() if kind == self.registry(other)
        }
        return bool(of_registry) and id_key(other) not in of_registry


Found = tuple[Pair, tuple[str, float]]


def _by_own(named: _Named) -> Iterator[Found]:
    """One record names the other's id, or each names the other's."""
    for key, claimants in named.claimants.items():
        target = named.trial_of.get(key)
        if target is None:
            continue
        rivals: dict[str, list[str]] = defaultdict(list)
        for claimant in sorted(claimants - {target}):
            if named.registry(claimant) == named.registry(target):
                continue
            if id_key(claimant) in named.ids.get(target, ()):
                yield pair(claimant, target), ("each record names the other's id", BOTH)
            elif not named.names_another(target, claimant):
                rivals[named.registry(claimant)].append(claimant)
        for several in rivals.values():
            alike = [claimant for claimant in several if named.turns(claimant) == named.turns(target)]
            if len(alike) == 1:
                confidence = ONE if len(several) == 1 else ONE_OF_SEVERAL
                yield pair(alike[0], target), (f"{alike[0]} names {target} as its own id", confidence)


def _by_third(named: _Named) -> Iterator[Found]:
    """Two records of two registries name the same third id, such as a universal trial number."""
    for key, claimants in named.claimants.items():
        by_registry: dict[str, list[str]] = defaultdict(list)
        for claimant in sorted(claimants):
            by_registry[named.registry(claimant)].append(claimant)
        alone = sorted(several[0] for several in by_registry.values() if len(several) == 1)
        for place, one in enumerate(alone):
            for other in alone[place + 1 :]:
                agree = named.turns(one) == named.turns(other)
                if agree and not named.names_another(one, other) and not named.names_another(other, one):
                    yield pair(one, other), (f"both records name {key}", THIRD)


def _follow_ups(named: _Named, by_id: Mapping[Pair, object]) -> Iterator[Link]:
    """A record names another's id and its own title says that it is what came after: an extension."""
    for key, claimants in named.claimants.items():
        target = named.trial_of.get(key)
        for claimant in sorted(claimants - {target}) if target else ():
            more = named.turns(claimant) - named.turns(target or "")
            if more & _EXTENSIONS and target and pair(claimant, target) not in by_id:
                evidence = f"it names {target} among its ids, and its title says {min(more & _EXTENSIONS)}"
                yield Link(claimant, target, "extension_of", evidence, BY_TITLE)


_EXTENSIONS = frozenset({"extension", "rollover", "longterm", "followup", "followon", "continuation"})


def _typed(
    claims: Iterable[Claim], known: Mapping[str, Known], by_id: Mapping[Pair, object]
) -> Iterator[Link]:
    """What the words around an id say, seen from the trial that depends on the other."""
    for claim in claims:
        relation = _REVERSED.get(claim.relation, claim.relation)
        if relation not in _FORWARD:
            continue
        one, other = claim.trial_id, claim.other_id
        if claim.relation in _REVERSED:
            one, other = other, one
        # A row is about a trial that is here; the other one may be unknown.
        if one not in known or pair(one, other) in by_id:
            continue
        words = f"{_PLACES.get(claim.place, claim.place)} of {claim.trial_id}: {claim.quote}"
        confidence = BOTH if claim.place == "secondary_ids" else WORDING
        yield Link(one, other, relation, words, confidence)


def _by_content(
    candidates: Sequence[Candidate],
    named: _Named,
    by_id: Mapping[Pair, object],
    known: Mapping[str, Known],
    refused: Collection[Pair],
) -> Iterator[Found]:
    """Trials that are alike, where no id says otherwise and no other trial of that registry comes near."""
    linked: dict[str, set[str]] = defaultdict(set)
    for mine, theirs in by_id:
        linked[mine].add(known[theirs].registry)
        linked[theirs].add(known[mine].registry)
    refusals = set(refused)
    usable = [c for c in candidates if (c.trial_id, c.other_id) not in refusals]
    scores: dict[tuple[str, str], list[float]] = defaultdict(list)
    for c in usable:
        scores[c.trial_id, known[c.other_id].registry].append(c.score)
        scores[c.other_id, known[c.trial_id].registry].append(c.score)
    for c in usable:
        one, other = known[c.trial_id], known[c.other_id]
        if c.score < THRESHOLD or other.registry in linked[c.trial_id] or one.registry in linked[c.other_id]:
            continue
        if named.names_another(c.trial_id, c.other_id) or named.names_another(c.other_id, c.trial_id):
            continue
        near = [
            sum(score > c.score - MARGIN for score in scores[trial_id, counterpart.registry])
            for trial_id, counterpart in ((c.trial_id, other), (c.other_id, one))
        ]
        if near == [1, 1]:
            yield (c.trial_id, c.other_id), (c.evidence, min(c.score, MOST_BY_CONTENT))


def groups(found: Iterable[Link]) -> dict[str, str]:
    """Trial -> the smallest id of those that are one trial with it, whatever the number of steps between."""
    parent: dict[str, str] = {}

    def root(trial_id: str) -> str:
        while parent.setdefault(trial_id, trial_id) != trial_id:
            parent[trial_id] = parent[parent[trial_id]]
            trial_id = parent[trial_id]
        return trial_id

    for link in found:
        if link.relation == SAME:
            first, second = sorted((root(link.trial_id), root(link.other_id)))
            parent[second] = first
    return {trial_id: root(trial_id) for trial_id in sorted(parent)}
