# SPDX-License-Identifier: Apache-2.0
"""CPU of one remote save of a server: python -m benchmarks.bench_save

All that both ends do with objects, without broker and database: the compute host changes the task state and saves;
the sparse object is written, sent as JSON, read by conductor, saved (the SQL is left out), and the answer goes back the
same way.  For comparison the same with a whole object, as Nova does it.  Floor: json.dumps and json.loads of the same
two messages.
"""
import mininova.cmd  # noqa: F401  (first: it patches the standard library)

# isort: split
import datetime
import json
import sys
import time
import uuid
from unittest import mock

from benchmarks import common
from mininova import context as nova_context
from mininova import objects
from mininova.conductor import manager
from mininova.objects import base, fields, instance


class Wire:
    """Stands for both conductor and the bus; keeps the last two messages."""

    def __init__(self):
        self._serializer = base.NovaObjectSerializer()
        self.messages = []

    def _send(self, context, value):
        text = json.dumps(self._serializer.serialize_entity(context, value))
        self.messages.append(text)
        return self._serializer.deserialize_entity(context, json.loads(text))

    def object_action(self, context, objinst, objmethod, args, kwargs):
        self.messages = []
        received = self._send(context, {'objinst': objinst, 'objmethod': objmethod, 'args': list(args),
                                        'kwargs': kwargs})
        base.NovaObject.indirection_api = None
        try:
            result = manager.ConductorManager.object_action(manager.ConductorManager, context, **received)
        finally:
            base.NovaObject.indirection_api = self
        return self._send(context, result)


def server(context):
    """Return a server with everything set, as a compute host has it."""
    flavor = objects.Flavor(context, id=1, flavorid='1', name='m1.small', memory_mb=2048, vcpus=1, root_gb=20,
                            ephemeral_gb=0, swap=0, extra_specs={'hw:cpu_policy': 'shared'}, projects=[])
    now = datetime.datetime(2026, 1, 1)
    made = objects.Instance(context, uuid=str(uuid.uuid4()), id=1, flavor=flavor, metadata={'role': 'web'}, tags=['a'],
                            system_metadata={f'image_hw_{number}': 'x' for number in range(10)}, created_at=now,
                            updated_at=now)
    for name, field in made.fields.items():
        if not made.obj_attr_is_set(name) and isinstance(field, fields.TextField):
            setattr(made, name, f'value of {name}')
    flavor.obj_reset_changes()
    made.obj_reset_changes()
    return made


def cpu(function, times):
    """Return CPU milliseconds of each of five rounds of calls, per call."""
    rounds = []
    for _ in range(5):
        began = time.process_time()
        for _ in range(times):
            function()
        rounds.append((time.process_time() - began) * 1000 / times)
    return rounds


def main():
    options = common.arguments(__doc__, (('--times',), {'type': int, 'default': 500}))
    times = 20 if options.quick else options.times
    common.machine()
    objects.register_all()
    context = nova_context.get_admin_context()
    subject = server(context)
    wire = base.NovaObject.indirection_api = Wire()
    states = ('networking', 'spawning')

    def save():
        subject.task_state = states[subject.task_state == states[0]]
        subject.save(expected_task_state=list(states))

    now = datetime.datetime(2026, 1, 1)
    with mock.patch.object(instance, 'db', mock.Mock(compare_and_swap=lambda *arguments: (True, now))):
        taken = cpu(save, times)
        messages = [json.loads(text) for text in wire.messages]
        print(f'{" + ".join(str(len(text)) for text in wire.messages)} bytes')
        with mock.patch.object(objects.Instance, 'obj_sparse', lambda self: self):
            whole = cpu(save, max(1, times // 5))
        print(f'whole object: {len(wire.messages[0])} bytes, {common.percentile(whole, 0.5):.3f} ms')
    base.NovaObject.indirection_api = None
    floor = cpu(lambda: [json.loads(json.dumps(message)) for message in messages], times)
    within = common.show('one remote save, CPU', taken, 'ms', common.percentile(floor, 0.5), 0.4)
    return 0 if within else 1


if __name__ == '__main__':
    sys.exit(main())
