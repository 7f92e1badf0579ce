# The published copy of the site: this package, pinned libraries, and data/trials.db as `make publish-check` found it fit.
#
#   make publish-check && docker build --tag trials .
#   docker run --read-only --tmpfs /tmp --memory 2g --cap-drop ALL --security-opt no-new-privileges \
#       --publish 8001:8001 trials
FROM debian:bookworm-slim

# Debian's Python, since its security updates come with the base image's.
RUN apt-get update \
    && apt-get install --yes --no-install-recommends python3=3.11.2-1+b1 python3-venv=3.11.2-1+b1 \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --uid 10001 --no-create-home --home-dir /nonexistent trials

ENV PATH=/opt/trials/bin:$PATH PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1

COPY scraper/site/requirements.txt /opt/requirements.txt
RUN python3 -m venv /opt/trials \
    && pip install --no-cache-dir --disable-pip-version-check --require-hashes --requirement /opt/requirements.txt

COPY LICENSE README.md pyproject.toml /opt/source/
COPY scraper /opt/source/scraper
# setuptools for the build alone: pip takes it into an environment of its own.
RUN pip install --no-cache-dir --disable-pip-version-check --no-deps /opt/source && rm -r /opt/source

COPY data/trials.db /srv/trials/trials.db
# Row counts and the checksum that /data shows, once, instead of at every start.
RUN datasette inspect /srv/trials/trials.db --inspect-file /srv/trials/inspect-data.json

USER 10001
EXPOSE 8001
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s \
    CMD ["python3", "-c", "import urllib.request as u; u.urlopen('http://127.0.0.1:8001/', timeout=4)"]
# SQLite may limit a single value only; the process as a whole stays below --memory of `docker run`.
CMD ["trials", "--data", "/srv/trials", "serve", "--public", "--host", "0.0.0.0", "--port", "8001", "--memory", "1500"]
