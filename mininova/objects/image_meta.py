# SPDX-License-Identifier: Apache-2.0
"""ImageMeta: what is known of the image of a server.  Nova: nova/objects/image_meta.py."""
from mininova.objects import base, fields

PREFIX = 'image_'
INHERITED = ('id', 'name', 'disk_format', 'container_format', 'min_ram', 'min_disk', 'size', 'status', 'owner',
             'checksum')
BASE_KEYS = tuple(f'base_image_{name}' for name in ('ref',))


@base.register
class ImageMeta(base.NovaObject):
    """``size`` in bytes, ``min_ram`` in MiB, ``min_disk`` in GiB; ``properties`` are texts such as hw_disk_bus."""
    VERSION = '1.0'
    fields = {
        'id': fields.text(), 'name': fields.text(), 'status': fields.text(), 'visibility': fields.text(),
        'protected': fields.BooleanField(nullable=True), 'checksum': fields.text(), 'owner': fields.text(),
        'size': fields.integer(), 'container_format': fields.text(), 'disk_format': fields.text(),
        'created_at': fields.time(), 'updated_at': fields.time(), 'min_ram': fields.IntegerField(),
        'min_disk': fields.IntegerField(),
        'properties': fields.DictOfNullableStringsField(),
    }

    @classmethod
    def from_dict(cls, image):
        """Build from the dictionary of :mod:`mininova.image.api`; absent keys become None or 0."""
        image = image or {}
        properties = {key: None if value is None else str(value) for key,
                      value in (image.get('properties') or {}).items()}
        self = cls(id=image.get('id'), name=image.get('name'), status=image.get('status'),
                   visibility=image.get('visibility'),
                   protected=image.get('protected'), checksum=image.get('checksum'), owner=image.get('owner'),
                   size=image.get('size'), container_format=image.get('container_format'),
                   disk_format=image.get('disk_format'),
                   created_at=image.get('created_at'), updated_at=image.get('updated_at'),
                   min_ram=int(image.get('min_ram') or 0), min_disk=int(image.get('min_disk') or 0),
                   properties=properties)
        self.obj_reset_changes()
        return self

    def to_system_metadata(self):
        """Return the image as `image_*` keys: what a server keeps of it after the image is gone."""
        kept = {PREFIX + name: str(getattr(self, name)) for name in INHERITED
                if getattr(self, name) is not None and name not in ('id', 'name')}
        kept.update({PREFIX + key: value for key, value in self.properties.items()})
        if self.id:
            kept['image_base_image_ref'] = self.id
        if self.name is not None:
            kept['image_name'] = self.name
        return kept

    @classmethod
    def from_instance(cls, instance):
        """Build from what a server kept of its image."""
        kept = {key[len(PREFIX):]: value for key, value in instance.system_metadata.items() if key.startswith(PREFIX)}
        image = {name: kept.pop(name, None) for name in INHERITED if name not in ('id',)}
        image['id'] = kept.pop('base_image_ref', None) or instance.image_ref
        image['size'] = int(image['size']) if image['size'] else None
        image['properties'] = kept
        return cls.from_dict(image)
