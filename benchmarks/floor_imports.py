# SPDX-License-Identifier: Apache-2.0
"""Floor of memory: a process that imports what every service needs, and forks workers, and does nothing.

Run by bench_memory: python -m benchmarks.floor_imports WORKERS
"""
from benchmarks import patched  # noqa: F401  (first: it patches the standard library)

# isort: split
import gc
import os
import sys
import time

import oslo_messaging
import sqlalchemy

NEEDED = (oslo_messaging, sqlalchemy)


def main():
    gc.collect()
    gc.freeze()
    for _ in range(int(sys.argv[1])):
        if os.fork() == 0:
            time.sleep(3600)
            os._exit(0)
    print('ready', flush=True)
    time.sleep(3600)


if __name__ == '__main__':
    main()
