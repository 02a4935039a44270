# SPDX-License-Identifier: Apache-2.0
"""API: all that Nova asks of the volume service, of which this cloud has none.  Nova: nova/volume/cinder.py.

Used by nova-api.  A cloud without a volume service has no volumes and no snapshots, and says so: lists are empty, every
id is unknown, nothing can be created.  (Nova itself answers 500 there, because its catalog has no such service.)
"""
from mininova import exception


class API:
    """What is asked, and the answer of a cloud without volumes."""

    def get(self, context, volume_id):
        """Give one volume.

        :raises VolumeNotFound: (404)
        """
        raise exception.VolumeNotFound(volume_id=volume_id)

    def get_all(self, context):
        """List the volumes of the caller's project."""
        return []

    def create(self, context, snapshot_id=None):
        """Make a volume.

        :raises SnapshotNotFound: it shall be made of one that there is not (404)
        :raises UnsupportedInNoVolumeService: (400)
        """
        if snapshot_id is not None:
            self.get_snapshot(context, snapshot_id)
        raise exception.UnsupportedInNoVolumeService(what='to create a volume')

    def get_snapshot(self, context, snapshot_id):
        """Give one snapshot of a volume.

        :raises SnapshotNotFound: (404)
        """
        raise exception.SnapshotNotFound(snapshot_id=snapshot_id)

    def get_all_snapshots(self, context):
        """List the snapshots of the caller's project."""
        return []

    def create_snapshot(self, context, volume_id):
        """Make a snapshot of a volume.

        :raises VolumeNotFound: its code is 400, as of an id in a body
        """
        raise exception.VolumeNotFound(volume_id=volume_id, code=400)
