# SPDX-License-Identifier: Apache-2.0
"""``./run_tests.sh`` installs on a bare machine whatever the tests run: their lists and its own agree."""
import subprocess

import pytest

from tests.architecture import tree
from tests.contract import libvirtd_process
from tests.fixtures import hosts

# Of packages that every Debian has.
ESSENTIAL = {'unshare', 'nsenter', 'ip'}


def installed(part):
    """Return (program, package) of what is installed for a part of the tests."""
    script = f'. tools/test_setup.sh; for kind in $(needs_of {part}); do packages_of "$kind"; done'
    printed = subprocess.run(['bash', '-c', script], cwd=tree.ROOT, check=True, capture_output=True, text=True).stdout
    return {tuple(entry.split(':')) for entry in printed.split()}


@pytest.mark.parametrize('tool', hosts.TOOLS, ids=lambda tool: tool[0])
def test_what_simulated_hosts_run_is_installed(tool):
    assert tool in installed('integration')


@pytest.mark.parametrize('program', libvirtd_process.TOOLS)
def test_what_a_hypervisor_of_our_own_needs_is_installed(program):
    assert program in ESSENTIAL | {name for name, _package in installed('contract')}
