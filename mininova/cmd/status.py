# SPDX-License-Identifier: Apache-2.0
"""nova-status: is this cloud fit to run, or to be upgraded?  Nova: nova/cmd/status.py."""
import functools
import sys

from oslo_upgradecheck import upgradecheck

import mininova.conf
from mininova import config, context, exception, objects, servicegroup
from mininova.db import schema
from mininova.objects import service as service_obj

CONF = mininova.conf.CONF


def _on_our_schema(check):
    """Decorate a check that reads tables: with another schema it says that it could not look."""
    @functools.wraps(check)
    def wrapper(self):
        try:
            schema.check()
        except exception.SchemaMismatch:
            return upgradecheck.Result(upgradecheck.Code.WARNING, 'Not looked at: the database has another schema.')
        return check(self)
    return wrapper


class UpgradeCommands(upgradecheck.UpgradeCommands):
    """``nova-status upgrade check``: 0 all well, 1 warnings, 2 failures."""

    def _check_schema(self):
        try:
            schema.check()
        except exception.SchemaMismatch as error:
            return upgradecheck.Result(upgradecheck.Code.FAILURE, error.format_message())
        return upgradecheck.Result(upgradecheck.Code.SUCCESS)

    @_on_our_schema
    def _check_old_services(self):
        services = objects.ServiceList.get_all(context.get_admin_context())
        old = [f'{service.binary} on {service.host}' for service in services
               if (service.version or 0) < service_obj.SERVICE_VERSION]
        if old:
            return upgradecheck.Result(upgradecheck.Code.WARNING, f'Services of an older release: {", ".join(old)}.')
        return upgradecheck.Result(upgradecheck.Code.SUCCESS)

    @_on_our_schema
    def _check_services_up(self):
        services = list(objects.ServiceList.get_all(context.get_admin_context()))
        down = [f'{service.binary} on {service.host}' for service in services
                if not servicegroup.service_is_up(service)]
        if down:
            return upgradecheck.Result(upgradecheck.Code.WARNING, f'Down: {", ".join(down)}.')
        missing = {'nova-conductor', 'nova-scheduler', 'nova-compute'} - {service.binary for service in services}
        if missing:
            return upgradecheck.Result(upgradecheck.Code.WARNING, f'Never seen: {", ".join(sorted(missing))}.')
        return upgradecheck.Result(upgradecheck.Code.SUCCESS)

    _upgrade_checks = (('Database Schema', _check_schema), ('Older Services', _check_old_services),
                       ('Services', _check_services_up))


def main():
    config.register_options()
    objects.register_all()
    return upgradecheck.main(CONF, project='nova', upgrade_command=UpgradeCommands())


if __name__ == '__main__':
    sys.exit(main())
