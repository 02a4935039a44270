# SPDX-License-Identifier: Apache-2.0
"""Commands that are fed through a pipe, in the process of a service: with eventlet."""
import subprocess
import sys

import pytest

FEED = '''
from mininova import concurrency
concurrency.choose('eventlet')
import subprocess
command = ['sh', '-c', 'exec 0<&-; sleep 0.1; echo done']
print(subprocess.run(command, input='x' * {size}, text=True, capture_output=True).stdout)
'''


@pytest.mark.parametrize('size', [10, 300000])
def test_a_command_that_ends_without_reading_its_input_is_not_waited_for(size):
    command = [sys.executable, '-W', 'ignore', '-c', FEED.format(size=size)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.strip() == 'done'
