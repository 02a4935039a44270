# SPDX-License-Identifier: Apache-2.0
"""Named places at which tests kill a service, to prove that work survives.

Every step of a long operation is bracketed by ``crashpoint('create.C9.accepted')``.  In production
the call is one comparison.  With ``MININOVA_CRASHPOINT=create.C9.accepted`` in the environment the
process sends itself SIGKILL when it gets there; ``@/path`` behind the name makes it do so only once
(the file is created first), so that a restarted service gets past the place.

The names are those of the create and delete steps in doc/source/reliability.rst.
"""
import os
import signal

ENVIRONMENT = 'MININOVA_CRASHPOINT'

_wanted, _, _once = os.environ.get(ENVIRONMENT, '').partition('@')
observers = []


def crashpoint(name):
    """Mark a place between two durable steps.

    :param name: ``operation.step.what``; ``.before`` and ``.after`` bracket one step
    """
    for observer in observers:
        observer(name)
    if _wanted and name == _wanted:
        _die()


def _die():
    if _once:
        try:
            os.close(os.open(_once, os.O_CREAT | os.O_EXCL))
        except FileExistsError:
            return
    os.kill(os.getpid(), signal.SIGKILL)
