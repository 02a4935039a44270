# SPDX-License-Identifier: Apache-2.0
"""Floor of starting: an oslo.service process under eventlet with nothing in it.  Run by bench_start."""
from benchmarks import patched  # noqa: F401  (first: it patches the standard library)

# isort: split
from oslo_config import cfg
from oslo_service import service


class Empty(service.Service):
    """Says that it runs."""

    def start(self):
        print('ready', flush=True)


if __name__ == '__main__':
    cfg.CONF([], project='nova', default_config_files=[])
    service.launch(cfg.CONF, Empty()).wait()
