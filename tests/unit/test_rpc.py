# SPDX-License-Identifier: Apache-2.0
"""The door to the message bus."""
import mininova.conf
from mininova import context, objects, servicegroup
from mininova.conductor import rpcapi

CONF = mininova.conf.CONF


def test_a_lost_broker_is_tried_every_few_seconds_unless_an_operator_says_otherwise(rpc, conf):
    assert CONF.oslo_messaging_rabbit.rabbit_interval_max == 5
    conf.config(group='oslo_messaging_rabbit', rabbit_interval_max=17)
    rpc.init(CONF)
    assert CONF.oslo_messaging_rabbit.rabbit_interval_max == 17


def test_a_heartbeat_that_a_dying_conductor_took_along_is_repeated_in_time(conf, monkeypatch):
    """Three tries and more fit into the time after which a service counts as down."""
    timeouts = []
    monkeypatch.setattr(rpcapi.ConductorAPI, '_call',
                        lambda self, *args, timeout, **kwargs: (timeouts.append(timeout), ({}, True))[1])
    monkeypatch.setattr(objects.Service, 'indirection_api', rpcapi.ConductorAPI())
    for down in (60, 6):
        conf.config(service_down_time=down)
        assert objects.Service(context.get_admin_context(), id=1).heartbeat()
        assert timeouts[-1] == servicegroup.answer_timeout() <= down / 3
