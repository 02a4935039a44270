# SPDX-License-Identifier: Apache-2.0
"""A guest's cards as libvirt shall plug them.  Runs in nova-compute.  Nova: nova/virt/libvirt/vif.py.

libvirt makes the tap device when the guest starts and puts it on the bridge; it goes with the guest.  The bridge itself
is the network service's work, done before the driver is called; only that of Neutron's Linux bridge agent is made here,
because the agent comes to it after the card.  On a bridge of Open vSwitch libvirt makes a port that names the card
(``iface-id``), by which the agent finds it.
"""
import mininova.conf
from mininova import exception
from mininova.network import linux_net, model
from mininova.virt.libvirt import firewall
from mininova.virt.libvirt.config import devices

CONF = mininova.conf.CONF


def card_model(image_meta):
    """Return the model of a guest's cards.

    :raises ImageUnacceptable: the image asks for a model that does not exist
    """
    wanted = image_meta.properties.get('hw_vif_model') or model.VIF_MODEL_VIRTIO
    if wanted not in model.VIF_MODELS:
        raise exception.ImageUnacceptable(image_id=image_meta.id, reason=f'hw_vif_model={wanted} is no card model')
    return wanted


def get_config(vif, image_meta):
    """Return the interface of one card.

    :param vif: network.model.VIF
    :raises VirtualInterfaceCreateException: a kind of plugging that this driver does not know
    """
    if vif['type'] not in (model.VIF_TYPE_BRIDGE, model.VIF_TYPE_OVS):
        raise exception.VirtualInterfaceCreateException(
            f'Card {vif["id"]} is of type {vif["type"]}, which the libvirt driver cannot plug.')
    if not (vif['network'] or {}).get('bridge'):
        raise exception.VirtualInterfaceCreateException(f'The network of card {vif["id"]} names no bridge.')
    _check_plugging(vif)
    card = devices.Interface(mac=vif['address'], bridge=vif['network']['bridge'], model=card_model(image_meta),
                             target_dev=vif['devname'], mtu=vif.mtu)
    if vif['type'] == model.VIF_TYPE_OVS:
        card.openvswitch_id = vif['ovs_interfaceid'] or vif['id']
        # Open vSwitch in user space passes packets on as they are, those too whose checksum was left to the host.
        card.offloads = (vif['details'] or {}).get('datapath_type') != 'netdev'
    elif CONF.libvirt.use_nwfilter and 'port_filter' not in (vif['details'] or {}):
        # A network service that says a word about filtering does it itself, or shall not.
        card.filter_name, card.filter_parameters = firewall.reference(vif)
    return card


def _check_plugging(vif):
    """Refuse the bridge between guest and Open vSwitch, which old firewalls of Neutron's agent needed."""
    if vif['type'] == model.VIF_TYPE_OVS and (vif['details'] or {}).get('ovs_hybrid_plug'):
        raise exception.VirtualInterfaceCreateException(
            f'Card {vif["id"]} is to be plugged through a bridge of its own (ovs_hybrid_plug), which this driver does '
            'not do; let the agent of Open vSwitch use firewall_driver = openvswitch or noop.')


def plug(vif):
    """Make what a card is plugged into, if that is left to us.  May be repeated.

    :raises NetworkSetupFailed: it could not be made
    """
    bridge = vif['network']['bridge'] if vif['network'] else None
    if not (bridge and vif['network'].get_meta('should_create_bridge')) or linux_net.exists(bridge):
        return
    linux_net.run_batch([f'link add name {bridge} type bridge', f'link set dev {bridge} up'])
