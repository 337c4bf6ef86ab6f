/* SPDX-License-Identifier: (MIT OR GPL-2.0-only) */
/*
 * When bytes came. TCP notes nothing that says how long a byte lay unread (tcp_mstamp moves with
 * acknowledgements and timers, lrcvtime counts ticks), so each segment's arrival is noted here by its
 * sequence number: the latest few, and of those none that a call still has to ask for is given up.
 */
#ifndef NETPROFILER_ARRIVAL_H
#define NETPROFILER_ARRIVAL_H

#include "maps.bpf.h"
#include "target.bpf.h"

/*
 * Bytes from `sequence` on, the next that TCP expects, came now. Runs under the socket's lock. When all notes
 * are of bytes that are still unread the last one serves for what follows too.
 */
static __always_inline void note_arrival(struct arrivals *arrivals, struct tcp_sock *tp, __u32 sequence,
					 __u64 now)
{
	__u32 count = arrivals->count;
	__u32 copied = load(tp, copied_seq);
	struct arrival *newest = &arrivals->at[(count - 1) & (ARRIVALS - 1)];
	struct arrival *arrival = &arrivals->at[count & (ARRIVALS - 1)];

	if (count && newest->sequence == sequence) {
		newest->time_ns = now; /* what came before was not kept, or was a handshake's end */
		return;
	}
	/* The oldest note is needed as long as the next one's bytes are not reached. */
	if (count >= ARRIVALS && (__s32)(arrivals->at[(count + 1) & (ARRIVALS - 1)].sequence - copied) > 0)
		return;
	if (count >= ARRIVALS - 1 &&
	    (__s32)(arrivals->at[(count + 2) & (ARRIVALS - 1)].sequence - copied) > 0)
		now = ARRIVED_EARLIER;
	arrival->time_ns = ARRIVED_UNKNOWN; /* a call on another CPU may be looking */
	arrival->sequence = sequence;
	arrival->time_ns = now;
	arrivals->count = count + 1;
}

/* When the byte at `sequence` came, and how many from it on came no later. */
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

/* The peer closed its window: it has no room for more. A reset shows none either. */
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
 * Nobody whom it concerns has this socket: its segments, which are most of a busy machine's, are not looked
 * at from now on, unless somebody took it at this very moment. Each of the two sides writes, and then looks
 * at what the other wrote (the slot here, `connections` in open_connection); the atomic addition keeps that
 * order on x86-64. On arm64 it might not: then, once in a blue moon, the connection's arrivals are not known.
 */
static __always_inline void mark_untracked(struct handshake *handshake, __u64 key)
{
	if (handshake->sk && handshake->sk != key && handshake->sk != UNTRACKED(handshake->sk))
		return; /* the slot is in use */
	handshake->sk = UNTRACKED(key);
	__sync_fetch_and_add(&handshake->turns, 1);
	if (bpf_map_lookup_elem(&connections, &key))
		handshake->sk = 0;
}

/* A connection that is to be accepted is read by nobody yet. Who read it without being told of is no target.
 */
static __always_inline bool may_be_taken(struct handshake *handshake, struct tcp_sock *tp)
{
	return !handshake->established_ns || load(tp, copied_seq) == handshake->expected;
}

/* An established connection got a segment, and has not looked at it yet. */
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
		mark_untracked(handshake, key); /* if not, then from the next segment on */
		return;
	}
	from = load(cb, seq);
	end = load(cb, end_seq);
	expected = load(tp, rcv_nxt);
	/* Nothing new, or nothing that can be read yet. */
	if ((__s32)(end - expected) <= 0 || (__s32)(from - expected) > 0)
		return;
	note_arrival(arrivals, tp, expected, bpf_ktime_get_ns());
}

/* A target's SYN was sent, or a connection is there: when, until somebody asks. */
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
		bpf_map_delete_elem(&closing, &key); /* its address was another's */
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
	if (connection) /* connect() did not wait */
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

/* Which end of a connection this is, as far as its beginning was seen. */
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
 * Accept or connect: what was noted of the connection's beginning is its own from now on. Asked before it is
 * in the table, and after: a segment may come meanwhile.
 */
static __always_inline void take_handshake(struct connection *connection, struct sock *sk,
					   bool is_accepted_now)
{
	__u64 address = (__u64)sk, key = 0;
	struct handshake *handshake;

	bpf_probe_read_kernel(&key, sizeof(key), &address); /* to the verifier a pointer is no number */
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
