"""`trials.db`: its schema, and the only code that writes to it."""
