# SPDX-License-Identifier: Apache-2.0
"""nova-conductor: the database gateway of compute hosts, and the owner of workflows.

``ConductorManager`` has the three generic object methods, ``ComputeTaskManager`` the entry points of the workflows;
each workflow is a class in ``mininova/conductor/tasks``.  Nova: nova/conductor/manager.py.
"""
import mininova.conf
from mininova import exception, manager, rpc
from mininova.compute import waiting
from mininova.conductor import reconciler, worker
from mininova.conductor.tasks import build, cache_images, delete, evacuate, live_migrate, migrate, redeliver, unshelve
from mininova.objects import base as objects_base

CONF = mininova.conf.CONF


class ConductorManager(manager.Manager):
    """Runs methods of objects for services that have no database."""
    target = rpc.Target(version='1.0')

    def __init__(self, host, service_name):
        super().__init__(host, service_name)
        self.worker = worker.ConductorWorker(host, service_name)
        self.compute_task = ComputeTaskManager(self.worker)
        self.reconciler = reconciler.ConductorReconciler(self.compute_task, self.worker)

    def endpoints(self):
        return [self, self.compute_task]

    def init_host(self, service_ref):
        self.worker.beat()

    def periodic_tasks(self):
        return [(worker.beat_interval, self.worker.beat, None),
                (lambda: CONF.reconciler.interval, self.reconciler.run, 1),
                (waiting.spacing, self.compute_task.deletes.reclaim, None)]

    def cleanup_host(self):
        self.worker.leave()

    def ping_database(self, context):
        """Return True: whoever hears it knows that a conductor and its database answer."""
        self.worker.beat()
        return True

    # What an object refuses is for the caller to hear and to handle: no error of conductor's.
    @rpc.expected_exceptions(exception.NovaException)
    def object_class_action_versions(self, context, objname, objmethod, object_versions, args, kwargs):
        """Run a class method of an object and return what it gives."""
        objclass = objects_base.NovaObject.obj_class_from_name(objname, object_versions[objname])
        return self._remotable(objclass, objmethod)(context, *args, **kwargs)

    @rpc.expected_exceptions(exception.NovaException)
    def object_action(self, context, objinst, objmethod, args, kwargs):
        """Run a method of an object.

        :returns: (fields it changed as primitives, its result)
        """
        before = objinst.obj_snapshot()
        result = self._remotable(objinst, objmethod)(*args, **kwargs)
        return objinst.obj_updates_since(before), result

    def object_backport_versions(self, context, objinst, object_versions):
        """Return an object in the versions that an older service knows."""
        return objinst.obj_to_primitive(target_version=object_versions[objinst.obj_name()],
                                        version_manifest=object_versions)

    @staticmethod
    def _remotable(target, name):
        method = None if name.startswith('_') else getattr(target, name, None)
        if not getattr(method, 'remotable', False):
            raise exception.ObjectActionError(action=name, reason='it is not a method that may be called remotely')
        return method


class ComputeTaskManager:
    """Workflows: each method hands over to a class in conductor/tasks."""
    target = rpc.Target(namespace='compute_task', version='1.0')

    def __init__(self, worker_):
        self.worker = worker_
        self.builds = build.BuildTask(worker_)
        self.deletes = delete.DeleteTask(worker_)
        self.unshelving = unshelve.UnshelveTask(worker_)
        self.redelivery = redeliver.RedeliverTask()
        self.moves = migrate.MigrateTask(worker_)
        self.live_migrations = live_migrate.LiveMigrationTask(worker_)
        self.evacuations = evacuate.EvacuateTask(worker_)
        self.image_caching = cache_images.CacheImagesTask()

    def build_instances(self, context, instance_uuids, admin_password=None, injected_files=None):
        self.builds.execute(context, instance_uuids, admin_password, injected_files)

    def reschedule(self, context, instance, failed_host, reason, alternates, admin_password=None, injected_files=None):
        self.builds.reschedule(context, instance, failed_host, reason, alternates, admin_password, injected_files)

    def migrate_server(self, context, instance):
        self.moves.execute(context, instance)

    @rpc.expected_exceptions(exception.NovaException)
    def live_migrate_instance(self, context, instance, wait=False):
        error = self.live_migrations.execute(context, instance)
        if wait and error is not None:
            raise error

    def evacuate_instance(self, context, instance):
        self.evacuations.execute(context, instance)

    def cache_images(self, context, aggregate, image_ids):
        self.image_caching.execute(context, aggregate, image_ids)

    def confirm_resize(self, context, instance):
        self.moves.confirm(context, instance)

    def redeliver(self, context, instance):
        self.redelivery.execute(context, instance)

    def delete_unhosted(self, context, instance):
        self.deletes.execute(context, instance)

    def unshelve_instance(self, context, instance):
        self.unshelving.execute(context, instance)

    def restore_unhosted(self, context, instance):
        self.deletes.execute(context, instance)
