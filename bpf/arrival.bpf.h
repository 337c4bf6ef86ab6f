/* SPDX-License-Identifier: (MIT OR GPL-2.0-only) */
/*
 * Arrival times of bytes. TCP does not record how long a byte was unread (tcp_mstamp changes with
 * acknowledgements and timers, lrcvtime counts ticks), so each segment's arrival is recorded here by its
 * sequence number. Only the latest few are kept; one that a pending read still needs is not overwritten.
 */
#ifndef NETPROFILER_ARRIVAL_H
#define NETPROFILER_ARRIVAL_H

#include "maps.bpf.h"
#include "target.bpf.h"

/*
 * Records that bytes from `sequence` on, the next that TCP expects, arrive now. Runs under the socket's
 * lock. If all records are of unread bytes, the last one also applies to the bytes that follow.
 */
static __always_inline void note_arrival(struct arrivals *arrivals, struct tcp_sock *tp, __u32 sequence,
					 __u64 now)
{
	__u32 count = arrivals->count;
	__u32 copied = load(tp, copied_seq);
	struct arrival *newest = &arrivals->at[(count - 1) & (ARRIVALS - 1)];
	struct arrival *arrival = &arrivals->at[count & (ARRIVALS - 1)];

	if (count && newest->sequence == sequence) {
		newest->time_ns = now; /* no record of earlier bytes, or the end of a handshake */
		return;
	}
	/* The oldest record is needed until the bytes of the next one have been reached. */
	if (count >= ARRIVALS && (__s32)(arrivals->at[(count + 1) & (ARRIVALS - 1)].sequence - copied) > 0)
		return;
	if (count >= ARRIVALS - 1 &&
	    (__s32)(arrivals->at[(count + 2) & (ARRIVALS - 1)].sequence - copied) > 0)
		now = ARRIVED_EARLIER;
	arrival->time_ns = ARRIVED_UNKNOWN; /* a call on another CPU may read it */
	arrival->sequence = sequence;
	arrival->time_ns = now;
	arrivals->count = count + 1;
}

/* The arrival time of the byte at `sequence`, and the number of bytes from it on that arrived no later. */
static __always_inline __u64 arrival_of(struct arrivals *arrivals, __u32 sequence, __u32 *length)
{
	__u32 count = arrivals->count;
	__u32 next = sequence - 1;

#pragma unroll
	for (__u32 i = 1; i <= ARRIVALS; i++) {
		struct arrival *arrival = &arrivals->at[(count - i) & (ARRIVALS - 1)];

		if (i > count)
			break;
		if ((__s32)(sequence - arrival->sequence) >= 0) {
			*length = next - sequence;
			return arrival->time_ns;
		}
		next = arrival->sequence;
	}
	*length = 0;
	return ARRIVED_UNKNOWN;
}

static __always_inline struct handshake *handshake_slot(__u64 sk)
{
	__u32 slot = (sk * 0x9E3779B97F4A7C15ULL) >> 32 & (BIRTH_SLOTS - 1);

	return bpf_map_lookup_elem(&handshakes, &slot);
}

/* Records that the peer closed its window. A reset has a window of zero too, and is not counted. */
static __always_inline void note_window(struct connection *connection, struct sk_buff *skb)
{
	void *header = load(skb, data);
	__u8 flags[2] = {};

	if (load(typed(struct tcphdr, header), window)) {
		connection->zero_window = 0;
		return;
	}
	if (connection->zero_window || bpf_probe_read_kernel(flags, sizeof(flags), header + 12) ||
	    flags[1] & 4)
		return;
	connection->zero_window = 1;
	connection->tally.zero_windows += 1;
}

/*
 * Marks a socket that does not belong to a target: its segments, which are most of a busy machine's, are
 * skipped from now on, unless a target takes the socket at this moment. Each of the two sides writes, and
 * then reads what the other wrote (the slot here, `connections` in open_connection); the atomic addition
 * preserves that order on x86-64. On arm64 it may not: then, very rarely, the connection's arrivals are
 * unknown.
 */
static __always_inline void mark_untracked(struct handshake *handshake, __u64 key)
{
	if (handshake->sk && handshake->sk != key && handshake->sk != UNTRACKED(handshake->sk))
		return; /* the slot is in use by another socket */
	handshake->sk = UNTRACKED(key);
	__sync_fetch_and_add(&handshake->turns, 1);
	if (bpf_map_lookup_elem(&connections, &key))
		handshake->sk = 0;
}

/*
 * A connection that waits to be accepted has not been read yet. If it was read without an event, its
 * process is not a target.
 */
static __always_inline bool may_be_taken(struct handshake *handshake, struct tcp_sock *tp)
{
	return !handshake->established_ns || load(tp, copied_seq) == handshake->expected;
}

/* Called for a segment of an established connection before TCP processes it. */
static __always_inline void on_segment(struct sock *sk, struct sk_buff *skb)
{
	struct tcp_skb_cb *cb =
		typed(struct tcp_skb_cb, (__u64)skb + bpf_core_field_offset(struct sk_buff, cb));
	struct tcp_sock *tp = typed(struct tcp_sock, sk);
	__u64 key = (__u64)sk;
	struct handshake *handshake = handshake_slot(key);
	struct connection *connection;
	struct arrivals *arrivals;
	__u32 from, end, expected;

	if (!handshake || handshake->sk == UNTRACKED(key))
		return;
	connection = bpf_map_lookup_elem(&connections, &key);
	if (connection) {
		note_window(connection, typed(struct sk_buff, skb));
		arrivals = &connection->arrivals;
	} else if (handshake->sk == key && may_be_taken(handshake, tp)) {
		arrivals = &handshake->arrivals;
	} else {
		mark_untracked(handshake, key); /* if the slot is in use, the next segment tries again */
		return;
	}
	from = load(cb, seq);
	end = load(cb, end_seq);
	expected = load(tp, rcv_nxt);
	/* No new bytes, or bytes that cannot be read yet. */
	if ((__s32)(end - expected) <= 0 || (__s32)(from - expected) > 0)
		return;
	note_arrival(arrivals, tp, expected, bpf_ktime_get_ns());
}

/*
 * Records when a target's SYN was sent, or a connection was established, until accept or connect takes the
 * times.
 */
static __always_inline void on_handshake(struct sock *sk, int old, int state)
{
	__u64 key = (__u64)sk;
	struct handshake *handshake = handshake_slot(key);
	__u64 now = bpf_ktime_get_ns();
	struct tcp_sock *tp = typed(struct tcp_sock, sk);
	struct connection *connection;

	if (!handshake)
		return;
	if (state == TCP_SYN_SENT || old != TCP_SYN_SENT) {
		bpf_map_delete_elem(&closing, &key); /* the address was another socket's */
		/* connect() changes the state while its process is the current one. */
		if (state == TCP_SYN_SENT && !may_matter(bpf_get_current_pid_tgid() >> 32))
			return;
		handshake->sk = key;
		handshake->started_ns = state == TCP_SYN_SENT ? now : 0;
		handshake->established_ns = 0;
		handshake->ended = 0;
		handshake->arrivals.count = 0;
	}
	if (state == TCP_SYN_SENT)
		return;
	connection = bpf_map_lookup_elem(&connections, &key);
	if (connection) /* a non-blocking connect() */
		note_arrival(&connection->arrivals, tp, load(tp, rcv_nxt), now);
	if (handshake->sk != key)
		return;
	if (connection) {
		connection->tally.setup_ns = handshake->started_ns ? now - handshake->started_ns : 0;
		connection->tally.latest_ns = now;
		handshake->sk = 0;
		return;
	}
	handshake->expected = load(tp, rcv_nxt);
	note_arrival(&handshake->arrivals, tp, handshake->expected, now);
	handshake->established_ns = now;
}

static __always_inline void forget_handshake(__u64 key)
{
	struct handshake *handshake = handshake_slot(key);

	if (handshake && UNTRACKED(handshake->sk) == UNTRACKED(key))
		handshake->sk = 0;
}

static __always_inline __u64 newest_arrival(struct arrivals *arrivals)
{
	return arrivals->at[(arrivals->count - 1) & (ARRIVALS - 1)].time_ns;
}

/* The role of this end, if its handshake was recorded; otherwise unknown. */
static __always_inline __u8 role_at_handshake(struct sock *sk)
{
	__u64 address = (__u64)sk, key = 0;
	struct handshake *handshake;

	bpf_probe_read_kernel(&key, sizeof(key), &address); /* as in take_handshake */
	handshake = handshake_slot(key);
	if (!handshake || handshake->sk != key || !handshake->established_ns)
		return ROLE_UNKNOWN;
	return handshake->started_ns ? ROLE_CLIENT : ROLE_SERVER;
}

/*
 * Called by accept or connect: moves what was recorded of the handshake to the connection. Called before
 * the connection is in the table, and again after: a segment may arrive in between.
 */
static __always_inline void take_handshake(struct connection *connection, struct sock *sk,
					   bool is_accepted_now)
{
	__u64 address = (__u64)sk, key = 0;
	struct handshake *handshake;

	bpf_probe_read_kernel(&key, sizeof(key), &address); /* to the verifier, a pointer is not a number */
	handshake = handshake_slot(key);

	if (!handshake)
		return;
	__sync_fetch_and_add(&handshake->turns, 1); /* see mark_untracked */
	if (handshake->sk == UNTRACKED(key))
		handshake->sk = 0;
	if (handshake->sk != key || !handshake->established_ns)
		return;
	if (connection->arrivals.count &&
	    newest_arrival(&connection->arrivals) == newest_arrival(&handshake->arrivals)) {
		handshake->sk = 0;
		return;
	}
	if (connection->role == ROLE_CLIENT)
		connection->tally.setup_ns =
			handshake->started_ns ? handshake->established_ns - handshake->started_ns : 0;
	else if (is_accepted_now && connection->role == ROLE_SERVER && !handshake->started_ns)
		connection->tally.setup_ns = bpf_ktime_get_ns() - handshake->established_ns;
	connection->arrivals = handshake->arrivals;
}

#endif
