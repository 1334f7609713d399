#!/bin/bash
# Makes the roles of deploy/scylla/roles.cql.template with the passwords of this installation. Runs before every start and may be
# repeated: roles that are there get their password and grants again, which is how a password is rotated.
# A new node has no superuser of ours: ScyllaDB takes the first one through its maintenance socket, Cassandra and older ScyllaDB
# through the role that every new cluster has, which is removed here.
set -euo pipefail
host=$1
socket=/var/lib/scylla/cql.m
superuser_password=$(</secrets/superuser_password)

as_superuser() { cqlsh --request-timeout=30 -u penstock_admin -p "$superuser_password" "$host" "$@"; }
as_first_role() { cqlsh --request-timeout=30 -u cassandra -p cassandra "$host" "$@"; }
through_socket() { cqlsh --request-timeout=30 "$socket" "$@"; }

make_superuser() {
  "$1" -f /secrets/superuser.cql
}

# The first login of a fresh cluster is refused for some seconds: its roles are made after its port is open.
for attempt in $(seq 1 30); do
  if as_superuser -e 'LIST ROLES' >/dev/null 2>&1; then break; fi
  if [ -S "$socket" ] && make_superuser through_socket >/dev/null 2>&1; then continue; fi
  if make_superuser as_first_role >/dev/null 2>&1; then continue; fi
  if [ "$attempt" = 30 ]; then
    echo "scylla-roles: no way in as penstock_admin, through $socket or as the first role; docs/operations/secrets.md says what to do" >&2
    exit 1
  fi
  sleep 2
done

as_superuser -f /secrets/roles.cql
as_superuser -e 'DROP ROLE IF EXISTS cassandra'
echo 'scylla-roles: the roles are there'
