/* SPDX-License-Identifier: (MIT OR GPL-2.0-only) */
/*
 * The start and end of TCP connections, as reported by TCP. Where system calls are not traced, a connection
 * without data is detected here too: a client's at its handshake, a server's at the first call on it or at
 * its close, which both run in its process.
 */
#ifndef NETPROFILER_STATE_H
#define NETPROFILER_STATE_H

#include "connection.bpf.h"
#include "owner.bpf.h"

static __always_inline bool moved_nothing(struct sock *sk)
{
	struct transfer none = {.direction = INGRESS};

	return is_first_transfer(sk, &none);
}

/*
 * Records where both streams begin. A client's SYN is acknowledged, and with Fast Open also bytes of its
 * first call.
 */
static __always_inline void learn_both_starts(struct connection *connection, struct sock *sk)
{
	struct tcp_sock *tp = typed(struct tcp_sock, (__u64)sk);
	__u32 acked = load(tp, bytes_acked);
	__u32 start = load(tp, snd_una) - (acked ? acked - 1 : 0);

	if (connection->role != ROLE_CLIENT)
		start = load(tp, write_seq);
	connection->start[EGRESS] = connection->next[EGRESS] = start;
	connection->start[INGRESS] = connection->next[INGRESS] = load(tp, copied_seq);
	connection->known[EGRESS] = connection->known[INGRESS] = 1;
}

/*
 * Opens a connection that has not moved any bytes. `owner`: the process that opened it; 0: the current
 * task.
 */
static __noinline struct connection *open_silent(struct sock *sk, __u32 tgid, __u8 role,
						 struct owner_record *owner, enum interrupter interrupter)
{
	struct transfer none = {.direction = INGRESS};
	struct endpoint endpoint = endpoint_of(sk);
	struct connection *opening = get_opening(interrupter), *connection;

	if (!endpoint.sk || !opening)
		return 0;
	connection = open_connection(opening, &endpoint, tgid, role, &none);
	if (!connection)
		return 0;
	learn_both_starts(connection, sk);
	submit_open(connection, sk, tgid, owner);
	return connection;
}

/*
 * A connection without data ends. If its process closes it, FIN_WAIT1 and LAST_ACK are set during its call,
 * and so is CLOSE without an error. A reset by the peer is stored until the process uses the socket.
 */
static __always_inline struct connection *on_silent_end(struct sock *sk, int old, int state,
							enum interrupter interrupter)
{
	__u32 tgid = bpf_get_current_pid_tgid() >> 32;
	struct handshake *handshake;
	__u64 key = 0, address = (__u64)sk;

	bpf_probe_read_kernel(&key, sizeof(key), &address); /* as in take_handshake */
	handshake = handshake_slot(key);
	if (!handshake || handshake->sk != key || !handshake->established_ns || !moved_nothing(sk)) {
		if (handshake && state == TCP_CLOSE)
			forget_handshake(key);
		return 0;
	}
	if (state == TCP_CLOSE && load(sk, sk_err)) {
		handshake->ended = close_kind(sk, old);
		return 0;
	}
	if ((old != TCP_ESTABLISHED && old != TCP_CLOSE_WAIT) || !may_matter(tgid)) {
		if (state == TCP_CLOSE)
			forget_handshake(key);
		return 0;
	}
	return open_silent(sk, tgid, ROLE_UNKNOWN, 0, interrupter);
}

#ifdef TYPED_POINTERS
/* The process uses a connection that the peer has reset before. */
static __noinline int report_ended(struct sock *sk, __u32 tgid)
{
	struct connection *connection = get_opening(BY_CALL);
	struct endpoint endpoint = endpoint_of(sk);
	__u64 key = 0, address = (__u64)sk;
	struct handshake *handshake;
	__u64 id;
	int done = 0;

	bpf_probe_read_kernel(&key, sizeof(key), &address); /* as in take_handshake */
	handshake = handshake_slot(key);
	if (!handshake || handshake->sk != key || !handshake->ended || !connection || !endpoint.sk)
		return done;
	if (!is_target(tgid) && !(config.match_ports && port_is_chosen(sk)))
		return done;
	id = connection->id;
	__builtin_memset(connection, 0, sizeof(*connection));
	connection->id = id;
	connection->family = load(sk, __sk_common.skc_family);
	connection->role = handshake->started_ns ? ROLE_CLIENT : ROLE_SERVER;
	connection->from_start = 1;
	connection->inode = inode_of(endpoint.file);
	connection->tally.latest_ns = bpf_ktime_get_ns();
	submit_open(connection, sk, tgid, 0);
	submit_close(connection, handshake->ended, END_HELD);
	count(COUNT_CONNECTIONS_OPENED, 1);
	count(COUNT_CONNECTIONS_CLOSED, 1);
	handshake->sk = 0;
	barrier_var(done);
	return done;
}

/* A call on a socket did not move bytes: there was nothing to do, or it failed. */
static __always_inline void on_touch(struct sock *sk, __u32 tgid)
{
	__u64 key = (__u64)sk;

	if (load(sk, sk_protocol) != IPPROTO_TCP || load(sk, __sk_common.skc_family) == AF_UNIX ||
	    bpf_map_lookup_elem(&connections, &key) || bpf_map_lookup_elem(&closing, &key))
		return;
	if (load(sk, __sk_common.skc_state) == TCP_CLOSE)
		report_ended(sk, tgid);
	else if (load(sk, __sk_common.skc_state) != TCP_SYN_SENT && moved_nothing(sk))
		open_silent(sk, tgid, ROLE_UNKNOWN, 0, BY_CALL);
}
#endif

/* A socket is new: an entry of its address belongs to an earlier socket, whose end was missed. */
static __always_inline void on_birth(__u64 key)
{
	struct connection *connection = bpf_map_lookup_elem(&connections, &key);

	if (connection)
		close_missed(connection, key);
}

/* TCP reports the end of each direction and of the connection, however it is closed. */
static __always_inline void on_tcp_state(struct sock *sk, int old, int state, enum interrupter interrupter)
{
	__u64 key = (__u64)sk;
	struct connection *connection;

	if (state == TCP_SYN_SENT || (old == TCP_LISTEN && state == TCP_SYN_RECV))
		on_birth(key);
	if (state == TCP_SYN_SENT || state == TCP_ESTABLISHED)
		on_handshake(sk, old, state);
	if (state != TCP_CLOSE && state != TCP_FIN_WAIT1 && state != TCP_LAST_ACK)
		return;
	connection = bpf_map_lookup_elem(&connections, &key);
	if (!connection && config.socket_layer && BPF_CORE_READ(sk, sk_protocol) == IPPROTO_TCP)
		connection = on_silent_end(typed(struct sock, key), old, state, interrupter);
	if (state == TCP_CLOSE && connection)
		forget_handshake(key);
	if (!connection || connection->family == AF_UNIX)
		return;
	if (state == TCP_CLOSE) {
		close_connection(connection, sk, close_kind(sk, old));
		return;
	}
	if (state == TCP_FIN_WAIT1 && connection->is_tcp) { /* on_segment no longer sees its segments */
		struct tcp_sock *tp = typed(struct tcp_sock, sk);

		note_arrival(&connection->arrivals, tp, load(tp, rcv_nxt), ARRIVED_UNKNOWN);
	}
	if (connection->opened && !connection->ended) {
		connection->ended = 1;
		submit_end(connection, EGRESS);
	}
}

/* The connecting process is the current one only at SYN_SENT: see owner.bpf.h. */
static __always_inline void on_connected(struct sock *sk, int before, int state, enum interrupter interrupter)
{
	__u64 key = (__u64)sk;
	struct owner_record *owner;

	if (before != TCP_SYN_SENT || state != TCP_ESTABLISHED || bpf_map_lookup_elem(&connections, &key))
		return;
	owner = bpf_map_lookup_elem(&connecting, &key);
	if (owner && may_matter(owner->header.tgid))
		open_silent(typed(struct sock, key), owner->header.tgid, ROLE_CLIENT, owner, interrupter);
}

/* Whether set_state has processed this change, which set_state_again sees next. */
static __always_inline bool was_processed(struct sock *sk, int before, int state,
					  enum interrupter interrupter)
{
	__u64 change = (__u64)sk << 8 ^ (__u64)before << 4 ^ state;
	struct cpu *cpu = get_cpu();

	if (!cpu)
		return false;
	if (interrupter == BY_STATE_AGAIN)
		return cpu->state_change == change;
	cpu->state_change = change;
	return false;
}

static __always_inline void on_state(struct sock *sk, int before, int state, enum interrupter interrupter)
{
	if (was_processed(sk, before, state, interrupter))
		return;
	on_tcp_state(sk, before, state, interrupter);
	if (config.socket_layer)
		on_connected(sk, before, state, interrupter);
	on_owner_state(sk, before, state);
}

#endif
