# Starts PostgreSQL, in a data folder that is made whole or not at all. Connections need TLS and a password, but for the
# superuser in this very container.
set -eu
PATH=$(echo /usr/lib/postgresql/*/bin):$PATH
if [ ! -s "$PGDATA/PG_VERSION" ]; then
    rm -rf "$PGDATA.new"
    initdb --pgdata="$PGDATA.new" --username=postgres --auth=trust --encoding=UTF8 --locale=C
    printf 'local all postgres trust\nhostssl all all all scram-sha-256\n' >"$PGDATA.new/pg_hba.conf"
    mv "$PGDATA.new" "$PGDATA"
fi
exec postgres -D "$PGDATA" -c listen_addresses='*' -c unix_socket_directories=/tmp -c max_connections="$MAX_CONNECTIONS" \
    -c ssl=on -c ssl_cert_file=/tls/tls.crt -c ssl_key_file=/tls/tls.key
