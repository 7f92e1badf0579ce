"""Clinical trials, scraped, read and indexed: the path of a trial through this package.

    fetch/      asks a registry or listing site, politely, and gets Pages
    archive/    keeps every Page as it came (data/archive.db); the truth that all else is rebuilt from
    sources/    one module a source: Page -> Record, the trial in the source's own words
    normalise/  words -> enums, dates, numbers: Record -> Trial
    criteria/   eligibility text -> criteria with parsed limits
    compare/    several records of one trial: which wins, what changed, what contradicts
    store/      rows of data/trials.db
    search/     full-text search over those rows
    site/       the Datasette site that people browse

``pipeline`` is that path on one screen, ``model`` the shapes that travel along it, ``cli`` the command line.
"""

__version__ = "0.1.0"
