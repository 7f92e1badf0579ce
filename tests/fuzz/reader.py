"""What a run tries: something of ours that reads what strangers wrote, and inputs to begin with."""

from collections.abc import Callable
from dataclasses import dataclass

from tests.fuzz.mutate import Mutation, mutated


@dataclass
class Reader:
    """`run` returns how many things it read and raises whatever is wrong; `share` is how often it is tried."""

    name: str
    seeds: list[bytes]
    run: Callable[[bytes], int]
    mutate: Mutation = mutated
    share: float = 1.0
