/* SPDX-License-Identifier: (MIT OR GPL-2.0-only) */
/*
 * From calls of a TLS library to streams of plaintext. A session is a stream of its own, carried by the
 * connection on which the library moves bytes while it is called. Nothing is tied by a guess: plaintext of a
 * session whose connection is not known is counted, and not submitted.
 *
 * Programs of uprobes can be preempted by other programs of the same CPU, so they use no memory per CPU:
 * bytes go straight into the ring, and counters are added to atomically.
 */
#ifndef NETPROFILER_TLS_H
#define NETPROFILER_TLS_H

#include "target.bpf.h"
#include "plan.h"
#include "tls_call.bpf.h"

#ifdef CAN_READ_TLS

/* Numbers of streams are beyond those of connections. */
#define STREAM_NUMBERS (1ULL << 62)

#define TLS_PART_BYTES 16384		    /* most bytes of one record */
#define TLS_HEAD_PARTS 60		    /* of a larger call the first of them are copied, */
#define TLS_TAIL_BYTES (4 * TLS_PART_BYTES) /* and the last bytes: a message may end there */
#define TLS_PARTS      (TLS_HEAD_PARTS + 6)

/* Key: number of the library. Filled by user space. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1); /* MAX_TLS_LIBRARIES where it is needed, set by user space */
	__type(key, __u32);
	__type(value, struct tls_layout);
} tls_layouts SEC(".maps");

__u64 streams_numbered = 0;

static __always_inline void add_preemptible(enum counter counter, __u64 amount)
{
	__u32 key = counter;
	__u64 *value = bpf_map_lookup_elem(&counters, &key);

	if (value)
		__sync_fetch_and_add(value, amount);
}

static __always_inline void count_preemptible(enum counter counter)
{
	add_preemptible(counter, 1);
}

static __always_inline __u32 born_of(struct task_struct *task)
{
	__u64 mm = 0;

	bpf_core_read(&mm, sizeof(mm), &task->mm); /* to the verifier a pointer is no number */
	return (__u32)(mm >> 6) ^
	       (__u32)(load(typed(struct task_struct, load(task, group_leader)), start_time) >> 16);
}

static __always_inline struct tls_key key_of(__u64 ssl)
{
	struct tls_key key = {.ssl = ssl};

	key.tgid = bpf_get_current_pid_tgid() >> 32;
	key.born = born_of(current_task());
	return key;
}

static __noinline struct tls_stream *make_stream(struct tls_key *key, __u8 from_start)
{
	struct tls_stream stream = {.from_start = from_start};

	stream.id = STREAM_NUMBERS | (__sync_fetch_and_add(&streams_numbered, 1) + 1);
	if (bpf_map_update_elem(&tls_streams, key, &stream, BPF_ANY)) {
		count_preemptible(COUNT_TLS_LOST_STREAMS);
		return 0;
	}
	return bpf_map_lookup_elem(&tls_streams, key);
}

static __always_inline void describe_record(struct record_header *header, struct tls_stream *stream)
{
	header->tgid = bpf_get_current_pid_tgid() >> 32;
	header->connection = stream->id;
	header->time_ns = bpf_ktime_get_ns();
}

static __always_inline bool submit_tls_record(void *record, __u64 size)
{
	if (bpf_ringbuf_output(&events, record, size, BPF_RB_NO_WAKEUP)) {
		count_preemptible(COUNT_LOST_RING_FULL);
		return false;
	}
	count_preemptible(COUNT_EVENTS);
	return true;
}

/* Without room in the ring it is tried again with the next call: what moved meanwhile is a gap. */
static __noinline int submit_stream(struct tls_stream *stream, __u64 ssl, __u64 cookie)
{
	struct stream_record record = {};
	__u32 at = COOKIE_VERSION_AT(cookie);

	describe_record(&record.header, stream);
	record.header.type = RECORD_STREAM;
	record.header.flags = stream->from_start ? STREAM_FROM_START : 0;
	record.carrier = stream->carrier;
	record.library = COOKIE_LIBRARY(cookie);
	if (at != OFFSET_NOT_KNOWN)
		bpf_probe_read_user(&record.version, sizeof(record.version), (void *)(ssl + at));
	if (!submit_tls_record(&record, sizeof(record)))
		return 0;
	count_preemptible(COUNT_TLS_STREAMS);
	stream->opened = 1;
	return 0;
}

static __noinline int submit_stream_end(struct tls_stream *stream, __u8 flags)
{
	struct stream_end_record record = {};

	describe_record(&record.header, stream);
	record.header.type = RECORD_STREAM_END;
	record.header.flags = flags;
	record.position[INGRESS] = stream->position[INGRESS];
	record.position[EGRESS] = stream->position[EGRESS];
	submit_tls_record(&record, sizeof(record));
	return 0;
}

/* What follows on the session is another stream, whose beginning was not seen. */
static __always_inline void restart(struct tls_stream *stream)
{
	if (stream->opened)
		submit_stream_end(stream, STREAM_LOST);
	stream->id = STREAM_NUMBERS | (__sync_fetch_and_add(&streams_numbered, 1) + 1);
	stream->position[INGRESS] = stream->position[EGRESS] = 0;
	stream->from_start = stream->opened = stream->lost = 0;
}

/* The return of the call that was in the slot will not be seen, or not be known as its. */
static __noinline int lose_call(struct tls_call *call)
{
	struct tls_key key = {.ssl = call->ssl, .tgid = call->thread >> 32, .born = call->born};
	struct tls_stream *stream = bpf_map_lookup_elem(&tls_streams, &key);

	call->thread = 0;
	if (!stream)
		return 0;
	stream->lost = 1;
	count_preemptible(COUNT_TLS_LOST_CALLS);
	return 0;
}

static __always_inline void end_session(__u64 ssl, __u64 cookie, bool is_used_again)
{
	struct tls_key key = key_of(ssl);
	struct tls_stream *stream = bpf_map_lookup_elem(&tls_streams, &key);
	__u8 role;

	if (!stream)
		return;
	if (stream->carrier && !stream->opened)
		submit_stream(stream, ssl, cookie); /* it moved no plaintext */
	if (stream->opened)
		submit_stream_end(stream, stream->lost ? STREAM_LOST : 0);
	role = stream->role;
	bpf_map_delete_elem(&tls_streams, &key);
	if (!is_used_again)
		return;
	stream = make_stream(&key, 1);
	if (stream)
		stream->role = role;
}

/* Of a session that is older than the probes the hello was not seen either. */
static __always_inline void note_role(__u64 ssl, enum hello_type role)
{
	struct tls_key key = key_of(ssl);
	struct tls_stream *stream = bpf_map_lookup_elem(&tls_streams, &key);

	if (stream)
		stream->role = role;
}

static __always_inline void on_tls_enter(struct pt_regs *regs)
{
	__u64 cookie = bpf_get_attach_cookie(regs);
	__u64 thread = bpf_get_current_pid_tgid();
	__u32 function = COOKIE_FUNCTION(cookie);
	__u32 argument = COOKIE_LENGTH_ARGUMENT(cookie);
	__u64 ssl = regs->di, sp = regs->sp, fourth = regs->cx, fifth = regs->r8;
	struct tls_call *call;

	barrier_var(fourth); /* else the compiler chooses the register's address */
	barrier_var(fifth);
	if (!ssl || !may_matter(thread >> 32))
		return;
	if (function == TLS_FREE || function == TLS_CLEAR) {
		end_session(ssl, cookie, function == TLS_CLEAR);
		return;
	}
	if (function == TLS_ACCEPT || function == TLS_CONNECT) {
		note_role(ssl, function == TLS_ACCEPT ? HELLO_OF_SERVER : HELLO_OF_CLIENT);
		return;
	}
	call = tls_call_slot(thread);
	if (!call)
		return;
	if (call->thread == thread && call->ssl == ssl && sp < call->sp)
		return; /* within another call on the same session, which counts */
	if (call->thread)
		lose_call(call);
	call->ssl = ssl;
	call->buffer = regs->si;
	call->length_at = argument == 4 ? fourth : argument == 5 ? fifth : 0;
	call->sp = sp;
	call->cookie = cookie;
	call->carrier = 0;
	call->arrived_ns = 0;
	call->has_two_carriers = call->is_at_header = 0;
	call->born = born_of(current_task());
	call->began_ns = bpf_ktime_get_ns();
	call->thread = thread;
}

/* What is handed to the ring of one call. */
struct plain {
	struct data_record record;
	__u64 buffer;
	__u32 length; /* of the call */
	__u32 done;
	__u32 limit; /* most bytes of one record */
	__u32 skip_until;
	__u32 is_skipping;
	__u32 flags;
};

/* `room` is a constant: the ring reserves no other sizes. */
static __always_inline void submit_bytes(struct plain *plain, struct plan *plan, const __u32 room)
{
	struct {
		struct data_record record;
		__u8 data[];
	} *event = bpf_ringbuf_reserve(&events, sizeof(struct data_record) + room, 0);
	__u64 size = plan->count;

	if (!event) {
		count_preemptible(COUNT_LOST_RING_FULL);
		return;
	}
	event->record = plain->record;
	event->record.position += plain->done;
	event->record.offset = plan->offset;
	event->record.header.flags |= plan->flags | (plain->done ? PART_CONTINUED : 0);
	barrier_var(size);
	if (size > room)
		size = room;
	if (size &&
	    bpf_probe_read_user(event->data, size, (void *)(plain->buffer + plain->done + plan->offset))) {
		size = 0;
		event->record.header.flags |= DATA_FAULT;
		count_preemptible(COUNT_LOST_FAULT);
	}
	event->record.captured = size;
	bpf_ringbuf_submit(event, BPF_RB_NO_WAKEUP);
	count_preemptible(COUNT_EVENTS);
}

static __always_inline void submit_range(struct plain *plain, __u32 length, __u32 limit)
{
	struct plan plan = plan_capture(plain->record.position + plain->done, length, plain->is_skipping,
					plain->skip_until, limit);

	plain->record.length = length;
	if (plan.flags & DATA_SKIPPED)
		add_preemptible(COUNT_SKIPPED_BYTES, plan.offset);
	if (plan.flags & DATA_LIMITED && !(plain->flags & DATA_LENGTH_ONLY))
		add_preemptible(COUNT_LIMITED_BYTES, length - plan.offset - plan.count);
	plan.flags |= plain->flags;
	if (plan.count <= 256)
		submit_bytes(plain, &plan, 256);
	else if (plan.count <= 1024)
		submit_bytes(plain, &plan, 1024);
	else if (plan.count <= 4096)
		submit_bytes(plain, &plan, 4096);
	else if (plan.count <= 8192)
		submit_bytes(plain, &plan, 8192);
	else
		submit_bytes(plain, &plan, TLS_PART_BYTES);
	plain->done += length;
}

static long submit_tls_part(__u32 index, struct plain *plain)
{
	__u32 rest = plain->length - plain->done;

	if (plain->done >= plain->length)
		return 1;
	if (index == TLS_HEAD_PARTS && rest > TLS_TAIL_BYTES)
		submit_range(plain, rest - TLS_TAIL_BYTES, 0);
	else
		submit_range(plain, rest < TLS_PART_BYTES ? rest : TLS_PART_BYTES, plain->limit);
	return 0;
}

static __noinline int submit_plaintext(struct tls_stream *stream, struct tls_call *call, __u32 direction,
				       __u32 length)
{
	struct plain plain = {.buffer = call->buffer, .length = length, .limit = config.capture_bytes};
	struct record_header *header = &plain.record.header;
	__u32 slot = verdict_slot(stream->id);
	struct verdict *verdict = bpf_map_lookup_elem(&verdicts, &slot);
	bool is_mine = verdict && verdict->connection == stream->id;

	describe_record(header, stream);
	header->type = RECORD_DATA;
	header->direction = direction;
	header->call = direction == INGRESS ? CALL_SSL_READ : CALL_SSL_WRITE;
	plain.record.began_ns = direction == INGRESS ? call->arrived_ns : call->began_ns;
	plain.record.arrived_length = direction == INGRESS && call->arrived_ns ? length : 0;
	plain.record.position = stream->position[direction & 1];
	plain.record.srtt_us = stream->srtt_us;
	plain.record.retransmissions = stream->retransmissions;
	stream->position[direction & 1] += length;
	if (!stream->opened)
		return 0; /* user space does not know it yet: a gap */
	if (is_mine && verdict->ignored) {
		count_preemptible(COUNT_IGNORED_CALLS);
		return 0;
	}
	if (plain.limit > TLS_PART_BYTES)
		plain.limit = TLS_PART_BYTES;
	if (is_mine && verdict->skipping >> (direction & 1) & 1) {
		plain.is_skipping = 1;
		plain.skip_until = verdict->skip_until[direction & 1];
	}
	if (COOKIE_FUNCTION(call->cookie) == TLS_SENDFILE) { /* the bytes pass by the program */
		plain.flags = DATA_LENGTH_ONLY;
		submit_range(&plain, length, 0);
	} else if (length > PRESSED_CAPTURE_BYTES &&
		   bpf_ringbuf_query(&events, BPF_RB_AVAIL_DATA) >= config.pressed_bytes) {
		plain.flags = DATA_PRESSED;
		submit_range(&plain, length, PRESSED_CAPTURE_BYTES);
	} else if (length <= TLS_PART_BYTES ||
		   (plain.is_skipping &&
		    (__s32)(plain.skip_until - plain.record.position) >= (__s32)length)) {
		submit_range(&plain, length, plain.limit);
	} else {
		bpf_loop(TLS_PARTS, submit_tls_part, &plain, 0);
	}
	return 0;
}

/* The bytes of plaintext that the call moved. */
static __always_inline __u32 length_of_call(struct tls_call *call, long returned, struct tls_stream *stream)
{
	__u64 length = 0;

	if (COOKIE_FUNCTION(call->cookie) == TLS_HANDSHAKE)
		return 0;
	if (COOKIE_FUNCTION(call->cookie) == TLS_SENDFILE)
		return returned > 0 ? returned : 0;
	if ((int)returned <= 0)
		return 0;
	if (!call->length_at)
		return (int)returned;
	if (bpf_probe_read_user(&length, sizeof(length), (void *)call->length_at)) {
		stream->lost = 1; /* how many is not known */
		count_preemptible(COUNT_TLS_LOST_CALLS);
	}
	return length;
}

static __always_inline struct tls_layout *layout_of(struct tls_call *call)
{
	__u32 library = COOKIE_LIBRARY(call->cookie);

	return bpf_map_lookup_elem(&tls_layouts, &library);
}

static __always_inline __u32 random_offset(struct tls_layout *layout, struct tls_stream *stream)
{
	if (!layout || !stream->role)
		return OFFSET_NOT_KNOWN;
	return stream->role == HELLO_OF_SERVER ? layout->server_random_at : layout->client_random_at;
}

/* The random of the session's own hello, as its object holds it. */
static __always_inline bool read_random(struct tls_random *random, __u32 size, struct tls_stream *stream,
					struct tls_call *call)
{
	struct tls_layout *layout = layout_of(call);
	__u32 offset = random_offset(layout, stream);
	__u64 at = call->ssl;

	if (!layout || offset == OFFSET_NOT_KNOWN)
		return false;
	if (layout->pointer_at != OFFSET_NOT_KNOWN &&
	    bpf_probe_read_user(&at, sizeof(at), (void *)(at + layout->pointer_at)))
		return false;
	return !bpf_probe_read_user(random, size, (void *)(at + offset));
}

/* The session's own hello was sent on a connection: that one carries it, whatever calls within its calls did.
 */
static __noinline int bind_by_hello(struct tls_stream *stream, struct tls_call *call)
{
	struct hello_key key = {.tgid = call->thread >> 32, .type = stream->role};
	struct connection *connection;
	struct hello *hello;

	if (!read_random(&key.random, sizeof(key.random), stream, call))
		return 0;
	hello = bpf_map_lookup_elem(&hellos, &key);
	if (!hello)
		return 0;
	if (stream->carrier && stream->carrier != hello->carrier)
		restart(stream);
	stream->carrier = hello->carrier;
	stream->sk = hello->sk;
	stream->random = key.random.part[0];
	stream->evidence = BOUND_BY_HELLO;
	bpf_map_delete_elem(&hellos, &key);
	connection = bpf_map_lookup_elem(&connections, &stream->sk);
	if (connection && connection->id == stream->carrier) {
		connection->carries_tls = 1;
		take_measures(stream, connection);
	}
	return 0;
}

/*
 * Whether the object of a session with memory buffers still has the random that was bound. A different random
 * belongs to another session, or to a renegotiation; the two are not distinguished.
 */
static __noinline int check_random(struct tls_stream *stream, struct tls_call *call)
{
	struct tls_random random = {};

	if (read_random(&random, sizeof(random.part[0]), stream, call) && random.part[0] == stream->random)
		return 0;
	restart(stream);
	stream->carrier = stream->evidence = 0;
	return 0;
}

/*
 * A call that moved bytes on one connection says which one carries the session. A callback of the handshake
 * may use any connection; where the hello will tell, such a call proves nothing.
 */
static __always_inline void bind_by_call(struct tls_stream *stream, struct tls_call *call, __u32 length)
{
	if (!length && !stream->opened && random_offset(layout_of(call), stream) != OFFSET_NOT_KNOWN)
		return;
	if (call->has_two_carriers)
		count_preemptible(COUNT_TLS_TWO_CARRIERS);
	if (!call->carrier || call->has_two_carriers)
		return;
	if (stream->carrier && stream->carrier != call->carrier)
		restart(stream); /* the object serves another connection, and that was not seen */
	stream->carrier = call->carrier;
	stream->evidence = BOUND_BY_CALL;
	stream->srtt_us = call->srtt_us;
	stream->retransmissions = call->retransmissions;
}

static __always_inline void refresh_measures(struct tls_stream *stream)
{
	struct connection *connection = bpf_map_lookup_elem(&connections, &stream->sk);

	if (connection && connection->id == stream->carrier)
		take_measures(stream, connection);
}

static __always_inline void bind(struct tls_stream *stream, struct tls_call *call, __u32 length)
{
	bool is_final = stream->evidence == BOUND_BY_HELLO || stream->evidence == BOUND_BY_CIPHER;

	if (is_final && call->carrier == stream->carrier && !call->has_two_carriers) {
		stream->srtt_us = call->srtt_us;
		stream->retransmissions = call->retransmissions;
		return;
	}
	if (is_final)
		refresh_measures(stream);
	if (stream->evidence == BOUND_BY_HELLO)
		check_random(stream, call);
	if (stream->evidence != BOUND_BY_HELLO && stream->evidence != BOUND_BY_CIPHER)
		bind_by_call(stream, call, length);
	if (stream->role && stream->evidence != BOUND_BY_HELLO && !(stream->carrier && stream->opened))
		bind_by_hello(stream, call);
}

#define MAX_ASKED    6 /* times for one session */
#define ASK_AFTER_NS 10000000000ULL

/* User space probes the transports of the process for a while, and finds what its sessions encrypt. */
static __noinline int ask_for_ciphers(struct tls_stream *stream)
{
	struct process_record record = {};
	__u64 now = bpf_ktime_get_ns();

	if (stream->asked >= MAX_ASKED || (stream->asked && now - stream->asked_ns < ASK_AFTER_NS))
		return 0;
	record.header.type = RECORD_PROCESS;
	record.header.flags = PROCESS_UNBOUND;
	record.header.tgid = bpf_get_current_pid_tgid() >> 32;
	record.header.time_ns = now;
	if (!submit_tls_record(&record, sizeof(record)))
		return 0;
	stream->asked += 1;
	stream->asked_ns = now;
	return 0;
}

static __always_inline void on_call_end(struct tls_call *call, long returned)
{
	struct tls_key key = key_of(call->ssl);
	struct tls_stream *stream = bpf_map_lookup_elem(&tls_streams, &key);
	__u32 function = COOKIE_FUNCTION(call->cookie);
	__u32 direction = function == TLS_READ ? INGRESS : EGRESS;
	__u32 length;

	if (!stream && !call->carrier && (int)returned <= 0)
		return; /* nothing is learned of a session that is older than the probes */
	if (!stream)
		stream = make_stream(&key, 0);
	if (!stream)
		return;
	length = length_of_call(call, returned, stream);
	if (stream->lost)
		restart(stream);
	bind(stream, call, length);
	if (length && !stream->carrier) {
		if (!stream->counted && is_target(key.tgid)) /* else its connection may not be chosen */
			count_preemptible(COUNT_TLS_UNBOUND);
		stream->counted = 1;
		stream->from_start = 0;
		if (is_target(key.tgid))
			ask_for_ciphers(stream);
		return;
	}
	if (!stream->opened && stream->carrier &&
	    (length || (function == TLS_HANDSHAKE && (int)returned == 1)))
		submit_stream(stream, call->ssl, call->cookie);
	if (length)
		submit_plaintext(stream, call, direction, length);
}

/* Bytes are handed to a transport: the session's that the thread is in a call on. */
static __always_inline void on_transport(struct pt_regs *regs)
{
	__u64 thread = bpf_get_current_pid_tgid();
	__u64 from = regs->si, length = regs->dx;
	struct cipher_key key = {.tgid = thread >> 32};
	struct tls_key session = {.tgid = thread >> 32};
	struct tls_stream *stream;
	struct tls_call *call;
	__u8 type;

	if (!may_matter(thread >> 32) || (__s32)length < SENT_BYTES)
		return;
	call = tls_call_slot(thread);
	if (!call || call->thread != thread)
		return;
	session.ssl = call->ssl;
	session.born = call->born;
	stream = bpf_map_lookup_elem(&tls_streams, &session);
	if (stream && stream->carrier)
		return;
	if (bpf_probe_read_user(key.part, sizeof(key.part), (void *)from))
		return;
	type = key.part[0];
	if (type >= 20 && type <= 23) /* RFC 8446, 5.1 */
		bpf_map_update_elem(&ciphers, &key, &session, BPF_ANY);
}

static __always_inline void on_tls_leave(struct pt_regs *regs)
{
	__u64 cookie = bpf_get_attach_cookie(regs);
	__u64 thread = bpf_get_current_pid_tgid();
	struct tls_call *call;

	if (!may_matter(thread >> 32))
		return;
	if (COOKIE_FUNCTION(cookie) == TLS_NEW) {
		struct tls_key key = key_of(regs->ax);

		if (key.ssl)
			make_stream(&key, 1);
		return;
	}
	call = tls_call_slot(thread);
	/* Else a call within another one on the same session, or one that began before its probe. */
	if (!call || call->thread != thread || call->sp + sizeof(__u64) != regs->sp)
		return;
	on_call_end(call, regs->ax);
	call->thread = 0;
}

#endif
#endif
