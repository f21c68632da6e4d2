#!/bin/sh
# The two databases of Temporal, made where they are not there, and brought to the schema of this version.
set -eu
for name in temporal visibility; do
    database=$([ "$name" = temporal ] && echo temporal || echo temporal_visibility)
    temporal-sql-tool --db "$database" create
    temporal-sql-tool --db "$database" setup-schema -v 0.0
    temporal-sql-tool --db "$database" update-schema -d "/etc/temporal/schema/postgresql/v12/$name/versioned"
done
