# SPDX-License-Identifier: Apache-2.0
"""``./run_tests.sh`` installs on a bare machine whatever the tests run: their lists and its own agree."""
import subprocess

import pytest

from tests.architecture import tree
from tests.contract import libvirtd_process
from tests.fixtures import hosts

LISTS = 'for kind in libvirt network; do packages_of "$kind"; done'
# Of packages that every Debian has, or whose own list of needs brings them.
ESSENTIAL = {'unshare', 'nsenter'}


def installed():
    """Return (program, package) of what is installed for tests with hosts and guests."""
    printed = subprocess.run(['bash', '-c', f'. tools/test_setup.sh; {LISTS}'], cwd=tree.ROOT, check=True,
                             capture_output=True, text=True).stdout
    return {tuple(entry.split(':')) for entry in printed.split()}


@pytest.mark.parametrize('tool', hosts.TOOLS, ids=lambda tool: tool[0])
def test_what_simulated_hosts_run_is_installed(tool):
    assert tool in installed()


@pytest.mark.parametrize('program', libvirtd_process.TOOLS)
def test_what_a_hypervisor_of_our_own_needs_is_installed(program):
    assert program in ESSENTIAL | {name for name, _package in installed()}
