/* SPDX-License-Identifier: (MIT OR GPL-2.0-only) */
/* Creates data records of a call that moved bytes: position, length, and the bytes to copy. */
#ifndef NETPROFILER_TRANSFER_H
#define NETPROFILER_TRANSFER_H

#include "connection.bpf.h"
#include "plan.h"
#include "syscalls.bpf.h"
#include "tls_call.bpf.h"

/*
 * Copies user memory to scratch->data + at; returns the number of bytes copied. A read succeeds or fails as
 * a whole, so if a later page is missing, the part up to the end of the first page is tried alone.
 */
static __always_inline __u32 copy_user(struct scratch *scratch, __u32 at, __u64 from, __u32 size)
{
	barrier_var(at);
	barrier_var(size);
	at &= MAX_CAPTURE_BYTES - 1;
	if (size > MAX_CAPTURE_BYTES)
		size = MAX_CAPTURE_BYTES;
	if (!bpf_probe_read_user(scratch->data + at, size, (void *)from))
		return size;

	__u32 page = 4096 - (from & 4095);

	if (page >= size)
		return 0;
	barrier_var(page);
	page &= 8191;
	if (!bpf_probe_read_user(scratch->data + at, page, (void *)from))
		return page;
	return 0;
}

/* Copies one segment. False if `want` is reached or the memory cannot be read. */
static __always_inline bool gather_segment(struct scratch *scratch, struct iovec *segment, __u32 want)
{
	__u32 filled = scratch->filled;
	__u32 skip = scratch->skip;
	__u64 length = segment->length;
	__u32 size, copied;

	if (length <= skip) {
		scratch->skip = skip - length;
		return true;
	}
	length -= skip;
	size = length < want - filled ? length : want - filled;
	copied = copy_user(scratch, filled, segment->base + skip, size);
	scratch->filled = filled + copied;
	scratch->skip = 0;
	return copied == size && filled + copied < want;
}

/* Reads the next segments of an array, which is the program's own or a copy in the kernel. */
static __always_inline bool read_segments(struct scratch *scratch, __u64 from, __u64 size, __u32 in_kernel)
{
	barrier_var(size);
	if (size > sizeof(scratch->batch))
		size = sizeof(scratch->batch);
	if (in_kernel)
		return !bpf_probe_read_kernel(scratch->batch, size, (void *)from);
	return !bpf_probe_read_user(scratch->batch, size, (void *)from);
}

/*
 * Gathers bytes of at most SEGMENTS_A_TURN segments; returns whether more are needed. The state between
 * rounds is kept in the scratch buffer: the verifier does not track memory, so all rounds are the same to
 * it. Global, so that it is verified once.
 */
__noinline int gather_turn(__u64 iov, __u32 segments, __u32 want, __u32 in_kernel)
{
	struct scratch *scratch = get_scratch();

	if (!scratch)
		return 0;
	for (__u32 i = 0; i < SEGMENTS_A_TURN; i++) {
		if (i >= segments)
			return 0;
		if (i % SEGMENT_BATCH == 0 &&
		    !read_segments(scratch, iov + i * sizeof(struct iovec),
				   (segments - i) * sizeof(struct iovec), in_kernel))
			return 0;
		if (!gather_segment(scratch, &scratch->batch[i % SEGMENT_BATCH], want))
			return 0;
	}
	return 1;
}

/*
 * Gathers `want` bytes of the segments of an iovec into the scratch buffer, excluding the first `skip`.
 * Returns whether all required segments were processed. The kernel accepts at most MAX_SEGMENTS.
 */
__noinline int gather(__u64 iov, __u64 segments, __u32 skip, __u32 want, __u32 in_kernel)
{
	struct scratch *scratch = get_scratch();

	if (!scratch)
		return 0;
	scratch->filled = 0;
	scratch->skip = skip;
	for (__u32 first = 0; first < MAX_SEGMENTS; first += SEGMENTS_A_TURN) {
		if (first >= segments)
			return 1;
		if (!gather_turn(iov + first * sizeof(struct iovec), segments - first, want, in_kernel))
			return 1;
	}
	return segments <= MAX_SEGMENTS;
}

/*
 * Position of the call's first byte. TCP: the kernel's own sequence numbers, so that bytes that were not
 * captured (another process, io_uring, before the capture) show as a gap. A FIN counts like a byte in them;
 * it is distinguished from a byte by the expected number.
 */
static __always_inline __u32 tcp_position(struct transfer *transfer, struct connection *connection,
					  struct sock *sk)
{
	__u32 direction = transfer->direction & 1;
	__u32 length = transfer->length + transfer->remaining;
	bool is_exact = transfer->has_sequence;
	__u32 first = (is_exact ? transfer->sequence : sequence_of(sk, direction)) - length;

	if (!connection->known[direction]) {
		if (!is_exact && (direction == INGRESS ? fin_was_read(sk) : fin_was_sent(sk)))
			first -= 1;
		connection->start[direction] = first;
		connection->known[direction] = 1;
	} else if (!is_exact && first == connection->next[direction] + 1) {
		if (direction == INGRESS ? fin_was_read(sk) : fin_was_sent(sk))
			first -= 1;
	}
	connection->next[direction] = first + transfer->length;
	return first - connection->start[direction];
}

static __always_inline __u32 counted_position(struct connection *connection, __u8 direction, __u32 length)
{
	__u32 first = connection->next[direction];

	connection->next[direction] = first + length;
	return first;
}

/*
 * Records where the stream of the other direction starts, as soon as it is known: at a call in either
 * direction.
 */
static __always_inline void learn_start(struct connection *connection, struct sock *sk, __u8 direction)
{
	if (!connection->is_tcp || connection->known[direction] ||
	    load(sk, __sk_common.skc_state) == TCP_SYN_SENT)
		return;
	connection->start[direction] = sequence_of(sk, direction);
	connection->next[direction] = connection->start[direction];
	connection->known[direction] = 1;
}

static __always_inline void remember_unix_fd(struct connection *connection, struct sock *sk, __u32 tgid,
					     __u32 fd)
{
	__u64 at = (__u64)tgid << 32 | fd;
	__u64 key = (__u64)sk;
	__u64 *known = bpf_map_lookup_elem(&unix_fds, &at);

	if (!known || *known != key)
		bpf_map_update_elem(&unix_fds, &at, &key, BPF_ANY);
}

/*
 * Counts a call. The time of a read that waited counts from when there was something to read. Not atomic:
 * one thread reads and one writes, otherwise the bytes would not be a stream.
 */
static __always_inline void count_call(struct transfer *transfer, struct connection *connection,
				       struct sock *sk, __u64 arrived)
{
	struct tally *tally = &connection->tally;
	__u32 direction = transfer->direction & 1;
	__u64 began = transfer->start_ns;

	read_tcp(connection, sk);
	tally->bytes[direction] += transfer->length;
	if (transfer->later)
		return;
	tally->latest_ns = transfer->now;
	tally->calls[direction] += 1;
	if (!began || (direction == INGRESS && arrived == ARRIVED_UNKNOWN))
		return;
	if (direction == INGRESS && arrived > began)
		began = arrived;
	if (transfer->now > began)
		tally->time_ns[direction] += transfer->now - began;
}

static __always_inline struct call_start *start_slot(__u64 thread)
{
	__u32 slot = (__u32)thread & (CALL_SLOTS - 1);

	return bpf_map_lookup_elem(&call_starts, &slot);
}

/* Takes the start of the thread's call, and the position of the opposite stream at that time. */
static __always_inline void take_start(struct transfer *transfer, __u64 thread)
{
	struct call_start *start = start_slot(thread);

	if (!start || start->thread != thread)
		return;
	start->thread = 0;
	transfer->start_ns = start->time_ns;
	transfer->sk = start->sk;
	transfer->taken = start->taken;
	transfer->there = start->there;
}

/*
 * Same as take_start, for calls that other hooks report: for a unix socket, the start is not recorded
 * elsewhere.
 */
static __always_inline void take_call_start(struct transfer *transfer, __u64 thread)
{
	struct call_start *start = start_slot(thread);

	if (!start || start->thread != thread)
		return;
	start->thread = 0;
	transfer->start_ns = start->time_ns;
}

/*
 * Records the position of the opposite stream, with which user space proves which response belongs to which
 * request (docs/http1.md). A read: when it returned. A write: when it began; if TCP does not report that, a
 * server's position at the return is accurate enough. A FIN counts like a byte, and is excluded.
 */
static __always_inline bool record_opposite(struct transfer *transfer, struct connection *connection,
					    struct sock *sk, struct data_record *record)
{
	struct tcp_sock *tp = typed(struct tcp_sock, sk);
	__u32 opposite = (transfer->direction & 1) ^ 1;
	__u32 taken, there;

	if (!connection->is_tcp || !connection->known[opposite])
		return false;
	if (opposite == EGRESS) {
		taken = load(tp, snd_una);
		there = load(tp, write_seq);
		if (connection->ended || fin_was_sent(sk))
			there -= 1;
	} else {
		taken = load(tp, copied_seq);
		there = received_of(sk);
		/* Otherwise the compiler reads these and those of `transfer` with one instruction. */
		barrier_var(taken);
		barrier_var(there);
		if (transfer->has_opposite) {
			taken = transfer->taken;
			there = transfer->there;
		} else if (connection->role != ROLE_SERVER) {
			return false;
		}
	}
	if ((__s32)(taken - there) > 0)
		taken = there;
	record->opposite_taken = taken - connection->start[opposite];
	record->opposite_there = there - connection->start[opposite];
	return true;
}

static __always_inline void report_transfer(struct transfer *transfer, struct connection *connection,
					    struct sock *sk)
{
	struct scratch *scratch = get_scratch();
	__u32 direction = transfer->direction & 1;
	__u32 slot = verdict_slot(connection->id);
	struct verdict *verdict = bpf_map_lookup_elem(&verdicts, &slot);
	struct cpu *cpu = get_cpu();
	__u32 limit = config.capture_bytes;
	struct data_record *record;
	struct plan plan;
	__u64 began = transfer->start_ns;
	__u32 arrived_length = 0;
	__u32 captured = 0;
	__u32 position;
	__u64 fill;
	__u8 flags = transfer->flags;

	if (!scratch || !verdict || !cpu)
		return;
	position = !connection->is_tcp ? counted_position(connection, direction, transfer->length)
				       : tcp_position(transfer, connection, sk);
	if (connection->is_tcp) {
		if (direction == INGRESS)
			began = arrival_of(&connection->arrivals, position + connection->start[INGRESS],
					   &arrived_length);
		count_call(transfer, connection, sk, began);
	}
	note_carrier(connection, direction, began, transfer->length);
	if (verdict->connection == connection->id && verdict->ignored) {
		if (!connection->carries_tls)
			count(COUNT_IGNORED_CALLS, 1);
		return;
	}
	if (connection->is_tcp)
		learn_start(connection, sk, direction ^ 1);
	/* Without an open record, the data are lost, and show as a gap at the next call. */
	if ((!connection->opened || connection->tgid != transfer->tgid) &&
	    submit_open(connection, sk, transfer->tgid, 0))
		return;

	fill = ring_fill(cpu);
	if (fill >= config.pressed_bytes && limit > PRESSED_CAPTURE_BYTES) {
		limit = PRESSED_CAPTURE_BYTES;
		if (transfer->length > limit)
			flags |= DATA_PRESSED;
	}
	if (flags & DATA_LIMITED) /* the middle of a large call */
		limit = 0;
	plan = plan_capture(position, transfer->length,
			    verdict->connection == connection->id && verdict->skipping >> direction & 1,
			    verdict->skip_until[direction], limit);
	if (transfer->staged_by) {
		plan.offset = 0;
	} else if (flags & DATA_LENGTH_ONLY) {
		count(COUNT_LENGTH_ONLY_BYTES, transfer->length);
	} else {
		if (plan.flags & DATA_SKIPPED)
			count(COUNT_SKIPPED_BYTES, plan.offset);
		if (plan.flags & DATA_LIMITED)
			count(COUNT_LIMITED_BYTES, transfer->length - plan.offset - plan.count);
		flags |= plan.flags;
		if (plan.count && !transfer->segments) {
			captured = copy_user(scratch, 0, transfer->memory + transfer->skip + plan.offset,
					     plan.count);
			if (captured < plan.count)
				flags |= DATA_FAULT;
		} else if (plan.count) {
			if (!gather(transfer->memory, transfer->segments, transfer->skip + plan.offset,
				    plan.count, transfer->in_kernel))
				flags |= DATA_SEGMENTS;
			captured = scratch->filled;
			if (captured < plan.count && !(flags & DATA_SEGMENTS))
				flags |= DATA_FAULT;
		}
		if (flags & DATA_FAULT)
			count(COUNT_LOST_FAULT, 1);
		if (flags & DATA_SEGMENTS)
			count(COUNT_LOST_SEGMENTS, 1);
	}
	record = &scratch->record;
	record->header.type = RECORD_DATA;
	record->header.direction = direction;
	record->header.call = transfer->call;
	record->header.flags = flags;
	record->header.tgid = transfer->tgid;
	record->header.connection = connection->id;
	record->header.time_ns = transfer->now;
	record->began_ns = began;
	if (direction == INGRESS && (!connection->is_tcp || began <= ARRIVED_UNKNOWN))
		record->began_ns = 0;
	record->position = position;
	record->length = transfer->length;
	record->captured = captured;
	record->offset = plan.offset;
	record->srtt_us = connection->tally.srtt_us;
	record->retransmissions = connection->tally.retransmissions;
	record->arrived_length = arrived_length;
	record->opposite_taken = 0;
	record->opposite_there = 0;
	record->staged_by = transfer->staged_by;
	if (record_opposite(transfer, connection, sk, record))
		record->header.flags |= PART_OPPOSITE;
	barrier_var(captured);
	if (captured > MAX_CAPTURE_BYTES)
		return;
	if (submit_record(record, sizeof(*record) + captured, fill))
		cpu->events += 1;
	else
		connection->lost = 1;
}

/* A separate function, so that a call with several messages does not contain it several times. */
static __noinline int submit_data(struct transfer *transfer, struct connection *connection, struct sock *sk)
{
	int done = 0;

	report_transfer(transfer, connection, sk);
	barrier_var(
		done); /* otherwise the return register keeps its previous value, which may be an address */
	return done;
}

/*
 * Submits what scratch->transfer describes. Global, so that the verifier processes it once, and not once
 * per round. Nothing is copied to the stack, which is limited to 512 bytes over all nested calls.
 */
__noinline int submit_part(void)
{
	struct scratch *scratch = get_scratch();
	struct connection *connection;
	__u64 key;

	if (!scratch)
		return 0;
	key = scratch->transfer.sk;
	connection = bpf_map_lookup_elem(&connections, &key);
	if (!connection)
		connection = bpf_map_lookup_elem(&closing, &key);
	return connection ? submit_data(&scratch->transfer, connection, typed(struct sock, key)) : 0;
}

/* Stores a transfer where the rounds of a loop find it. */
static __always_inline struct scratch *stage_transfer(struct transfer *transfer)
{
	struct scratch *scratch = get_scratch();

	if (!scratch)
		return 0;
	scratch->transfer = *transfer;
	return scratch;
}

/*
 * The number of bytes of the next part. The last part but one omits the excess, so that the end of a call
 * is copied too.
 */
static __always_inline __u32 next_part(__u32 part, __u32 rest, __u8 *flags)
{
	*flags &= ~DATA_LIMITED;
	if (part == MAX_PARTS - 1 && rest > MAX_CAPTURE_BYTES) {
		*flags |= DATA_LIMITED;
		return rest - MAX_CAPTURE_BYTES;
	}
	return rest <= MAX_CAPTURE_BYTES ? rest : MAX_CAPTURE_BYTES;
}

/*
 * A call that moved more than fits into a record is submitted in parts: in a chunked body, or with
 * pipelining, relevant bytes may be anywhere, and the end of the message is at the end of the call.
 */
static __always_inline void on_parts(struct transfer *transfer)
{
	struct scratch *scratch = stage_transfer(transfer);

	if (!scratch)
		return;
	scratch->transfer.remaining = transfer->length;
	for (__u32 i = 0; i <= MAX_PARTS; i++) {
		__u32 rest = scratch->transfer.remaining;

		if (!rest)
			return;
		scratch->transfer.length = next_part(i, rest, &scratch->transfer.flags);
		scratch->transfer.remaining = rest - scratch->transfer.length;
		submit_part();
		scratch->transfer.skip += scratch->transfer.length;
		scratch->transfer.flags |= PART_CONTINUED;
		scratch->transfer.later = 1;
	}
}

/* Submits what a call moved. */
static __always_inline void submit_transfer(struct transfer *transfer, struct connection *connection,
					    struct sock *sk)
{
	if (transfer->length > MAX_CAPTURE_BYTES && !(transfer->flags & DATA_LENGTH_ONLY) &&
	    !transfer->staged_by)
		on_parts(transfer);
	else if (submit_data(transfer, connection, sk))
		return;
	/* Reported before, unless the connection was not open in user space yet. */
	if (connection->closed)
		submit_close(connection, CLOSE_NONE, END_HELD);
}

/* Permits copying a message of one buffer without reading its iovec again. */
static __always_inline void point_at(struct transfer *transfer, __u64 memory)
{
	transfer->memory = memory;
	transfer->segments = 0;
}

static __always_inline bool point_at_message(struct transfer *transfer, __u64 header)
{
	__u64 vector[2]; /* iov and iov_count, and no more: the stack is short */

	if (bpf_probe_read_user(vector, sizeof(vector),
				(void *)header + __builtin_offsetof(struct user_msghdr, iov)))
		return false;
	transfer->memory = vector[0];
	transfer->segments = vector[1];
	return true;
}

/*
 * Interprets the number and arguments of a call. Returns the MSG_* flags of a receive, or -1 if the call
 * does not move bytes.
 */
static __always_inline int describe_call(struct transfer *transfer, struct call *call)
{
	point_at(transfer, call->arg[1]);
	switch (call->nr) {
	case NR_read:
		transfer->call = CALL_READ;
		return 0;
	case NR_recvfrom:
		transfer->call = CALL_RECVFROM;
		return call->arg[3];
	case NR_readv:
	case NR_preadv2: /* preadv and pread64 fail on sockets; preadv2 does not, at offset -1 */
		transfer->call = CALL_READV;
		transfer->segments = call->arg[2];
		return 0;
	case NR_recvmsg:
		transfer->call = CALL_RECVMSG;
		return call->arg[2];
	case NR_recvmmsg:
		transfer->call = CALL_RECVMMSG;
		return call->arg[3];
	}
	transfer->direction = EGRESS;
	switch (call->nr) {
	case NR_write:
		transfer->call = CALL_WRITE;
		return 0;
	case NR_sendto:
		transfer->call = CALL_SENDTO;
		return call->arg[3] & MSG_OOB;
	case NR_writev:
	case NR_pwritev2:
		transfer->call = CALL_WRITEV;
		transfer->segments = call->arg[2];
		return 0;
	case NR_sendmsg:
		transfer->call = CALL_SENDMSG;
		return call->arg[2] & MSG_OOB;
	case NR_sendmmsg:
		transfer->call = CALL_SENDMMSG;
		return call->arg[3] & MSG_OOB;
	case NR_sendfile:
		transfer->call = CALL_SENDFILE;
		transfer->flags = DATA_LENGTH_ONLY;
		return 0;
	case NR_splice:
		transfer->call = CALL_SPLICE;
		transfer->flags = DATA_LENGTH_ONLY;
		return 0;
	}
	return -1;
}

#endif
