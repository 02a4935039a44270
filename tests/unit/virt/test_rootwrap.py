# SPDX-License-Identifier: Apache-2.0
"""nova-compute may become root for its helper and for nothing else."""
import pathlib

import pytest
from oslo_rootwrap import wrapper

from mininova import privsep

FILTERS = pathlib.Path(__file__).parents[3] / 'etc/nova/rootwrap.d'
HELPER = ['--privsep_context', 'mininova.privsep.sys_admin_pctxt', '--privsep_sock_path', '/tmp/tmpabc/privsep.sock']


@pytest.fixture
def allowed(monkeypatch):
    """Say whether a command line passes our filters.

    oslo.rootwrap adds one of its own, which passes privsep-helper with any arguments; it is left out here.
    """
    filters = [one for one in wrapper.load_filters([str(FILTERS)]) if one.name != 'privsep-helper']

    def check(*command):
        try:
            return bool(wrapper.match_filter(filters, list(command), exec_dirs=['/usr/bin']))
        except wrapper.FilterMatchNotExecutable:
            return True  # allowed, only not installed here
        except wrapper.NoFilterMatched:
            return False
    return check


@pytest.mark.parametrize('files', [
    ['--config-file', '/etc/nova/nova.conf'],
    ['--config-file', '/etc/nova/nova.conf', '--config-file', '/etc/nova/nova-compute.conf'],
    ['--config-file', '/etc/nova/nova.conf', '--config-dir', '/etc/nova/nova.conf.d']], ids=len)
def test_the_helper_is_allowed(allowed, files):
    assert allowed('privsep-helper', *files, *HELPER)


@pytest.mark.parametrize('command', [
    ['privsep-helper', '--config-file', '/tmp/evil.conf', *HELPER],
    ['privsep-helper', '--config-file', '/etc/nova/nova.conf', '--privsep_context', 'os.system', *HELPER[2:]],
    ['privsep-helper', '--config-file', '/etc/nova/nova.conf', *HELPER, '--help'],
    ['qemu-img', 'info', '/etc/shadow'], ['cat', '/etc/shadow'], ['sh', '-c', 'id'], ['chown', 'nova', '/etc'],
], ids=' '.join)
def test_nothing_else_is(allowed, command):
    assert not allowed(*command)


def test_the_filters_name_the_context_that_exists():
    assert privsep.sys_admin_pctxt.pypath == HELPER[1]
