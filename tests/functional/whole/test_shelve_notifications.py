# SPDX-License-Identifier: Apache-2.0
"""Shelving, its reverse and all kinds of deletion are told in pairs: one start, and one end or error."""
import pytest

from mininova.notifications import instance as notifications
from tests.functional.whole.test_shelve import SHELVE, SLOW, UNSHELVE, offloaded, server  # noqa: F401


@pytest.fixture
def heard(monkeypatch):
    """Collect (action, phase) of all notifications from now on."""
    found = []

    def notify(context, instance, host, action, phase=None, *args, **kwargs):
        found.append((action, phase))
    monkeypatch.setattr(notifications, 'notify_about_instance_action', notify)
    return found


def pairs(*names, ends='end'):
    return [(name, phase) for name in names for phase in ('start', ends)]


def test_each_step_is_told_once_in_pairs(whole, server, heard):  # noqa: F811
    whole.act(server, SHELVE)
    whole.wait(server, 'SHELVED_OFFLOADED')
    whole.until(lambda: heard == pairs('shelve', 'shelve_offload'))
    heard.clear()
    whole.act(server, UNSHELVE)
    whole.wait(server, 'ACTIVE')
    whole.until(lambda: heard == pairs('unshelve'))
    heard.clear()
    whole.cloud.conf(reclaim_instance_interval=3600)
    whole.api.delete(f'/servers/{server}')
    whole.wait(server, 'SOFT_DELETED')
    whole.act(server, {'restore': None})
    whole.wait(server, 'ACTIVE')
    whole.act(server, {'forceDelete': None})
    whole.wait_gone(server)
    whole.until(lambda: heard == pairs('soft_delete', 'restore', 'delete'))


def test_what_conductor_does_is_told_in_pairs(whole, offloaded, heard):  # noqa: F811
    whole.cloud.conf(reclaim_instance_interval=3600)
    whole.api.delete(f'/servers/{offloaded}')
    whole.wait(offloaded, 'SOFT_DELETED')
    whole.act(offloaded, {'restore': None})
    whole.wait(offloaded, 'SHELVED_OFFLOADED')
    whole.act(offloaded, {'forceDelete': None})
    whole.wait_gone(offloaded)
    whole.until(lambda: heard == pairs('soft_delete', 'restore', 'delete'))


def test_failures_are_told_in_pairs(whole, server, heard):  # noqa: F811
    whole.faults('cmp1').add('snapshot', 'fail')
    whole.act(server, SHELVE)
    whole.until(lambda: heard == pairs('shelve', ends='error'))
    whole.wait(server, 'ACTIVE')
    heard.clear()
    whole.act(server, SHELVE)
    whole.wait(server, 'SHELVED_OFFLOADED')
    whole.faults('cmp1').add('spawn', 'fail')
    heard.clear()
    whole.act(server, UNSHELVE)
    whole.until(lambda: heard == pairs('unshelve', ends='error'))
    whole.wait(server, 'SHELVED_OFFLOADED')
    heard.clear()
    whole.faults('cmp1').add('destroy', 'fail')
    whole.act(server, UNSHELVE)
    whole.wait(server, 'ACTIVE')
    whole.act(server, {'forceDelete': None})
    whole.wait_gone(server, seconds=SLOW)
    whole.until(lambda: heard == pairs('unshelve') + pairs('delete', ends='error') + pairs('delete'))
