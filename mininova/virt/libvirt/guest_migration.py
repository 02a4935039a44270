# SPDX-License-Identifier: Apache-2.0
"""The migration job of one domain.  Runs in nova-compute.  Nova: the same methods of nova/virt/libvirt/guest.py."""
from mininova import exception
from mininova.virt import migration
from mininova.virt.libvirt.clib import libvirt


class GuestMigration:
    """Part of :class:`mininova.virt.libvirt.guest.Guest`."""

    def migrate(self, uri, flags, parameters):
        """Move the domain to another libvirtd; returns when it has arrived.

        :param uri: of that libvirtd, as this one reaches it
        :param parameters: {libvirt.VIR_MIGRATE_PARAM_...: value}
        """
        self._call('migrateToURI3', uri, parameters, flags)

    def migration_job(self):
        """Return the JobInfo of the migration that takes the domain away, None if there is none."""
        stats = self._job_stats()
        if stats.get('operation') != libvirt.VIR_DOMAIN_JOB_OPERATION_MIGRATION_OUT or (
                stats.get('type') == libvirt.VIR_DOMAIN_JOB_NONE):
            return None
        return migration.JobInfo(**{
            f'{kind}_{name}': stats.get(f'{kind}_{name}', 0) for kind in ('memory', 'disk')
            for name in ('total', 'processed', 'remaining')})

    def _job_stats(self):
        try:
            return self._call('jobStats', 0)
        except exception.InstanceNotFound:
            return {}
        except libvirt.libvirtError as error:
            # It does not run; or it is just being moved away, and not to be asked.
            if error.get_error_code() in (libvirt.VIR_ERR_OPERATION_INVALID, libvirt.VIR_ERR_OPERATION_UNSUPPORTED,
                                          libvirt.VIR_ERR_OPERATION_TIMEOUT):
                return {}
            raise

    def live_state(self):
        """Return where the domain stands, one of virt.driver.LIVE_STATES."""
        if self.migration_job() is not None:
            return 'outgoing'
        try:
            state, reason = self._call('state')
        except exception.InstanceNotFound:
            return 'none'
        if state == libvirt.VIR_DOMAIN_PAUSED and reason in (libvirt.VIR_DOMAIN_PAUSED_MIGRATION,
                                                             libvirt.VIR_DOMAIN_PAUSED_STARTING_UP):
            return 'incoming'
        if state in (libvirt.VIR_DOMAIN_SHUTOFF, libvirt.VIR_DOMAIN_CRASHED, libvirt.VIR_DOMAIN_NOSTATE):
            return 'off'
        return 'here'

    def abort_job(self):
        """Stop the job that is under way."""
        self._call('abortJob')

    def set_max_downtime(self, milliseconds):
        """Say how long the domain may stand still at the end of its migration."""
        self._call('migrateSetMaxDowntime', milliseconds)

    def start_postcopy(self):
        """Let the domain run on the destination now; its memory follows."""
        self._call('migrateStartPostCopy')

    def is_persistent(self):
        """Say whether the domain is defined, not only running."""
        return bool(self._call('isPersistent'))

    def migratable_document(self):
        """Return the document that a migration may change, with all secrets that it holds."""
        return self._call('XMLDesc', libvirt.VIR_DOMAIN_XML_MIGRATABLE | libvirt.VIR_DOMAIN_XML_SECURE)

    def document(self):
        """Return the document of the domain as it runs."""
        return self._call('XMLDesc', libvirt.VIR_DOMAIN_XML_MIGRATABLE)
