"""The published site: one Datasette plugin that only reads `trials.db`."""
