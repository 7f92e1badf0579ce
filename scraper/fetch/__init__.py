"""The network: one polite client, robots.txt, and the crawl from a question to pages. Nothing else goes there."""
