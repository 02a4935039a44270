# SPDX-License-Identifier: Apache-2.0
"""What a driver may ask of the compute manager.  Runs in nova-compute.  Nova: nova/virt/virtapi.py.

Drivers know nothing of metadata documents, services or events of other services: the manager hands
them an object of this shape.
"""
import contextlib


class VirtAPI:
    """The manager's side of the driver contract; the base does nothing, which suits tests and tools."""

    def config_drive_files(self, instance, network_info, admin_password, injected_files):
        """Return the content of the instance's config drive.

        :param injected_files: list of (path in the guest, bytes)
        :returns: dict of path on the drive (relative, '/' between parts) to bytes
        """
        return {}

    def renew_config_drive_files(self, files, instance, network_info):
        """Write into the content of a config drive where the guest's devices are by now (``device_metadata``).

        :param files: what `config_drive_files` returned; changed
        :returns: whether that made a difference: there are devices with a tag
        """
        return False

    @contextlib.contextmanager
    def wait_for_instance_event(self, instance, event_names, deadline=300, error_callback=None):
        """Do the body, then wait until all named external events (such as network-vif-plugged) came.

        :param event_names: list of (name, tag)
        :param deadline: seconds
        :param error_callback: called with (event name, instance) for an event that reports failure;
            returns True to go on waiting
        """
        yield

    def is_overtaken(self, instance):
        """Say whether something else was asked of a server since the action under way: a long wait is then pointless.

        Cheap enough to be asked several times a second.
        """
        return False

    def host_available(self, available, reason=None):
        """Hear that the hypervisor stopped or started to answer.

        :param available: False makes the scheduler avoid this host until it is True again
        :param reason: one sentence for the operator
        """
