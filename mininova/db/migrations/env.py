# SPDX-License-Identifier: Apache-2.0
"""What alembic runs: it is given an open connection by mininova.db.migration."""
from alembic import context

from mininova.db import models

context.configure(connection=context.config.attributes['connection'], target_metadata=models.metadata,
                  render_as_batch=True)
with context.begin_transaction():
    context.run_migrations()
