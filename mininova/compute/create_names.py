# SPDX-License-Identifier: Apache-2.0
"""What the servers of one create request are called (nova-api).  Nova: _populate_instance_names of
nova/compute/api.py.
"""
from mininova import utils

MAX_LENGTH = 255


def display_name(name, index, count):
    """Return the name of one server: the name asked for, with a number if there are several."""
    if count == 1:
        return name
    suffix = f'-{index + 1}'
    return name[:MAX_LENGTH - len(suffix)] + suffix


def hostname(uuid, name, wanted=None):
    """Return what the guest calls itself: what was asked for (2.90), or what the name allows.

    :param name: the server's display name
    """
    return wanted or utils.sanitize_hostname(name, default=f'Server-{uuid}')
