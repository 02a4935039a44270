# SPDX-License-Identifier: Apache-2.0
"""What can be asked of nova-compute over RPC.  Nova: nova/compute/rpcapi.py.

Methods live in ``mininova/compute/operations`` under the same names, one family a file: what is sent for a resize in
resize.py, for the decision on it in resize_decision.py, to the source of a live migration in live_migration.py, to its
destination, with the checks, in live_arrival.py; deletions, soft deletions and restore in delete.py; backups in
snapshot.py; start, stop and reboot in power.py; the questions (console output, diagnostics, uptime) in inspect.py.

Version history:

* 1.0 - first
"""
from mininova import rpc

TOPIC = 'compute'
REMAINS_TIMEOUT = 30  # seconds; a host that takes longer finishes by itself


class ComputeAPI(rpc.Client):
    TOPIC = TOPIC
    VERSION = '1.0'

    # -- build and delete (casts: the action record says what was asked) --

    def build_and_run_instance(self, context, host, instance, request_spec, alternates, block_device_mapping,
                               admin_password=None, injected_files=None):
        """Build a server on a host that the scheduler claimed for it.

        :param alternates: further hosts with room when it was scheduled: [{'host', 'node', 'compute_node_id',
            and perhaps 'ratios'}, ...]
        :param block_device_mapping: objects.BlockDeviceMappingList
        :param injected_files: [[path, base64 content], ...]
        """
        self._cast(context, 'build_and_run_instance', server=host, instance=instance, request_spec=request_spec,
                   alternates=alternates, block_device_mapping=block_device_mapping,
                   admin_password=admin_password, injected_files=injected_files)

    def terminate_instance(self, context, instance):
        self._cast(context, 'terminate_instance', server=instance.host, instance=instance)

    def soft_delete_instance(self, context, instance):
        self._cast(context, 'soft_delete_instance', server=instance.host, instance=instance)

    def restore_instance(self, context, instance):
        self._cast(context, 'restore_instance', server=instance.host, instance=instance)

    # -- shelve (casts) --

    def shelve_instance(self, context, instance, image_id, clean_shutdown=True):
        """:param image_id: id that the image gets, or has"""
        self._cast(context, 'shelve_instance', server=instance.host, instance=instance, image_id=image_id,
                   clean_shutdown=clean_shutdown)

    def shelve_offload_instance(self, context, instance, clean_shutdown=True):
        self._cast(context, 'shelve_offload_instance', server=instance.host, instance=instance,
                   clean_shutdown=clean_shutdown)

    def unshelve_instance(self, context, host, instance, request_spec):
        """Bring a shelved server back on a host that the scheduler claimed for it."""
        self._cast(context, 'unshelve_instance', server=host, instance=instance, request_spec=request_spec)

    def remove_remains(self, context, host, instance):
        """Have a host remove what it has of a server that is deleted on another one; wait until it is done."""
        self._call(context, 'remove_remains', server=host, timeout=REMAINS_TIMEOUT, instance=instance)

    # -- power (casts) --

    def start_instance(self, context, instance):
        self._cast(context, 'start_instance', server=instance.host, instance=instance)

    def stop_instance(self, context, instance, clean_shutdown=True):
        self._cast(context, 'stop_instance', server=instance.host, instance=instance, clean_shutdown=clean_shutdown)

    def reboot_instance(self, context, instance, reboot_type):
        """:param reboot_type: 'SOFT' or 'HARD'"""
        self._cast(context, 'reboot_instance', server=instance.host, instance=instance, reboot_type=reboot_type)

    # -- pause, suspend, password, crash dump --

    def pause_instance(self, context, instance):
        self._cast(context, 'pause_instance', server=instance.host, instance=instance)

    def unpause_instance(self, context, instance):
        self._cast(context, 'unpause_instance', server=instance.host, instance=instance)

    def suspend_instance(self, context, instance):
        self._cast(context, 'suspend_instance', server=instance.host, instance=instance)

    def resume_instance(self, context, instance):
        self._cast(context, 'resume_instance', server=instance.host, instance=instance)

    def trigger_crash_dump(self, context, instance, action_id):
        """:param action_id: of the record; the server itself keeps the id of what else is done to it"""
        self._cast(context, 'trigger_crash_dump', server=instance.host, instance=instance, action_id=action_id)

    def inject_network_info(self, context, instance):
        self._cast(context, 'inject_network_info', server=instance.host, instance=instance)

    def set_admin_password(self, context, instance, new_pass):
        """Change a password in the guest; a call: the secret is kept nowhere, so the caller must hear how it went."""
        return self._call(context, 'set_admin_password', server=instance.host, instance=instance, new_pass=new_pass)

    # -- events of other services (cast) --

    def external_instance_event(self, context, host, instances, events):
        """Tell a host what other services did for its servers (external_events.py).

        :param instances: [objects.Instance] that the events are about
        :param events: [objects.InstanceExternalEvent]
        """
        self._cast(context, 'external_instance_event', server=host, instances=instances, events=events)

    # -- moves with the guest off: prep on the new host, resize on the old, finish on the new; casts --

    def prep_resize(self, context, host, instance, migration):
        """Have the new host of a server check that it can take it."""
        self._cast(context, 'prep_resize', server=host, instance=instance, migration=migration)

    def resize_instance(self, context, instance, migration):
        """Have the old host turn the guest off and send its disks."""
        self._cast(context, 'resize_instance', server=migration.source_compute, instance=instance, migration=migration)

    def finish_resize(self, context, instance, migration):
        """Have the new host, which has the disks, run the guest."""
        self._cast(context, 'finish_resize', server=migration.dest_compute, instance=instance, migration=migration)

    def confirm_resize(self, context, host, instance, migration):
        """Have the old host remove what it kept."""
        self._cast(context, 'confirm_resize', server=host, instance=instance, migration=migration)

    def revert_resize(self, context, instance, migration):
        """Have the new host remove the guest, for the old one to take it back."""
        self._cast(context, 'revert_resize', server=migration.dest_compute, instance=instance, migration=migration)

    def finish_revert_resize(self, context, instance, migration):
        """Have the old host run the guest from the disks it kept."""
        self._cast(context, 'finish_revert_resize', server=migration.source_compute, instance=instance,
                   migration=migration)

    # -- disks and images (casts) --

    def rebuild_instance(self, context, instance, preserve_ephemeral=False, password=None, injected_files=None):
        """Make the disk anew from the image that the record names by now.

        :param injected_files: [[path, base64 content], ...]
        """
        self._cast(context, 'rebuild_instance', server=instance.host, instance=instance,
                   preserve_ephemeral=preserve_ephemeral, password=password, injected_files=injected_files)

    def snapshot_instance(self, context, instance, image_id):
        """Give an image that was made without bytes the bytes of the guest's disk."""
        self._cast(context, 'snapshot_instance', server=instance.host, instance=instance, image_id=image_id)

    def backup_instance(self, context, instance, image_id, backup_type, rotation):
        self._cast(context, 'backup_instance', server=instance.host, instance=instance, image_id=image_id,
                   backup_type=backup_type, rotation=rotation)

    def rescue_instance(self, context, instance, password=None, image_id=None):
        """:param image_id: what to boot from; None takes the host's rescue image, or else the server's own"""
        self._cast(context, 'rescue_instance', server=instance.host, instance=instance, password=password,
                   image_id=image_id)

    def unrescue_instance(self, context, instance):
        self._cast(context, 'unrescue_instance', server=instance.host, instance=instance)

    # -- live migration: conductor asks the destination, that the source; then the source leads --

    def check_can_live_migrate_destination(self, context, host, instance, block_migration, disk_over_commit):
        """Check whether a running guest can move to a host, and return what its driver needs for it."""
        return self._long_call(context, 'check_can_live_migrate_destination', server=host, instance=instance,
                               block_migration=block_migration, disk_over_commit=disk_over_commit)

    def check_can_live_migrate_source(self, context, instance, dest_check_data):
        """Check whether a running guest can leave its host; returns completed data."""
        return self._long_call(context, 'check_can_live_migrate_source', server=instance.host, instance=instance,
                               dest_check_data=dest_check_data)

    def live_migration(self, context, instance, migration):
        self._cast(context, 'live_migration', server=instance.host, instance=instance, migration=migration)

    def pre_live_migration(self, context, host, instance, migration):
        """Make cards and disks ready on the destination; returns completed data."""
        return self._long_call(context, 'pre_live_migration', server=host, instance=instance, migration=migration)

    def get_live_migration_state(self, context, host, instance):
        """Ask where a guest stands on a host, one of virt.driver.LIVE_STATES."""
        return self._call(context, 'get_live_migration_state', server=host, instance=instance)

    def post_live_migration_at_destination(self, context, instance):
        """Have the host at which a guest arrived make it its own; wait until it has."""
        self._long_call(context, 'post_live_migration_at_destination', server=instance.host, instance=instance)

    def rollback_live_migration_at_destination(self, context, host, instance, migration):
        """Remove what was prepared for a guest that did not come; wait until it is gone."""
        self._long_call(context, 'rollback_live_migration_at_destination', server=host, instance=instance,
                        migration=migration)

    def live_migration_force_complete(self, context, instance, migration_id):
        self._cast(context, 'live_migration_force_complete', server=instance.host, instance=instance,
                   migration_id=migration_id)

    def live_migration_abort(self, context, instance, migration_id):
        self._cast(context, 'live_migration_abort', server=instance.host, instance=instance, migration_id=migration_id)

    # -- evacuation --

    def evacuate_instance(self, context, host, instance, migration, admin_password=None):
        """Build a server of a host that is down on another host, which is claimed for it."""
        self._cast(context, 'evacuate_instance', server=host, instance=instance, migration=migration,
                   admin_password=admin_password)

    # -- cards: attach is a call, its caller waits for the card --

    def attach_interface(self, context, instance, port_id, action_id):
        """Give a guest a card that is reserved for it.

        :param action_id: of the record; the server itself keeps the id of what else is done to it
        """
        self._call(context, 'attach_interface', server=instance.host, instance=instance, port_id=port_id,
                   action_id=action_id)

    def detach_interface(self, context, instance, port_id, action_id):
        self._cast(context, 'detach_interface', server=instance.host, instance=instance, port_id=port_id,
                   action_id=action_id)

    def refresh_interface(self, context, instance, port_id):
        """Let a guest use the addresses that its card has by now."""
        self._cast(context, 'refresh_interface', server=instance.host, instance=instance, port_id=port_id)

    # -- questions (calls) --

    def get_console_output(self, context, instance, tail_length=None):
        """Return the last lines of the console as text, at most 100 KiB."""
        return self._call(context, 'get_console_output', server=instance.host, instance=instance,
                          tail_length=tail_length)

    def get_vnc_console(self, context, instance, console_type):
        """Return a URL with a token."""
        return self._call(context, 'get_vnc_console', server=instance.host, instance=instance,
                          console_type=console_type)

    def get_spice_console(self, context, instance, console_type):
        """Return a URL with a token."""
        return self._call(context, 'get_spice_console', server=instance.host, instance=instance,
                          console_type=console_type)

    def get_serial_console(self, context, instance, console_type):
        """Return a URL with a token."""
        return self._call(context, 'get_serial_console', server=instance.host, instance=instance,
                          console_type=console_type)

    def get_mks_console(self, context, instance, console_type):
        """Return a URL with a token."""
        return self._call(context, 'get_mks_console', server=instance.host, instance=instance,
                          console_type=console_type)

    def validate_console_port(self, context, instance, port, console_type):
        """Tell whether a console is still at a port of the server's host."""
        return self._call(context, 'validate_console_port', server=instance.host, instance=instance, port=port,
                          console_type=console_type)

    def get_diagnostics(self, context, instance):
        """Return the driver's own diagnostics (below 2.48)."""
        return self._call(context, 'get_diagnostics', server=instance.host, instance=instance)

    def get_instance_diagnostics(self, context, instance):
        """Return diagnostics in the standard form (2.48)."""
        return self._call(context, 'get_instance_diagnostics', server=instance.host, instance=instance)

    def get_host_uptime(self, context, host):
        """Return what `uptime` prints on a host."""
        return self._call(context, 'get_host_uptime', server=host)

    def cache_images(self, context, host, image_ids):
        """Have a host fetch images into its cache; return {image id: 'existing', 'cached', 'error', 'unsupported'}."""
        return self._long_call(context, 'cache_images', server=host, image_ids=image_ids)

    def get_inventory(self, context, host):
        """Return what exists on a host, for `nova-manage verify`."""
        return self._call(context, 'get_inventory', server=host, timeout=30)
