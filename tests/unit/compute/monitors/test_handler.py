# SPDX-License-Identifier: Apache-2.0
"""MonitorHandler, and the monitor of processors."""
import logging

import pytest

from mininova.compute.monitors import handler
from mininova.compute.monitors.cpu import virt_driver


class Driver:
    """Says what processors did, one answer after the other."""

    def __init__(self, *answers):
        self.answers = list(answers)

    def get_host_cpu_stats(self):
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return dict(zip(('kernel', 'idle', 'user', 'iowait', 'frequency'), answer, strict=True))


def test_shares_are_of_the_time_since_the_last_look():
    monitor = virt_driver.Monitor(Driver((100, 600, 200, 100, 2400), (110, 620, 250, 120, 2500),
                                         (110, 620, 250, 120, 2500)))
    first = monitor.measure()
    assert (first['cpu.frequency'], first['cpu.user.time'], first['cpu.percent']) == (2400, 200, pytest.approx(0.4))
    second = monitor.measure()
    assert {name: value for name, value in second.items() if name.endswith('percent')} == pytest.approx({
        'cpu.kernel.percent': 0.1, 'cpu.idle.percent': 0.2, 'cpu.user.percent': 0.5, 'cpu.iowait.percent': 0.2,
        'cpu.percent': 0.8})
    assert monitor.measure() == second


def test_a_host_that_started_anew_has_shares_again():
    monitor = virt_driver.Monitor(Driver((1000, 1000, 1000, 1000, 1), (1, 6, 2, 1, 1), (2, 7, 2, 1, 1)))
    monitor.measure()
    for _ in range(2):
        assert all(0 <= value <= 1 for name, value in monitor.measure().items() if name.endswith('percent'))


def test_every_metric_says_when_and_by_whom_it_was_measured(conf):
    conf.config(compute_monitors=['cpu.virt_driver'])
    found = handler.MonitorHandler(Driver((1, 2, 3, 4, 5))).collect()
    assert len(found) == 10
    assert {metric['source'] for metric in found} == {'cpu.virt_driver'}
    assert set(found[0]) == {'name', 'value', 'timestamp', 'source'}


def test_without_the_option_nothing_is_measured():
    assert handler.MonitorHandler(Driver()).collect() == []


def test_a_name_without_a_kind_is_one_of_processors_and_one_of_a_kind_is_enough(conf, caplog):
    conf.config(compute_monitors=['virt_driver', 'cpu.none', 'disk.speed'])
    with caplog.at_level(logging.WARNING):
        made = handler.MonitorHandler(Driver())
    assert [name for name, _monitor in made.monitors] == ['cpu.virt_driver']
    assert 'cpu.none, disk.speed is not used. There are cpu.virt_driver' in caplog.text


def test_a_driver_that_cannot_is_told_and_harms_nothing(conf, caplog):
    conf.config(compute_monitors=['cpu.virt_driver'])
    with caplog.at_level(logging.WARNING):
        assert handler.MonitorHandler(Driver(NotImplementedError())).collect() == []
    assert 'Monitor cpu.virt_driver could not measure' in caplog.text
