# SPDX-License-Identifier: Apache-2.0
"""What networks a caller wants for a server.  Nova: nova/objects/network_request.py."""
from mininova.objects import base, fields

NETWORK_ID_NONE = 'none'
NETWORK_ID_AUTO = 'auto'


@base.register
class NetworkRequest(base.NovaObject):
    """One card: a network, optionally an address of it; ``network_id`` may also be 'auto' or 'none' (2.37)."""
    VERSION = '1.0'
    fields = {'network_id': fields.text(default=None), 'address': fields.text(default=None),
              'port_id': fields.text(default=None), 'tag': fields.text(default=None)}

    def __init__(self, context=None, **kwargs):
        super().__init__(context, **{name: kwargs.get(name) for name in self.fields})

    @property
    def auto_allocate(self):
        """Whether the cloud shall choose the network."""
        return self.network_id == NETWORK_ID_AUTO

    @property
    def no_allocate(self):
        """Whether the server shall have no card at all."""
        return self.network_id == NETWORK_ID_NONE

    def to_tuple(self):
        """Return (network_id, address, port_id)."""
        return self.network_id, self.address, self.port_id


@base.register
class NetworkRequestList(base.ObjectListBase, base.NovaObject):
    """The cards in the order the guest shall see them; empty means that nothing was said."""
    VERSION = '1.0'
    fields = {'objects': fields.ListOfObjectsField('NetworkRequest')}

    @property
    def auto_allocate(self):
        """Whether the whole request is 'auto'."""
        return len(self.objects) == 1 and self.objects[0].auto_allocate

    @property
    def no_allocate(self):
        """Whether the whole request is 'none'."""
        return len(self.objects) == 1 and self.objects[0].no_allocate

    @property
    def is_single_unspecified(self):
        """Whether one card was asked for without saying of which network."""
        return len(self.objects) == 1 and self.objects[0].to_tuple() == (None, None, None)

    def as_tuples(self):
        """Return the requests as tuples."""
        return [request.to_tuple() for request in self.objects]

    def to_document(self):
        """Return the requests as plain dictionaries, as a request spec keeps them."""
        return [{name: getattr(request, name) for name in request.fields} for request in self.objects]

    @classmethod
    def from_document(cls, document):
        """Build from what a request spec kept; None is an empty list."""
        return cls(objects=[NetworkRequest(**request) for request in document or ()])
