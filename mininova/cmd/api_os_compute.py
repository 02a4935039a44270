# SPDX-License-Identifier: Apache-2.0
"""nova-api-os-compute: the Compute API alone."""
import sys

from mininova.cmd import api


def main():
    return api.main(['osapi_compute'])


if __name__ == '__main__':
    sys.exit(main())
