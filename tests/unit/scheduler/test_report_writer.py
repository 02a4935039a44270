# SPDX-License-Identifier: Apache-2.0
"""ReportWriter: nobody waits, nothing is lost."""
from mininova import concurrency
from mininova.scheduler import report_writer


class Decision:
    """Stands for a decision; its reports are its own name."""
    context = None

    def __init__(self, name):
        self.name = name

    def reports(self):
        return [self.name]


def test_what_comes_while_it_writes_is_written_together(conf, monkeypatch):
    batches, gate = [], concurrency.event()

    def store(context, reports):
        gate.wait(10)
        batches.append(reports)
    monkeypatch.setattr('mininova.objects.SchedulingReportList.store', store)
    writer = report_writer.ReportWriter()
    writer.put(Decision('first'))
    concurrency.sleep(0.05)
    for name in ('second', 'third'):
        writer.put(Decision(name))
    assert batches == []
    gate.set()
    writer.flush(10)
    assert batches == [['first'], ['second', 'third']]


def test_an_error_does_not_stop_the_next(conf, monkeypatch):
    stored = []

    def store(context, reports):
        if reports == ['bad']:
            raise RuntimeError('disk full')
        stored.extend(reports)
    monkeypatch.setattr('mininova.objects.SchedulingReportList.store', store)
    writer = report_writer.ReportWriter()
    for name in ('bad', 'good'):
        writer.put(Decision(name))
        writer.flush(10)
    assert stored == ['good']
