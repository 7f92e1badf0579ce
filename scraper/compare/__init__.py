"""Several records of one trial: which one wins, what changed between versions, what contradicts."""
