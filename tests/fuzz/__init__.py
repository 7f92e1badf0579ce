"""Every reader against mutated pages: `python -m tests.fuzz MINUTES`, and a short run in the suite."""
