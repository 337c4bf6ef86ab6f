# What the scripts of the test cluster share; sourced by them. Every setting may be given from outside.
set -euo pipefail
export CLUSTER_CACHE=${CLUSTER_CACHE:-/var/cache/test-cluster} # built binaries: slow to make, safe to keep
export CLUSTER_STATE=${CLUSTER_STATE:-/var/tmp/test-cluster}   # certificates, etcd's data, logs; `down` removes it
export API_PORT=${API_PORT:-16443} CRD_PORT=${CRD_PORT:-16444} ETCD_PORT=${ETCD_PORT:-12379} ETCD_PEER_PORT=${ETCD_PEER_PORT:-12380}
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
bin=$CLUSTER_CACHE/bin                                         # the server of crd-server
kubernetes=${KUBEBUILDER_ASSETS:-$CLUSTER_CACHE/kubernetes}    # the API server and its company
PATH=$kubernetes:$PATH
etcd=http://127.0.0.1:$ETCD_PORT
admin=(-H 'Authorization: Bearer admintoken')

say() { printf 'cluster: %s\n' "$*" >&2; }
fail() {
	say "$*"
	exit 1
}

# start NAME COMMAND...: in the background and in a session of its own; its log and process id are NAME.log and NAME.pid.
start() {
	local name=$1
	shift
	setsid nohup "$@" >>"$CLUSTER_STATE/$name.log" 2>&1 </dev/null &
	echo $! >"$CLUSTER_STATE/$name.pid"
}

# stop NAME...: asks, and insists after ten seconds.
stop() {
	local name pid
	for name in "$@"; do
		[ -e "$CLUSTER_STATE/$name.pid" ] || continue
		pid=$(<"$CLUSTER_STATE/$name.pid")
		# A process that is stopped ends only when it goes on.
		kill -TERM "$pid" 2>/dev/null || true
		kill -CONT "$pid" 2>/dev/null || true
		for _ in {1..100}; do
			kill -0 "$pid" 2>/dev/null || break
			sleep 0.1
		done
		kill -KILL "$pid" 2>/dev/null || true
		rm -f "$CLUSTER_STATE/$name.pid"
	done
}

# kill_at_once NAME...: as a crash would.
kill_at_once() {
	local name pid
	for name in "$@"; do
		[ -e "$CLUSTER_STATE/$name.pid" ] || continue
		pid=$(<"$CLUSTER_STATE/$name.pid")
		kill -KILL "$pid" 2>/dev/null || true
		while kill -0 "$pid" 2>/dev/null; do sleep 0.1; done
		rm -f "$CLUSTER_STATE/$name.pid"
	done
}

alive() { [ -e "$CLUSTER_STATE/$1.pid" ] && kill -0 "$(<"$CLUSTER_STATE/$1.pid")" 2>/dev/null; }

# await NAME SECONDS COMMAND...: until the command succeeds; fails when NAME has ended or the time is up.
await() {
	local name=$1 tries=$(($2 * 5))
	shift 2
	for ((; tries > 0; tries--)); do
		"$@" >/dev/null 2>&1 && return
		alive "$name" || break
		sleep 0.2
	done
	tail -5 "$CLUSTER_STATE/$name.log" >&2
	fail "$name did not answer: its log is $CLUSTER_STATE/$name.log"
}

# install PACKAGE...: from Debian, those that are missing.
install_packages() {
	local package missing=() sudo=
	for package; do dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q '^install ok installed' || missing+=("$package"); done
	[ ${#missing[@]} -eq 0 ] && return
	[ "$(id -u)" -eq 0 ] || sudo=sudo
	say "installing ${missing[*]}"
	local install=(env DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=300 install -y -qq --no-install-recommends "${missing[@]}")
	$sudo "${install[@]}" >/dev/null 2>&1 || { $sudo apt-get -o DPkg::Lock::Timeout=300 update -qq && $sudo "${install[@]}" >/dev/null; }
}

# The machine's own Debian mirror.
mirror() { cat /etc/apt/sources.list.d/*.sources 2>/dev/null | sed -n 's/^URIs: *\([^ ]*\).*/\1/p' | head -1; }

readyz() { [ "$(curl -sk --max-time 5 "${admin[@]}" "https://127.0.0.1:$1/readyz")" = ok ]; }
