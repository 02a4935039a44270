# SPDX-License-Identifier: Apache-2.0
"""Plug cards into guests and out of them; runs on the compute host.

Nova: attach_interface, detach_interface, add_fixed_ip_to_instance of nova/compute/manager.py.  Each step looks at what
is there and does what is missing, so that a service that was killed in it may do it again:

* attach: the address is reserved (nova-api); the host serves it; the guest gets the card; the card and the server's
  network_info are written together.  What breaks off is undone: nobody was told of the card.
* detach: the card is condemned (nova-api); the guest gives it back; card, addresses and network_info are written
  together; the host serves it no longer.  What breaks off is finished: the request was accepted.
"""
from oslo_log import log

from mininova import exception, objects, rpc
from mininova.compute import faults, state_machine
from mininova.compute.operations import base
from mininova.crashpoint import crashpoint
from mininova.notifications import instance as notifications

LOG = log.getLogger(__name__)

ATTACH_EVENT, DETACH_EVENT = 'compute_attach_interface', 'compute_detach_interface'
ATTACHING, DETACHING, CHANGING, DELETED = 'attaching', 'detaching', 'changing', 'deleted'
BROKE_OFF = 'the host stopped while the interface was attached; it was taken back'
# What the caller of an attachment hears as it is; all else is InterfaceAttachFailed.
TELLING = (exception.InstanceInvalidState, exception.InstanceNotFound, exception.AttachInterfaceNotSupported,
           exception.NetworkInterfaceTaggedAttachNotSupported, exception.NoMoreFixedIps,
           exception.PortBindingFailed, exception.NeutronConnectionFailed)


class InterfaceOperations(base.Operations):
    """Attach and detach cards (RPC endpoint)."""

    @rpc.expected_exceptions(exception.InterfaceAttachFailed, *TELLING)
    def attach_interface(self, context, instance, port_id, action_id):
        """Give a guest a card that is reserved for it; the caller waits.

        :raises InterfaceAttachFailed: it could not be done, and nothing is left of it
        """
        with self.host.busy_with(instance.uuid):
            if not objects.InstanceActionEvent.open_first(context, instance.uuid, action_id, ATTACH_EVENT,
                                                          self.host.name):
                LOG.info('Not attaching a card: the message is late or a repeat.', instance=instance)
                raise exception.InterfaceAttachFailed(instance_uuid=instance.uuid)
            crashpoint('interface.I2.begun.after')
            self._tell(context, instance, 'interface_attach', 'start')
            try:
                self._attach(context, instance, port_id)
            except Exception as error:
                LOG.exception('A card could not be attached.', instance=instance)
                self._undo_attach(context, instance, port_id, error)
                if isinstance(error, TELLING):
                    raise
                raise exception.InterfaceAttachFailed(instance_uuid=instance.uuid) from error
            instance.finish_operation(ATTACH_EVENT)
            self._tell(context, instance, 'interface_attach', 'end')

    def _attach(self, context, instance, port_id):
        instance.refresh()
        state_machine.check('attach_interface', instance)
        card = objects.VirtualInterface.get_by_uuid(context, port_id)
        if card is None or card.task != ATTACHING:
            raise exception.PortNotFound(port_id=port_id)
        self._check_driver(instance, card)
        self.host.network_api.refresh_instance_on_host(context, instance)
        crashpoint('interface.I3.served.after')
        network_info = self.host.network_api.get_instance_nw_info(context, instance, attaching=port_id)
        self.driver.attach_interface(context, instance, instance.image_meta, _card(network_info, port_id))
        crashpoint('interface.I4.plugged.after')
        if not objects.VirtualInterface.complete(context, instance.uuid, port_id, ATTACHING, network_info.plain(),
                                                 self.host.name):
            raise exception.PortNotFound(port_id=port_id)
        instance.network_info = network_info.plain()
        instance.obj_reset_changes(['network_info'])
        if 'device_metadata' in instance.obj_what_changed():
            instance.save()
        crashpoint('interface.I5.written.after')
        LOG.info('Attached card %s.', port_id, instance=instance)

    def _check_driver(self, instance, card):
        if not self.driver.capabilities.get('supports_attach_interface'):
            raise exception.AttachInterfaceNotSupported(instance_uuid=instance.uuid)
        if card.tag and not self.driver.capabilities.get('supports_tagged_attach_interface'):
            raise exception.NetworkInterfaceTaggedAttachNotSupported()

    def _undo_attach(self, context, instance, port_id, error):
        """Take back a card that is not in its place, with its address; what fails of it is tried again later."""
        try:
            card = _card(self.host.network_api.get_instance_nw_info(context, instance, attaching=port_id), port_id)
            if card:
                self.driver.detach_interface(context, instance, card)
            self._remove(context, instance, port_id)
        except Exception:
            LOG.exception('A card could not be taken back; it is tried again.', instance=instance)
            return
        self._end(instance, ATTACH_EVENT, error)
        self._tell(context, instance, 'interface_attach', 'error', error)

    def detach_interface(self, context, instance, port_id, action_id):
        """Take a condemned card from a guest."""
        with self.host.busy_with(instance.uuid):
            instance.refresh()
            if instance.task_state is not None:
                LOG.info('A card is detached when %s is over.', instance.task_state, instance=instance)
                return
            if not objects.InstanceActionEvent.open_first(context, instance.uuid, action_id, DETACH_EVENT,
                                                          self.host.name):
                LOG.info('Not detaching a card: the message is late or a repeat.', instance=instance)
                return
            self._tell(context, instance, 'interface_detach', 'start')
            self._finish_detach(context, instance, port_id)

    def _finish_detach(self, context, instance, port_id):
        """Do what is left to do of a detachment whose event is open."""
        try:
            # The network may have forgotten a card that the guest still has.
            card = _card(self.host.network_api.get_instance_nw_info(context, instance), port_id) or _card(
                instance.get_network_info(), port_id)
            if card:
                self.driver.detach_interface(context, instance, card)
                crashpoint('interface.D2.unplugged.after')
            self._remove(context, instance, port_id)
        except Exception as error:
            LOG.exception('A card could not be detached; it stays.', instance=instance)
            network_info = self.host.network_api.get_instance_nw_info(context, instance).plain()
            objects.VirtualInterface.complete(context, instance.uuid, port_id, DETACHING, network_info, self.host.name)
            self._end(instance, DETACH_EVENT, error)
            self._tell(context, instance, 'interface_detach', 'error', error)
            return
        instance.finish_operation(DETACH_EVENT)
        LOG.info('Detached card %s.', port_id, instance=instance)
        self._tell(context, instance, 'interface_detach', 'end')

    def _remove(self, context, instance, port_id):
        self.host.network_api.deallocate_port_for_instance(context, instance, port_id)
        crashpoint('interface.D3.deallocated.after')
        network_info = self.host.network_api.get_instance_nw_info(context, instance)
        left = [vif for vif in _with_lost(context, instance, network_info.plain()) if vif['id'] != port_id]
        objects.VirtualInterface.remove(context, instance.uuid, port_id, left, self.host.name)
        instance.network_info = left
        instance.obj_reset_changes(['network_info'])
        crashpoint('interface.D3.removed.after')
        self._serve(context, instance)

    def _serve(self, context, instance):
        """Have the host serve what the guest has by now; nova-network finds out by itself if it cannot be told."""
        try:
            self.host.network_api.refresh_instance_on_host(context, instance)
        except (rpc.MessagingException, exception.NovaException) as error:
            LOG.warning('nova-network could not be told what the server has by now: %s', error, instance=instance)

    def refresh_interface(self, context, instance, port_id):
        """Let a guest use the addresses that its card has by now, and no others."""
        with self.host.busy_with(instance.uuid):
            instance.refresh()
            if instance.task_state is not None or instance.host != self.host.name:
                LOG.info('The addresses of a card are changed later.', instance=instance)
                return
            self.host.network_api.refresh_instance_on_host(context, instance)
            network_info = self.host.network_api.get_instance_nw_info(context, instance)
            card = _card(network_info, port_id)
            if card:
                self.driver.update_interface(context, instance, instance.image_meta, card)
                crashpoint('interface.C2.updated.after')
                objects.VirtualInterface.complete(context, instance.uuid, port_id, CHANGING, network_info.plain(),
                                                  self.host.name)

    def _end(self, instance, event, error):
        instance.finish_operation(event, result='Error', details=faults.user_message(error),
                                  traceback=faults.details(error), fault=faults.describe(error, self.host.name))

    def _tell(self, context, instance, name, phase, error=None):
        notifications.notify_about_instance_action(context, instance, self.host.name, name, phase, error)


def _card(network_info, port_id):
    return next((vif for vif in network_info if vif['id'] == port_id), None)


def _with_lost(context, instance, found):
    """Return what the network's records say of a server's cards, and behind it the cards that are not there any more.

    The guest has them until they are taken from it (:func:`detach_deleted`), by what its record says of them.
    """
    known = {vif['id'] for vif in found}
    kept = {card.uuid for card in objects.VirtualInterfaceList.get_by_instance_uuid(context, instance.uuid)} - known
    return found + [vif for vif in instance.network_info or () if vif['id'] in kept]


# -- what broke off ------------------------------------------------------------------------


def take_up_attach(reconciler, request, instance, record):
    """Remedy for an attachment that nobody closed: it is undone, unless all was written but the end."""
    operations, port_id = reconciler.manager.interfaces, record.arguments['port_id']
    with reconciler.parts.busy_with(instance.uuid):
        card = objects.VirtualInterface.get_by_uuid(request, port_id)
        if record.events and card is not None and card.task != ATTACHING:
            instance.finish_operation(ATTACH_EVENT)
            return
        if instance.task_state is None:
            operations._undo_attach(request, instance, port_id, exception.NovaException(BROKE_OFF))


def take_up_detach(reconciler, request, instance, record):
    """Remedy for a detachment that nobody closed: it is finished."""
    operations, port_id = reconciler.manager.interfaces, record.arguments['port_id']
    if not record.events:
        operations.detach_interface(request, instance, port_id, record.action_id)
    elif instance.task_state is None:
        with reconciler.parts.busy_with(instance.uuid):
            operations._finish_detach(request, instance, port_id)


def take_up_changes(reconciler, request, quiet_for):
    """Finish what is done to cards on this host without an action, and that nobody works on."""
    operations = reconciler.manager.interfaces
    for instance_uuid, port_id, task in objects.VirtualInterfaceList.get_changing(request, reconciler.host, quiet_for):
        if not reconciler.parts.is_busy_with(instance_uuid):
            try:
                instance = objects.Instance.get_by_uuid(request, instance_uuid)
                if task == DELETED:
                    detach_deleted(operations, request, instance, port_id)
                else:
                    operations.refresh_interface(request, instance, port_id)
            except Exception:
                LOG.exception('Card %s could not be changed; trying again later.', port_id)


# -- what the network service says -----------------------------------------------------------


def heal(manager, context, instance_uuid):
    """Write what the network's records say of a server's cards, if its own record says something else."""
    if manager.parts.is_busy_with(instance_uuid):
        return
    try:
        instance = objects.Instance.get_by_uuid(context, instance_uuid)
    except exception.InstanceNotFound:
        return
    if refresh_record(manager.parts, context, instance):
        LOG.warning('The record of the cards of the server was out of date; it was written anew.', instance=instance)


def refresh_record(parts, context, instance):
    """Write what the network's records say of a server's cards, if its own record says something else.

    :returns: whether it did; None if another action has to end first
    :raises InstanceNotFound: the server is gone
    """
    with parts.busy_with(instance.uuid):
        instance.refresh()
        if instance.host != parts.name:
            return False
        if instance.task_state is not None:
            return None
        found = _with_lost(context, instance, parts.network_api.get_instance_nw_info(context, instance).plain())
        if found == (instance.network_info or []):
            return False
        instance.network_info = found
        instance.save(expected_task_state=None, expected={'host': parts.name})
        return True


def detach_deleted(operations, context, instance, port_id):
    """Take a card from a guest that the network service has no longer.  What the guest keeps stays on record.

    :returns: whether nothing is left to do; False if another action has to end first
    :raises InstanceNotFound: the server is gone
    """
    with operations.host.busy_with(instance.uuid):
        instance.refresh()
        card = _card(instance.get_network_info(), port_id)
        record = objects.VirtualInterface.get_by_uuid(context, port_id)
        if instance.host != operations.host.name or (record and record.task != DELETED) or not (card or record):
            return True
        if instance.task_state is not None:
            return False
        if card is None:
            operations._remove(context, instance, port_id)
            return True
        LOG.info('The network service has deleted card %s; it is taken from the guest.', port_id, instance=instance)
        try:
            operations.driver.detach_interface(context, instance, card)
        except exception.NovaException as error:
            LOG.warning('Card %s could not be detached: %s', port_id, error, instance=instance)
            if record:
                objects.VirtualInterface.complete(context, instance.uuid, port_id, DELETED, instance.network_info,
                                                  operations.host.name)
            return True
        if record:
            operations._remove(context, instance, port_id)
        else:
            instance.network_info = [vif for vif in instance.network_info if vif['id'] != port_id]
            instance.save(expected={'host': operations.host.name})
        return True
