# One image; the command chooses: serve (the default), serve --role deliver, serve --role loops, migrate, keys.

FROM python:3.13-slim-bookworm AS build
WORKDIR /build
# The lock alone first: this layer lasts until the lock changes. Every file is checked
# against its hash here; the next step takes from these files and from nowhere else.
COPY requirements.lock ./
RUN pip wheel --no-cache-dir --require-hashes --no-deps \
      --wheel-dir /wheels --requirement requirements.lock
COPY pyproject.toml README.md LICENSE NOTICE ./
COPY zones zones
COPY geopush geopush
# Only what running needs: the tools for developing stay behind in /wheels.
RUN python -m venv /opt/geopush \
 && /opt/geopush/bin/pip install --no-cache-dir --no-index --find-links /wheels '.[fast]'
# Compiled for a processor like this one; on another kind the service compiles again.
RUN ["/opt/geopush/bin/python", "-P", "-m", "zones.kernel"]

FROM python:3.13-slim-bookworm
# A real user, with a home: the embedded database needs a name for whom it runs as.
RUN groupadd --gid 10001 geopush \
 && useradd --uid 10001 --gid geopush --create-home --shell /usr/sbin/nologin geopush \
 && install --directory --owner=geopush --group=geopush --mode=0700 /var/lib/geopush
COPY --from=build /opt/geopush /opt/geopush
ENV PATH=/opt/geopush/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    GEOPUSH_HOST=0.0.0.0 \
    GEOPUSH_DATA_DIR=/var/lib/geopush
USER 10001:10001
WORKDIR /var/lib/geopush
VOLUME /var/lib/geopush
EXPOSE 8000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=3 \
  CMD ["geopush", "healthcheck"]
ENTRYPOINT ["geopush"]
CMD ["serve"]
