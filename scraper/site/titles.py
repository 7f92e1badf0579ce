"""What a source calls itself and on what terms, as the facts in the file say: `title_<name>` and its like."""

from collections.abc import Mapping


def source_title(facts: Mapping[str, str], name: str) -> str:
    """The source's title for people; the name itself when the file does not say."""
    return facts.get(f"title_{name}") or name


def source_terms(facts: Mapping[str, str], name: str) -> tuple[str, str]:
    """Attribution and licence of a source, "" when the file does not say."""
    return facts.get(f"attribution_{name}", ""), facts.get(f"licence_{name}", "")
