# SPDX-License-Identifier: Apache-2.0
"""Entry point of ``oslo-config-generator --namespace nova.conf``.  Nova: nova/conf/opts.py."""
import itertools

import mininova.conf


def list_opts():
    """Return (section, options) pairs of every module of mininova.conf."""
    merged = {}
    for section, options in itertools.chain.from_iterable(
            module.list_opts() for module in mininova.conf.section_modules()):
        merged.setdefault(section, []).extend(options)
    return sorted(merged.items())
