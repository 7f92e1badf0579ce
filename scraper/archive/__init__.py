"""`archive.db`: every page as it came, and the only code that writes it. Private: never published."""
