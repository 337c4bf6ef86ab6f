/* SPDX-License-Identifier: (MIT OR GPL-2.0-only) */
/*
 * The call on a TLS session that a thread is in. A socket on which the thread moves bytes meanwhile carries
 * the session: that is the evidence by which plaintext and connection are tied (docs/tls.md).
 */
#ifndef NETPROFILER_TLS_CALL_H
#define NETPROFILER_TLS_CALL_H

#include "maps.bpf.h"
#include "target.bpf.h"

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

struct tls_stream {
	__u64 id;
	__u64 carrier; /* number of the connection; 0: not known */
	__u64 sk;      /* its socket; 0: not known */
	__u64 random;  /* first bytes of the random of its own hello; BOUND_BY_HELLO */
	__u32 position[2];
	__u32 srtt_us;
	__u32 retransmissions;
	__u8 from_start;
	__u8 opened;  /* the stream record was submitted */
	__u8 counted; /* plaintext moved while the carrier was not known */
	__u8 lost;    /* calls were missed */
	__u8 role;    /* enum hello_type: of its own hello */
	__u8 evidence;
	__u8 asked; /* times that user space was asked for BOUND_BY_CIPHER */
	__u8 padding;
	__u64 asked_ns;
};

/* By what the connection of a session is known. */
enum evidence {
	BOUND_BY_CALL = 1, /* a call on the session moved bytes on it */
	/* Final, whatever calls within its calls do: */
	BOUND_BY_HELLO = 2,  /* the session's hello was sent on it */
	BOUND_BY_CIPHER = 3, /* what the session encrypted was sent on it */
};

/*
 * Born when the library makes a session, or with the first call seen on it; dies when the library frees it.
 * User space removes those of processes that have ended.
 */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1); /* MAX_TLS_STREAMS where it is needed, set by user space */
	__type(key, struct tls_key);
	__type(value, struct tls_stream);
	__uint(map_flags, BPF_F_NO_PREALLOC);
} tls_streams SEC(".maps");

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

#define SENT_BYTES                                                                                           \
	43 /* of a hello (RFC 8446, 4.1 and 5.1): a record's header, a message's header, version, random */
#define HELLO_RANDOM_AT 11
#define MAX_HELLO_POSITION                                                                                   \
	4096 /* a hello is not looked for behind it; before it a proxy's header may stand */
#define HELLO_RETRY                                                                                          \
	0x11619ae574ad21cfULL /* the first bytes of a server's random that asks for another hello: 4.1.3 */

struct tls_random {
	__u64 part[4];
};

struct hello_key {
	struct tls_random random;
	__u32 tgid; /* of the process that sent it */
	__u32 type; /* as in the message */
};

enum hello_type {
	HELLO_NONE = 0,
	HELLO_OF_CLIENT = 1,
	HELLO_OF_SERVER = 2,
};

struct hello {
	__u64 carrier; /* number of the connection on which it was sent */
	__u64 sk;
};

/*
 * The random of a hello is chosen by the process that sends it, so the session that keeps it in its memory is
 * the connection's on which it was sent. Those that were received are the peer's choice, and prove nothing.
 * Born when a hello is sent, dies when its session is found, or as the oldest where there are too many.
 */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 1); /* MAX_TLS_HELLOS where it is needed, set by user space */
	__type(key, struct hello_key);
	__type(value, struct hello);
} hellos SEC(".maps");

/* The first bytes of a record that a session encrypted, which are random to all others. */
struct cipher_key {
	__u64 part[5];
	__u32 tgid;
	__u32 padding;
};

/*
 * Value: the session. Born when a session whose connection is not known hands a record to its transport, dies
 * when it is sent, or as the oldest where there are too many.
 */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 1); /* MAX_TLS_CIPHERS where it is needed, set by user space */
	__type(key, struct cipher_key);
	__type(value, struct tls_key);
} ciphers SEC(".maps");

/* Value: 1 while the transports of any process are probed. Written by user space. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u32);
} ciphers_wanted SEC(".maps");

static __always_inline void take_measures(struct tls_stream *stream, struct connection *connection)
{
	stream->srtt_us = connection->tally.srtt_us;
	stream->retransmissions = connection->tally.retransmissions;
}

static __always_inline bool is_hello(__u8 *bytes)
{
	return bytes[0] == 22 && bytes[1] == 3 && bytes[9] == 3 &&
	       (bytes[5] == HELLO_OF_CLIENT || bytes[5] == HELLO_OF_SERVER);
}

static __always_inline void note_hello(__u8 *bytes, struct connection *connection, __u32 tgid, __u64 sk)
{
	struct hello hello = {.carrier = connection->id, .sk = sk};
	struct hello_key key = {.tgid = tgid, .type = bytes[5]};

	__builtin_memcpy(&key.random, bytes + HELLO_RANDOM_AT, sizeof(key.random));
	if (key.random.part[0] != HELLO_RETRY)
		bpf_map_update_elem(&hellos, &key, &hello, BPF_ANY);
}

static __always_inline void note_cipher(__u8 *bytes, struct connection *connection, __u32 tgid, __u64 sk)
{
	struct cipher_key key = {.tgid = tgid};
	struct tls_stream *stream;
	struct tls_key *found;
	struct tls_key session;

	__builtin_memcpy(key.part, bytes, sizeof(key.part));
	found = bpf_map_lookup_elem(&ciphers, &key);
	if (!found)
		return;
	session = *found;
	bpf_map_delete_elem(&ciphers, &key);
	stream = bpf_map_lookup_elem(&tls_streams, &session);
	if (!stream || stream->carrier)
		return;
	connection->carries_tls = 1;
	take_measures(stream, connection);
	stream->sk = sk;
	stream->evidence = BOUND_BY_CIPHER;
	stream->carrier = connection->id;
}

/* The first SENT_BYTES of a call that sends are in the scratch buffer. */
static __noinline int note_sent(struct connection *connection, __u32 tgid, __u64 sk)
{
	struct scratch *scratch = get_scratch();

	if (!scratch)
		return 0;
	if (is_hello(scratch->data))
		note_hello(scratch->data, connection, tgid, sk);
	else
		note_cipher(scratch->data, connection, tgid, sk);
	return 0;
}

static __always_inline bool are_ciphers_wanted(void)
{
	__u32 key = 0;
	__u32 *wanted = bpf_map_lookup_elem(&ciphers_wanted, &key);

	return wanted && *wanted;
}

/* A call that sends may begin with a hello, or with what a session encrypted. */
static __always_inline bool may_be_evidence(struct transfer *transfer, __u32 direction, __u32 position)
{
	return config.read_tls && direction == EGRESS && transfer->length >= SENT_BYTES &&
	       !(transfer->flags & DATA_LENGTH_ONLY) &&
	       (position < MAX_HELLO_POSITION || are_ciphers_wanted()) && reads_tls(transfer->tgid);
}

/* A connection moves bytes, maybe for a TLS library, within a call on a session. */
static __always_inline void note_carrier(struct connection *connection, __u32 direction, __u64 arrived,
					 __u32 length)
{
	if (config.read_tls)
		note_carrier_of_call(connection, direction, arrived, length);
}

#else

#define SENT_BYTES 0

static __always_inline bool may_be_evidence(struct transfer *transfer, __u32 direction, __u32 position)
{
	return false;
}

static __always_inline int note_sent(struct connection *connection, __u32 tgid, __u64 sk)
{
	return 0;
}

static __always_inline void note_carrier(struct connection *connection, __u32 direction, __u64 arrived,
					 __u32 length)
{
}

#endif
#endif
