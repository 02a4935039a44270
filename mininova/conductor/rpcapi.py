# SPDX-License-Identifier: Apache-2.0
"""What can be asked of nova-conductor over RPC.  Nova: nova/conductor/rpcapi.py.

``ConductorAPI`` is the database gateway of services without one, ``ComputeTaskAPI`` starts workflows.

Version history:

* 1.0 - first
"""
from mininova import rpc, servicegroup

TOPIC = 'conductor'
OBJECT_TIMEOUT = 60
# What only reads is asked again after so long: a broker that dies takes requests and answers with it, and a reconciler
# that waits for one of them finishes nobody's work meanwhile.
READ_TIMEOUT = 15


class ConductorAPI(rpc.Client):
    """The three generic object methods; this is what NovaObject.indirection_api is set to."""
    TOPIC = TOPIC
    VERSION = '1.0'

    def object_class_action_versions(self, context, objname, objmethod, object_versions, args, kwargs):
        reads = objmethod.startswith('get_')
        tries, timeout = (OBJECT_TIMEOUT // READ_TIMEOUT, READ_TIMEOUT) if reads else (1, OBJECT_TIMEOUT)
        for left in reversed(range(tries)):
            try:
                return self._call(context, 'object_class_action_versions', timeout=timeout, objname=objname,
                                  objmethod=objmethod, object_versions=object_versions, args=args, kwargs=kwargs)
            except rpc.MessagingTimeout:
                if not left:
                    raise

    def object_action(self, context, objinst, objmethod, args, kwargs):
        timeout = servicegroup.answer_timeout() if objmethod == 'heartbeat' else OBJECT_TIMEOUT
        return self._call(context, 'object_action', timeout=timeout, objinst=objinst, objmethod=objmethod, args=args,
                          kwargs=kwargs)

    def object_backport_versions(self, context, objinst, object_versions):
        return self._call(context, 'object_backport_versions', objinst=objinst, object_versions=object_versions)

    def ping(self, context):
        """Return True when a conductor and its database answer."""
        return self._call(context, 'ping_database', timeout=5)


class ComputeTaskAPI(rpc.Client):
    """Workflows that span hosts."""
    TOPIC = TOPIC
    VERSION = '1.0'
    NAMESPACE = 'compute_task'

    def build_instances(self, context, instance_uuids, admin_password=None, injected_files=None):
        """Schedule and build servers whose rows and request specs are written; a wake-up, the reconciler would find
        them too."""
        self._cast(context, 'build_instances', instance_uuids=instance_uuids, admin_password=admin_password,
                   injected_files=injected_files)

    def reschedule(self, context, instance, failed_host, reason, alternates, admin_password=None, injected_files=None):
        """Take a server whose build failed on a host, cleaned up there, to the next one."""
        self._cast(context, 'reschedule', instance=instance, failed_host=failed_host, reason=reason,
                   alternates=alternates,
                   admin_password=admin_password, injected_files=injected_files)

    def migrate_server(self, context, instance):
        """Find a new host for a server whose resize or migration was accepted, and have it moved."""
        self._cast(context, 'migrate_server', instance=instance)

    def confirm_resize(self, context, instance):
        """Finish the confirmation of a move whose old host is down."""
        self._cast(context, 'confirm_resize', instance=instance)

    def redeliver(self, context, instance):
        """Send a server's host the message of its current action again, with the secrets that were sealed for it."""
        self._cast(context, 'redeliver', instance=instance)

    def delete_unhosted(self, context, instance):
        """Finish the deletion of a server that is on no host, or whose host is down."""
        self._cast(context, 'delete_unhosted', instance=instance)

    def restore_unhosted(self, context, instance):
        """Take back a server that was deleted while it was on no host."""
        self._cast(context, 'restore_unhosted', instance=instance)

    def unshelve_instance(self, context, instance):
        """Bring a shelved server back; a wake-up: what was asked is in the action's record."""
        self._cast(context, 'unshelve_instance', instance=instance)

    def live_migrate_instance(self, context, instance, wait=False):
        """Find a host for a running server and have it moved there; a wake-up, unless the caller waits for the checks.

        :param wait: return when a host is found that passes all checks
        :raises NoValidHost, MigrationPreCheckError, ...: there is none; only with `wait`
        """
        if wait:
            self._call(context, 'live_migrate_instance', instance=instance, wait=True)
        else:
            self._cast(context, 'live_migrate_instance', instance=instance, wait=False)

    def cache_images(self, context, aggregate, image_ids):
        """Have the hosts of an aggregate fetch images; nothing depends on it, so nobody makes up for a lost message."""
        self._cast(context, 'cache_images', aggregate=aggregate, image_ids=image_ids)

    def evacuate_instance(self, context, instance):
        """Find a host for a server of one that is down and have it built there; a wake-up."""
        self._cast(context, 'evacuate_instance', instance=instance)
