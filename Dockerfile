# docker build -t macedance .
# docker run --rm -u "$(id -u):$(id -g)" -v "$PWD:/work" macedance generate song.wav me.jpg -o out.mp4
#
# --build-arg PIP_ARGS="..." reaches pip, as PIP_ARGS does in the Makefile: an index with CPU builds of
# torch makes the image smaller by gigabytes. With a graphics card run it with --gpus all.
FROM python:3.12-slim-bookworm

RUN apt-get update \
    && apt-get install -y --no-install-recommends ffmpeg \
    && rm -rf /var/lib/apt/lists/*

ARG PIP_ARGS=""
WORKDIR /opt/macedance
COPY pyproject.toml constraints.txt README.md LICENSE NOTICE ./
RUN pip install --no-cache-dir ${PIP_ARGS} -c constraints.txt torch
COPY macedance_cli macedance_cli
COPY pipelines pipelines
RUN pip install --no-cache-dir ${PIP_ARGS} -c constraints.txt .

# Any user may run it, and finds what the first dance compiles.
ENV HOME=/opt/home NUMBA_CACHE_DIR=/opt/home/numba
COPY examples/song.wav examples/dancer.png /opt/home/
WORKDIR /work
RUN macedance generate /opt/home/song.wav /opt/home/dancer.png -o /tmp/warm.mp4 --duration 2 \
        --workspace /tmp/warm \
    && rm -rf /tmp/warm /tmp/warm.mp4 \
    && chmod -R a+rwX /opt/home /work

ENTRYPOINT ["macedance"]
CMD ["--help"]
