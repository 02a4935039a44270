# SPDX-License-Identifier: Apache-2.0
"""What nova-conductor says about methods of objects that refuse."""
import logging

import pytest

from mininova import context, exception, objects
from mininova.conductor import manager, rpcapi

UNKNOWN = '4d6c6a95-7e2f-494d-99f4-27bb7ac126c0'


@pytest.fixture
def conductor(database, rpc):
    server = rpc.get_server(rpc.Target(topic=rpcapi.TOPIC, server='ctl'),
                            [manager.ConductorManager('ctl', 'nova-conductor')])
    server.start()
    yield rpcapi.ConductorAPI()
    server.stop()
    server.wait()


def read(conductor, admin):
    return conductor.object_class_action_versions(admin, 'Instance', 'get_by_uuid', {'Instance': '1.0'}, (UNKNOWN,), {})


def refresh(conductor, admin):
    return conductor.object_action(admin, objects.Instance(admin, id=7, uuid=UNKNOWN), 'refresh', (), {})


@pytest.mark.parametrize('ask', [read, refresh])
def test_what_the_caller_is_told_is_no_error_of_conductor(conductor, caplog, ask):
    with pytest.raises(exception.InstanceNotFound):
        ask(conductor, context.get_admin_context())
    assert [record for record in caplog.records if record.levelno >= logging.ERROR] == []
