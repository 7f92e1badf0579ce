"""From their words to ours: one module a concept, for all registries; `trial` puts them together."""
