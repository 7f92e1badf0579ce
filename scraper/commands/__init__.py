"""The commands, one function each: arguments and messages only. `scraper.cli` puts them together."""
