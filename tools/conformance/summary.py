# SPDX-License-Identifier: Apache-2.0
"""Counts of a Tempest run, read as subunit from standard input: passed, failed, skipped by reason."""

import collections
import sys

import subunit
import testtools


class Results(testtools.StreamResult):
    """Collects one status, and the reason of a skip, for every test."""

    def __init__(self):
        self.status_of = {}
        self.reason_of = collections.defaultdict(bytes)

    def status(self, test_id=None, test_status=None, file_name=None, file_bytes=None, **_):
        if file_name == 'reason':
            self.reason_of[test_id] += file_bytes
        if test_id and test_status not in (None, 'inprogress', 'exists'):
            self.status_of[test_id] = test_status


def main():
    results = Results()
    subunit.ByteStreamToStreamResult(sys.stdin.buffer, non_subunit_name='stdout').run(results)
    totals = collections.Counter(results.status_of.values())
    print(f"\npassed {totals['success']}, failed {totals['fail']}, skipped {totals['skip']}")
    for test_id in sorted(test for test, status in results.status_of.items() if status == 'fail'):
        print(f'  FAILED {test_id}')
    reasons = collections.Counter(
        results.reason_of[test].decode() for test, status in results.status_of.items() if status == 'skip')
    for reason, count in reasons.most_common():
        print(f'{count:5} skipped: {reason}')


if __name__ == '__main__':
    main()
