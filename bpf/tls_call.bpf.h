/* SPDX-License-Identifier: (MIT OR GPL-2.0-only) */
/*
 * The call on a TLS session that a thread is in. A socket on which the thread moves bytes meanwhile carries
 * the session: that is the evidence by which plaintext and connection are tied (docs/tls.md).
 */
#ifndef NETPROFILER_TLS_CALL_H
#define NETPROFILER_TLS_CALL_H

#include "maps.bpf.h"

/* Programs of uprobes need kernels that have typed pointers, too; the registers are read on x86-64 alone. */
#if defined(TYPED_POINTERS) && defined(__TARGET_ARCH_x86)
#define CAN_READ_TLS
#endif

#ifdef CAN_READ_TLS

struct tls_call {
	__u64 thread; /* as bpf_get_current_pid_tgid; 0: free. First: user space frees slots */
	__u64 ssl;    /* address of the session's object */
	__u64 buffer;
	__u64 length_at; /* where the library leaves the number of bytes; 0: it returns it */
	__u64 sp;	 /* at entry: a return belongs to the entry with its stack pointer */
	__u64 began_ns;
	__u64 cookie;
	__u64 carrier;	  /* number of the connection on which bytes were moved; 0: none */
	__u64 arrived_ns; /* when the record came that was received last; 0: not known */
	__u32 born;	  /* as in struct tls_key */
	__u32 srtt_us;	  /* of the carrier */
	__u32 retransmissions;
	__u8 has_two_carriers;
	__u8 is_at_header; /* the latest read took a record's header alone */
	__u8 padding[2];
};

#define TLS_HEADER_BYTES 5 /* RFC 8446, 5.1: type, version, length */

/*
 * Key: thread id modulo TLS_CALL_SLOTS. Born at a function's entry, dies at its return. A slot that another
 * thread takes meanwhile ends the stream of the call that was there.
 */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1); /* TLS_CALL_SLOTS where it is needed, set by user space */
	__type(key, __u32);
	__type(value, struct tls_call);
} tls_calls SEC(".maps");

static __always_inline struct tls_call *tls_call_slot(__u64 thread)
{
	__u32 slot = (__u32)thread & (TLS_CALL_SLOTS - 1);

	return bpf_map_lookup_elem(&tls_calls, &slot);
}

/*
 * The record that was received last is the one whose plaintext the call returns: those before it were of the
 * handshake. Libraries read its header first, or whatever is there. A function of its own: the stack of a
 * call and of what it calls is 512 bytes before 6.13.
 */
static __noinline int note_carrier_of_call(struct connection *connection, __u32 direction, __u64 arrived,
					   __u32 length)
{
	__u64 thread = bpf_get_current_pid_tgid();
	struct tls_call *call = tls_call_slot(thread);

	if (!call || call->thread != thread)
		return 0;
	connection->carries_tls = 1;
	if (!call->carrier)
		call->carrier = connection->id;
	else if (call->carrier != connection->id)
		call->has_two_carriers = 1;
	if (direction == EGRESS) {
		call->arrived_ns = 0;
		call->is_at_header = 0;
	} else {
		if (!call->is_at_header)
			call->arrived_ns = arrived > ARRIVED_UNKNOWN ? arrived : 0;
		call->is_at_header = length == TLS_HEADER_BYTES;
	}
	call->srtt_us = connection->tally.srtt_us;
	call->retransmissions = connection->tally.retransmissions;
	return 0;
}

/* A connection moves bytes, maybe for a TLS library, within a call on a session. */
static __always_inline void note_carrier(struct connection *connection, __u32 direction, __u64 arrived,
					 __u32 length)
{
	if (config.read_tls)
		note_carrier_of_call(connection, direction, arrived, length);
}

#else

static __always_inline void note_carrier(struct connection *connection, __u32 direction, __u64 arrived,
					 __u32 length)
{
}

#endif
#endif
