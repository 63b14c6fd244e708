# One image for every process of the platform; docker-compose.yml says which one it runs.

FROM python:3.11-slim AS build
RUN python -m venv /venv
COPY requirements.lock .
RUN /venv/bin/pip install --no-cache-dir --disable-pip-version-check --require-hashes -r requirements.lock

FROM python:3.11-slim
RUN useradd --system --uid 10001 --no-create-home --shell /usr/sbin/nologin backroom \
    && install -d -o backroom -g backroom /data /data/media /data/lake /data/simulated
COPY --from=build /venv /venv
WORKDIR /app
COPY . .
ENV PATH=/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    DATA_DIR=/data \
    STATIC_ROOT=/app/static
# The two values are needed to read the settings and are kept nowhere.
RUN SECRET_KEY=only-for-this-line DATABASE_URL=postgres://nowhere/none python manage.py collectstatic --noinput --verbosity 0
USER backroom
EXPOSE 8000 5555
CMD ["gunicorn", "config.wsgi", "--bind=0.0.0.0:8000", "--worker-class=gthread", "--workers=2", "--threads=4", \
     "--worker-tmp-dir=/dev/shm", "--no-control-socket"]
