# Two stages: the first installs from the lock, the second carries only what runs.
# Pinned by tag, so that a rebuild takes Debian's security fixes; who needs the same bytes twice appends the digest
# that their registry shows for it. Python 3.11 also because its SQLite driver needs no replacement for the job queue.
FROM python:3.11-slim-bookworm AS build
WORKDIR /src
COPY pyproject.toml uv.lock README.md LICENSE ./
COPY scripts ./scripts
COPY otto_bot ./otto_bot
RUN scripts/container_install.sh /opt/otto /src

FROM python:3.11-slim-bookworm
# The release adds version, revision and time: they are not known to a build from a clone.
LABEL org.opencontainers.image.title="Otto" \
    org.opencontainers.image.description="A GitHub App that plans a labelled issue, writes each task on its own branch, and explains every failure before it retries" \
    org.opencontainers.image.licenses="MIT" \
    org.opencontainers.image.source="https://github.com/otto-bot/otto" \
    org.opencontainers.image.documentation="https://github.com/otto-bot/otto/blob/main/docs/install.md"
# git and bubblewrap follow the security updates of the base image's Debian, so their versions are not frozen here.
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install --yes --no-install-recommends bubblewrap git \
    && rm -rf /var/lib/apt/lists/* \
    && groupadd --gid 10001 otto \
    && useradd --uid 10001 --gid otto --create-home --home-dir /home/otto --shell /usr/sbin/nologin otto \
    && install --directory --owner=otto --group=otto --mode=0700 /var/lib/otto
COPY --from=build /opt/otto /opt/otto
COPY scripts/container_start.sh scripts/check_queue.py /usr/local/lib/otto/
# The queue must work in the image that runs, not only in the one that built it.
RUN /opt/otto/bin/python /usr/local/lib/otto/check_queue.py

USER 10001:10001
WORKDIR /home/otto
ENV OTTO_STATE_DIR=/var/lib/otto \
    OTTO_HOST=0.0.0.0 \
    OTTO_PORT=8080 \
    PATH=/opt/otto/bin:/usr/local/bin:/usr/bin:/bin
VOLUME /var/lib/otto
EXPOSE 8080
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s --retries=3 \
    CMD ["python3", "-c", "import os, urllib.request; urllib.request.urlopen(f\"http://127.0.0.1:{os.environ['OTTO_PORT']}/healthz\", timeout=4).close()"]
ENTRYPOINT ["/usr/local/lib/otto/container_start.sh"]
