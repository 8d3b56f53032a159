#!/usr/bin/env bash
# Real stores for tests: started once, shared by every test process, stopped again.
#
#   build/stores.sh run COMMAND…      start them, run the command, stop them
#   eval "$(build/stores.sh start)"   start them for this shell …
#   build/stores.sh stop              … until they are stopped
#
# A store whose SWITCHYARD_TEST_POSTGRES, SWITCHYARD_TEST_CLICKHOUSE (over HTTP),
# SWITCHYARD_TEST_CLICKHOUSE_NATIVE or SWITCHYARD_TEST_NEO4J is set runs already and is left alone. The others are started by
# the scripts postgres.sh, clickhouse.sh and neo4j.sh of the folder that SWITCHYARD_STORES
# names, or else as containers of compose.stores.yml where there is an engine. Where
# neither is, the tests that need them are skipped, and this says so at its end.
# SWITCHYARD_TEST_STORES (default "postgres clickhouse clickhouse_native neo4j") names fewer.
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
all="postgres clickhouse clickhouse_native neo4j"
stores=${SWITCHYARD_TEST_STORES-$all}
compose=(docker compose --project-name switchyard-stores --file "$root/compose.stores.yml")

variable() { echo "SWITCHYARD_TEST_${1^^}"; }

port() { # of 127.0.0.1, that nobody listens on
	local p
	while :; do
		p=$((20000 + RANDOM % 12000))
		(exec 3<>"/dev/tcp/127.0.0.1/$p") 2>/dev/null || break
	done
	echo "$p"
}

# script STORE start|stop: the store's folder of data below $dir has its port.
script() {
	local at="$dir/$1"
	[ -f "$at.port" ] || port >"$at.port"
	local p engine=chdb http
	p=$(cat "$at.port") http=$p
	# The script's current engine speaks HTTP only, and its real server, which is old,
	# ClickHouse's own protocol too.
	[ "$1" != clickhouse_native ] || engine=debian http=$(port)
	PGT_DIR="$at" PGT_PORT="$p" CHT_ENGINE="$engine" CHT_DIR="$at" CHT_HTTP_PORT="$http" CHT_TCP_PORT="$p" \
		N4T_DIR="$at" N4T_PORT="$p" N4T_PASSWORD=test-password "$SWITCHYARD_STORES/${1%_native}.sh" "$2" </dev/null
}

# begin STORE: writes the store's connection string to $dir/STORE.url; nothing
# where there is no way to start it.
begin() {
	local url
	if [ -n "${SWITCHYARD_STORES:-}" ]; then
		url=$(script "$1" start)
		[ "$1" != neo4j ] || url=${url/:\/\//:\/\/neo4j:test-password@}
	elif [ -f "$root/compose.stores.yml" ] && docker info >/dev/null 2>&1; then
		flock "$dir/${1%_native}.lock" "${compose[@]}" up --detach --wait "${1%_native}" >&2
		case $1 in
		postgres) url="postgres://app@$("${compose[@]}" port postgres 5432)/app?sslmode=disable" ;;
		clickhouse) url="http://$("${compose[@]}" port clickhouse 8123)/default" ;;
		clickhouse_native) url="clickhouse://$("${compose[@]}" port clickhouse 9000)/default" ;;
		neo4j) url="bolt://neo4j:test-password@$("${compose[@]}" port neo4j 7687)" ;;
		esac
	else
		return 0
	fi
	echo "$url" >"$dir/$1.url"
}

start() {
	mkdir -p "$dir"
	chmod 755 "$dir" # PostgreSQL runs as a user of its own.
	local store v failed=0 waits=()
	for store in $stores; do
		v=$(variable "$store")
		[ -z "${!v:-}" ] || continue
		begin "$store" >"$dir/$store.log" &
		waits+=("$store:$!")
	done
	for store in "${waits[@]}"; do
		if ! wait "${store#*:}"; then
			echo "build/stores.sh: ${store%:*} did not start" >&2
			failed=1
		fi
	done
	return "$failed"
}

stop() {
	local store
	for store in $all; do
		[ ! -f "$dir/$store.port" ] || script "$store" stop >/dev/null || echo "build/stores.sh: $store did not stop" >&2
	done
	if [ -z "${SWITCHYARD_STORES:-}" ] && compgen -G "$dir/*.url" >/dev/null; then
		"${compose[@]}" down --volumes >&2 || true
	fi
	rm -rf "$dir"
}

untested() {
	local store v
	for store in $all; do
		v=$(variable "$store")
		[ -n "${!v:-}" ] || echo "build/stores.sh: NOT TESTED on a real $store: set $v to a server's address, or SWITCHYARD_STORES to a folder of scripts that start one" >&2
	done
}

case "${1:-}" in
run)
	shift
	dir=$(mktemp -d /tmp/switchyard-stores.XXXXXX)
	trap stop EXIT
	start
	for url in "$dir"/*.url; do
		[ ! -f "$url" ] || export "$(variable "$(basename "$url" .url)")=$(cat "$url")"
	done
	untested
	code=0
	"$@" || code=$?
	untested # Again, where it is read.
	exit "$code"
	;;
start)
	dir=/tmp/switchyard-stores.$(id -u)
	start
	for url in "$dir"/*.url; do
		[ ! -f "$url" ] || echo "export $(variable "$(basename "$url" .url)")='$(cat "$url")'"
	done
	;;
stop)
	dir=/tmp/switchyard-stores.$(id -u)
	stop
	;;
*)
	echo "usage: $0 run COMMAND… | start | stop" >&2
	exit 2
	;;
esac
