#!/bin/bash
# roles.sh roles HOST: makes the roles of roles.cql.template with the passwords of this installation, before the tables are made.
# roles.sh grants HOST: says what they may do to the tables, after.
# Both run before every start and may be repeated: that is how a password is rotated and a new grant arrives.
# A new node has no superuser of ours: ScyllaDB takes the first one through its maintenance socket, Cassandra and older ScyllaDB
# through the role that every new cluster has, which is removed here.
set -euo pipefail
phase=$1 host=$2
socket=/var/lib/scylla/cql.m
superuser_password=$(</secrets/superuser_password)

as_superuser() { cqlsh --request-timeout=30 -u penstock_admin -p "$superuser_password" "$host" "$@"; }
as_first_role() { cqlsh --request-timeout=30 -u cassandra -p cassandra "$host" "$@"; }
through_socket() { cqlsh --request-timeout=30 "$socket" "$@"; }

# The first login of a fresh cluster is refused for some seconds: its roles are made after its port is open. And a role that was just
# made may be unknown for some seconds more.
get_in() {
  for _ in {1..60}; do
    if as_superuser -e 'LIST ROLES' >/dev/null 2>&1; then return; fi
    if ! [ -S "$socket" ] || ! through_socket -f /secrets/superuser.cql >/dev/null 2>&1; then
      as_first_role -f /secrets/superuser.cql >/dev/null 2>&1 || true
    fi
    sleep 1
  done
  echo "roles.sh: no way in as penstock_admin, through $socket or as the first role; docs/operations/secrets.md says what to do" >&2
  exit 1
}

get_in
case $phase in
  roles)
    as_superuser -f /secrets/roles.cql
    as_superuser -e 'DROP ROLE IF EXISTS cassandra'
    ;;
  grants) as_superuser -f /roles/grants.cql ;;
esac
echo "roles.sh: $phase are there"
