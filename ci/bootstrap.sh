#!/bin/sh
# bootstrap.sh [bench|fuzz] : installs what building and testing need and is not there yet, with
# one call of apt-get; with `bench` or `fuzz` what those need too. Says nothing and asks nothing
# when all is there.
set -eu
packages="build-essential pkg-config libpq-dev default-libmysqlclient-dev libpg-query-dev
	libcyaml-dev libyaml-dev libjansson-dev libsodium-dev libxml2-dev check postgresql
	postgresql-client mariadb-server mariadb-backup universal-ctags valgrind xfsprogs"
case ${1:-} in
bench) packages="$packages sysbench" ;;
fuzz) packages="$packages clang libclang-rt-dev" ;;
esac
modules="libpq libmariadb libcyaml yaml-0.1 jansson libsodium libxml-2.0 check"

installed() {
	status=$(dpkg-query -W -f '${Status}' "$1" 2>/dev/null) || return 1
	case $status in *"ok installed"*) ;; *) return 1 ;; esac
}

# Other systems: what pkg-config finds is enough to build.
if ! command -v apt-get >/dev/null || ! command -v dpkg-query >/dev/null; then
	lacking=
	for module in $modules; do
		pkg-config --exists "$module" 2>/dev/null && continue
		# MySQL's own client library will do.
		[ "$module" = libmariadb ] && pkg-config --exists mysqlclient 2>/dev/null &&
			continue
		lacking="$lacking $module"
	done
	[ -n "$lacking" ] || exit 0
	echo "bootstrap: this is no Debian; install the development files of:$lacking" >&2
	echo "bootstrap: and libpg_query, the servers of PostgreSQL and MariaDB," \
		"mariadb-backup, universal-ctags, valgrind" >&2
	exit 1
fi

missing=
for package in $packages; do
	installed "$package" || missing="$missing $package"
done
[ -n "$missing" ] || exit 0

as_root=
if [ "$(id -u)" -ne 0 ]; then
	if ! command -v sudo >/dev/null; then
		echo "bootstrap: missing:$missing" >&2
		echo "bootstrap: become root or install sudo, then: apt-get install$missing" >&2
		exit 1
	fi
	as_root="sudo"
fi

# Debian would make and start servers of its own; the rehearsals start private ones. Whoever has the
# packages already keeps what they have set.
if ! installed postgresql-common && [ ! -e /etc/postgresql-common/createcluster.conf ]; then
	$as_root mkdir -p /etc/postgresql-common
	echo "create_main_cluster = false" |
		$as_root tee /etc/postgresql-common/createcluster.conf >/dev/null
fi
if ! installed mariadb-server && [ -d /etc/systemd/system ] &&
	[ ! -e /etc/systemd/system/mariadb.service ]; then
	$as_root ln -s /dev/null /etc/systemd/system/mariadb.service
	echo "bootstrap: the system-wide MariaDB stays off; 'systemctl unmask mariadb' allows it"
fi

echo "bootstrap: installing$missing"
$as_root apt-get -q update
# shellcheck disable=SC2086 # words of a list
$as_root env DEBIAN_FRONTEND=noninteractive apt-get -q install -y --no-install-recommends \
	-o Dpkg::Use-Pty=0 -o Dpkg::Options::=--force-confold $missing
