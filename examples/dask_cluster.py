"""Run a sweep on Dask workers: here a scheduler and two workers on this machine, on a cluster as many as you start.

    python examples/dask_cluster.py withdrawal-pace results/withdrawal-pace

On a cluster start `dask scheduler` on one machine and one `dask worker ADDRESS --nthreads 1` per free processor, with the
environment of MALLOC below, and run `pullback sweep --engine dask --scheduler ADDRESS`. All machines need the same version
of pullback and must see the results folder under the same path. Dask repeats the jobs of a lost worker on another. Dask
executes any code sent to its scheduler: restrict its port to trusted machines, or use TLS.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

MALLOC = {"MALLOC_TRIM_THRESHOLD_": "268435456", "MALLOC_MMAP_THRESHOLD_": "67108864"}
"""With Dask's low default trim threshold, memory of large arrays returns to the system each time; set before the start."""


@contextmanager
def cluster(workers: int) -> Iterator[tuple[str, list[subprocess.Popen[bytes]]]]:
    """Start a scheduler and workers, each in its own process group; yield the address and the workers."""
    with TemporaryDirectory() as folder:
        file = Path(folder) / "scheduler.json"
        scheduler = _start("scheduler", "--host", "127.0.0.1", "--port", "0", "--scheduler-file", str(file))
        started = [scheduler]
        try:
            address = _address(file)
            options = ("--nthreads", "1", "--local-directory", folder)
            started += [_start("worker", address, *options) for _ in range(workers)]
            yield address, started[1:]
        finally:
            for process in reversed(started):
                process.terminate()
            for process in started:
                process.wait(timeout=30)


def _start(*words: str) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "dask", *words, "--no-dashboard"]
    return subprocess.Popen(command, env=os.environ | MALLOC, stderr=subprocess.DEVNULL, start_new_session=True)


def _address(file: Path) -> str:
    """Wait until the scheduler has written its address."""
    for _ in range(600):
        if file.exists() and (text := file.read_text(encoding="utf-8")):
            return json.loads(text)["address"]
        time.sleep(0.1)
    raise TimeoutError("the scheduler did not start")


if __name__ == "__main__":
    if len(sys.argv) != 3:
        raise SystemExit(f"usage: python {sys.argv[0]} SWEEP RESULTS_FOLDER")
    sweep, out = sys.argv[1:]
    with cluster(workers=2) as (address, _):
        command = [sys.executable, "-m", "sim", "sweep", sweep, "--out", out, "--engine", "dask", "--scheduler", address]
        raise SystemExit(subprocess.run(command).returncode)
