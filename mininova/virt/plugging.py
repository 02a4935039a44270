# SPDX-License-Identifier: Apache-2.0
"""Wait until the network service has wired a guest's cards before the guest runs.  Runs in nova-compute.

Nova: _create_guest_with_network and _neutron_failed_callback of nova/virt/libvirt/driver.py.

The network service's agent sees a card when it is plugged, and tells nova-api when its packets pass: without the wait a
guest asks for its address before anybody can hear it.
"""
import contextlib

from oslo_log import log

import mininova.conf
from mininova import exception

CONF = mininova.conf.CONF
LOG = log.getLogger(__name__)

PLUGGED = 'network-vif-plugged'


def awaited_events(network_info):
    """Return (name, tag) of what has to come: one for each card that the network service has not wired yet."""
    if not CONF.vif_plugging_timeout:
        return []
    return [(PLUGGED, vif['id']) for vif in network_info or () if vif.get('active', True) is False]


@contextlib.contextmanager
def awaited(virtapi, instance, events):
    """Do the body, which plugs cards, then wait until they are wired.

    :param events: what :func:`awaited_events` gave
    :raises VirtualInterfacePlugException: they are not, and `vif_plugging_is_fatal`
    """
    if not events:
        yield
        return
    try:
        with virtapi.wait_for_instance_event(instance, events, deadline=CONF.vif_plugging_timeout,
                                             error_callback=_failed):
            yield
    except exception.InstanceEventTimeout as error:
        LOG.warning('The network service did not say that the cards are plugged: %s', error, instance=instance)
        if CONF.vif_plugging_is_fatal:
            raise exception.VirtualInterfacePlugException(
                f'The cards were not plugged within {CONF.vif_plugging_timeout} s: {error.format_message()}') from error


def _failed(event_name, instance):
    LOG.error('The network service reports that it failed: %s', event_name, instance=instance)
    if CONF.vif_plugging_is_fatal:
        raise exception.VirtualInterfacePlugException()
