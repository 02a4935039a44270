# SPDX-License-Identifier: Apache-2.0
"""RequestSpec: what the scheduler must place, kept with the server.  Nova: nova/objects/request_spec.py."""
from mininova import exception
from mininova.objects import base, fields
from mininova.objects import flavor as flavor_obj
from mininova.objects import image_meta as image_meta_obj
from mininova.virt import hardware

db = base.Database('request_specs')

PLAIN = ('instance_uuid', 'project_id', 'user_id', 'num_instances', 'availability_zone', 'force_hosts', 'force_nodes',
         'requested_host', 'requested_node', 'ignore_hosts', 'scheduler_hints', 'requested_networks', 'group',
         'attempts', 'security_groups', 'pci_requests')


@base.register
class RequestSpec(base.NovaObject):
    """``scheduler_hints`` maps a hint to a list of texts; ``attempts`` lists {'host', 'reason'} of failed builds.

    ``kept_pagesizes``, KiB for each NUMA node, is set for a guest that moves while it runs, with the pages and the
    nodes that it has; it is never stored.
    ``pci_requests`` are documents of InstancePCIRequests: what the aliases in the flavor's extra specs meant when the
    server got the flavor.
    ``intent`` is what else a lost create needs to be driven again (password, injected files), sealed; it is dropped
    when
    the server runs.
    """
    VERSION = '1.0'
    OBJ_IDENTITY = ('instance_uuid',)
    fields = {
        'instance_uuid': fields.UUIDField(), 'project_id': fields.text(), 'user_id': fields.text(),
        'flavor': fields.ObjectField('Flavor'), 'image': fields.ObjectField('ImageMeta', nullable=True),
        'num_instances': fields.IntegerField(default=1), 'availability_zone': fields.text(),
        'force_hosts': fields.ListOfStringsField(default=[]), 'force_nodes': fields.ListOfStringsField(default=[]),
        'requested_host': fields.text(), 'requested_node': fields.text(),
        'ignore_hosts': fields.ListOfStringsField(default=[]),
        'scheduler_hints': fields.JsonField(default={}), 'requested_networks': fields.JsonField(nullable=True),
        'group': fields.JsonField(nullable=True), 'attempts': fields.JsonField(default=[]),
        'security_groups': fields.ListOfStringsField(default=[]), 'intent': fields.text(),
        'kept_pagesizes': fields.JsonField(nullable=True), 'pci_requests': fields.JsonField(nullable=True),
    }

    def get_hint(self, name, default=None):
        """Return a hint's single value, or `default`."""
        values = (self.scheduler_hints or {}).get(name)
        return values[0] if values else default

    @property
    def disk_gb(self):
        """What the server takes of a host's disk, GiB: root, ephemeral and swap rounded up."""
        return self.flavor.root_gb + self.flavor.ephemeral_gb + -(-self.flavor.swap // 1024)

    @property
    def vcpus(self):
        """What the server takes of a host's shared virtual CPUs: all but those that get a CPU of their own."""
        return self.flavor.vcpus if self._kept() == [] else hardware.shared_vcpus(self.flavor, self._image())

    @property
    def numa_topology(self):
        """The document of the InstanceNUMATopology that the server wants, None for none."""
        kept = self._kept()
        return None if kept == [] else hardware.describe_wishes(self.flavor, self._image(), kept)

    def _kept(self):
        return self.kept_pagesizes if self.obj_attr_is_set('kept_pagesizes') else None

    def _image(self):
        return self.image if self.obj_attr_is_set('image') else None

    def to_claim(self):
        """Return (vcpus, memory_mb, disk_gb, numa_topology, pci_requests) that the server takes of a host."""
        pci_requests = self.pci_requests if self.obj_attr_is_set('pci_requests') else None
        return self.vcpus, self.flavor.memory_mb, self.disk_gb, self.numa_topology, pci_requests

    def describe_hardware(self):
        """Return what else than amounts it wants of a host, for a sentence that has just named those."""
        *_, numa_topology, pci_requests = self.to_claim()
        devices = ', '.join(f'{each["count"]} PCI devices of alias {each["alias_name"]}' for each in pci_requests or ())
        return (' as its NUMA topology wants them' if numa_topology else '') + (f', with {devices}' if devices else '')

    def to_document(self):
        """Return what is stored: a plain dictionary."""
        document = {name: getattr(self, name) for name in PLAIN if self.obj_attr_is_set(name)}
        document['flavor'] = self.flavor.to_embedded()
        if self.obj_attr_is_set('image') and self.image is not None:
            document['image'] = self.image_document(self.image)
        return document

    @staticmethod
    def image_document(image):
        """Return what is stored of an ImageMeta."""
        return {name: getattr(image, name) for name in image.fields
                if name not in ('created_at', 'updated_at') and image.obj_attr_is_set(name)}

    @classmethod
    def from_document(cls, context, document, intent=None):
        image = document.get('image')
        plain = {name: document[name] for name in PLAIN if name in document}
        self = cls(context, flavor=flavor_obj.Flavor.from_embedded(context, document['flavor']),
                   image=None if image is None else image_meta_obj.ImageMeta.from_dict(image), intent=intent, **plain)
        self.obj_set_defaults_if_unset()
        self.obj_reset_changes()
        return self

    def obj_set_defaults_if_unset(self):
        for name, field in self.fields.items():
            if not self.obj_attr_is_set(name):
                default = field.default
                value = None if not isinstance(default, (list, dict, int, str)) else default
                if value is None and not field.nullable:
                    continue
                setattr(self, name, type(value)(value) if isinstance(value, (list, dict)) else value)

    @base.remotable_classmethod
    def get_by_instance_uuid(cls, context, instance_uuid):
        """Return the spec of a server.

        :raises RequestSpecNotFound: there is none (404)
        """
        row = db.get(instance_uuid)
        if row is None:
            raise exception.RequestSpecNotFound(instance_uuid=instance_uuid)
        return cls.from_document(context, row['spec'], row['intent'])

    def save(self):
        """Write the whole spec; only for services with a database."""
        values = {'spec': self.to_document()}
        if 'intent' in self.obj_what_changed():
            values['intent'] = self.intent
        db.update(self.instance_uuid, values)
        self.obj_reset_changes()

    @base.remotable_classmethod
    def set_image(cls, context, instance_uuid, image):
        """Write the image of a server, a document as :meth:`image_document` gives it, and nothing else."""
        db.set_image(instance_uuid, image)

    @base.remotable_classmethod
    def add_attempt(cls, context, instance_uuid, host, reason):
        """Keep that a build failed on a host, and why."""
        db.add_attempt(instance_uuid, {'host': host, 'reason': reason})
