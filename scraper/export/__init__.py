"""`trials.db` -> files for other tools: one a table, with a manifest. It writes to its own folder alone."""
