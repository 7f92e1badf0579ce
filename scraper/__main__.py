"""`python -m scraper` is the command `trials`."""

from scraper.cli import main

if __name__ == "__main__":
    main(prog_name="trials")
