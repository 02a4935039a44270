# SPDX-License-Identifier: Apache-2.0
"""How resources look in answers, one module per resource."""
