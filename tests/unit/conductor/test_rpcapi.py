# SPDX-License-Identifier: Apache-2.0
"""What nova-compute asks of nova-conductor when requests or answers are lost on their way."""
import pytest

from mininova import rpc
from mininova.conductor import rpcapi


@pytest.fixture
def asked(monkeypatch):
    """The timeouts of the calls, of which so many are lost as `asked.lost` says."""
    class Asked(list):
        lost = 0

    made = Asked()

    def call(self, context, method, timeout=None, **kwargs):
        made.append(timeout)
        if len(made) <= made.lost:
            raise rpc.MessagingTimeout('lost')
        return kwargs['objmethod']
    monkeypatch.setattr(rpcapi.ConductorAPI, '_call', call)
    return made


def ask(method):
    return rpcapi.ConductorAPI().object_class_action_versions(None, 'InstanceList', method, {}, (), {})


@pytest.mark.parametrize('lost', [0, 1, 3])
def test_what_only_reads_is_asked_again(asked, lost):
    asked.lost = lost
    assert ask('get_unsettled_by_host') == 'get_unsettled_by_host'
    assert asked == [rpcapi.READ_TIMEOUT] * (lost + 1)


def test_all_readings_together_take_as_long_as_one_change(asked):
    asked.lost = 9
    with pytest.raises(rpc.MessagingTimeout):
        ask('get_by_host')
    assert sum(asked) == rpcapi.OBJECT_TIMEOUT


def test_what_changes_something_is_asked_once(asked):
    """It may have happened, though the answer was lost."""
    asked.lost = 1
    with pytest.raises(rpc.MessagingTimeout):
        ask('create_all')
    assert asked == [rpcapi.OBJECT_TIMEOUT]
