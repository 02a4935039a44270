# SPDX-License-Identifier: Apache-2.0
"""Extra specs of flavors that the API knows.  Nova: nova/api/validation/extra_specs/."""
