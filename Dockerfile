# The image of web, worker and beat. Python is the version the tests run on.
FROM python:3.11-slim-bookworm AS build
WORKDIR /app
RUN python -m venv /venv
COPY requirements/runtime.lock requirements/runtime.lock
RUN /venv/bin/pip install --no-cache-dir --disable-pip-version-check --require-hashes -r requirements/runtime.lock
COPY . .
# The key signs nothing: it only lets the settings load.
RUN PRODUCTION=true SECRET_KEY=only-while-the-static-files-are-collected-0000000000 ALLOWED_HOSTS=localhost \
    /venv/bin/python manage.py collectstatic --noinput \
    && /venv/bin/python -m compileall -q /app

FROM python:3.11-slim-bookworm AS run
# PYTHONTZPATH is empty: the pinned tzdata package wins over the image's copy.
ENV PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 PYTHONTZPATH= DATA_DIR=/tmp/coursekeeper
RUN useradd --system --uid 10001 --user-group --no-create-home coursekeeper
COPY --from=build /venv /venv
COPY --from=build /app /app
WORKDIR /app
USER 10001:10001
EXPOSE 8000
HEALTHCHECK --interval=30s --timeout=10s --start-period=30s --retries=3 CMD ["python", "manage.py", "healthcheck", "web"]
CMD ["gunicorn", "config.wsgi", "--bind=0.0.0.0:8000", "--worker-class=gthread", "--workers=2", "--threads=4", "--worker-tmp-dir=/dev/shm", "--no-control-socket", "--max-requests=10000", "--max-requests-jitter=1000"]
