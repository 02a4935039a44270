# SPDX-License-Identifier: Apache-2.0
"""CrossCellWeigher: a server that is resized had better stay in its cell.

Nova: nova/scheduler/weights/cross_cell.py.
"""
from mininova.scheduler import weights


class CrossCellWeigher(weights.BaseHostWeigher):
    """There is one cell, so all hosts are alike; the option is accepted for configurations that have it."""
    option = 'cross_cell_move_weight_multiplier'
    applies = False

    def weigh(self, host):
        return 0
