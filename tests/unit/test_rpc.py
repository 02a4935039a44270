# SPDX-License-Identifier: Apache-2.0
"""The door to the message bus."""
import oslo_messaging as messaging
import pytest

import mininova.conf
from mininova import concurrency, context, objects, servicegroup
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


def test_a_call_that_nobody_hears_is_sent_again_until_its_time_is_over(rpc, monkeypatch):
    sent, pauses = [], []

    def undeliverable(self, *arguments, **options):
        sent.append(options['transport_options'].at_least_once)
        raise messaging.MessageUndeliverable('', '', '', '')
    monkeypatch.setattr(rpc._transport._driver, 'send', undeliverable)
    monkeypatch.setattr(concurrency, 'sleep', pauses.append)
    with pytest.raises(rpc.MessagingTimeout, match='Nobody listens on any host of topic conductor for ping_database'):
        rpcapi.ConductorAPI().ping(context.get_admin_context())
    assert sum(pauses) == pytest.approx(5, abs=rpc.UNHEARD_PAUSE)
    assert sent == [True] * (len(pauses) + 1)
