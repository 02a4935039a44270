# SPDX-License-Identifier: Apache-2.0
"""A guest's cards as libvirt shall plug them.  Runs in nova-compute.  Nova: nova/virt/libvirt/vif.py.

libvirt makes the tap device when the guest starts and puts it on the bridge; it goes with the guest.  The
bridge itself is the network service's work, done before the driver is called.
"""
import mininova.conf
from mininova import exception
from mininova.network import model
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
    card = devices.Interface(mac=vif['address'], bridge=vif['network']['bridge'], model=card_model(image_meta),
                             target_dev=vif['devname'], mtu=vif.mtu)
    if vif['type'] == model.VIF_TYPE_OVS:
        card.openvswitch_id = vif['ovs_interfaceid'] or vif['id']
    elif CONF.libvirt.use_nwfilter and (vif['details'] or {}).get('port_filter', True):
        card.filter_name, card.filter_parameters = firewall.reference(vif)
    return card
