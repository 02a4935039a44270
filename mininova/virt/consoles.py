# SPDX-License-Identifier: Apache-2.0
"""Where a console proxy finds a guest's console.  Runs in nova-compute.  Nova: nova/console/type.py."""
import typing

# What os-getConsoleOutput may return at most, in bytes; a larger answer would choke the broker (CVE-2013-4261).
MAX_CONSOLE_BYTES = 100 * 1024


class Console(typing.NamedTuple):
    """An address inside the cloud; a proxy connects users to it.

    :ivar host: name or address of the compute host as the proxy reaches it
    :ivar port: TCP port, None where only encrypted connections are taken
    :ivar internal_access_path: for consoles that several guests share, else None
    :ivar tls_port: TCP port for encrypted connections, where there is one
    """

    host: str
    port: int | None
    internal_access_path: str | None = None
    tls_port: int | None = None
