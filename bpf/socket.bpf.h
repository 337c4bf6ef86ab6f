/* SPDX-License-Identifier: (MIT OR GPL-2.0-only) */
/*
 * Calls as reported by the socket layer: the end of every send and receive (sock_send_length and
 * sock_recv_length, Linux 6.3), the start of a TCP send (tcp_sendmsg_locked, 6.16), a packet's bytes on
 * their way to a program (skb_copy_datagram_iovec with bpf_dynptr_from_skb, 6.12), and reads that bypass
 * the program (tcp_rcv_space_adjust). The system calls of other processes are not slowed down, and io_uring
 * and 32-bit programs are captured like all others.
 */
#ifndef NETPROFILER_SOCKET_H
#define NETPROFILER_SOCKET_H

#include "state.bpf.h"
#include "syscalls.bpf.h"
#include "transfer.bpf.h"

#ifdef TYPED_POINTERS

extern int bpf_dynptr_from_skb(struct __sk_buff *skb, __u64 flags, struct bpf_dynptr *dynptr) __ksym __weak;

/* The slot of this thread. The state that another thread left there is discarded. */
static __always_inline struct socket_call *get_socket_call(__u64 thread)
{
	__u32 slot = (__u32)thread & (SOCKET_CALL_SLOTS - 1);
	struct socket_call *state = bpf_map_lookup_elem(&socket_calls, &slot);

	if (state && state->thread != thread) {
		state->thread = thread;
		state->sk = 0;
		state->staged = 0;
		state->vector = 0;
	}
	return state;
}

/*
 * Whether the registers of this task belong to a call in progress that moves bytes in this direction. An
 * io_uring worker's registers do not describe its operation, and io_uring also runs at the exit of any
 * other call.
 */
static __always_inline bool describe_running(struct transfer *transfer, struct call *call,
					     struct task_struct *task)
{
	__u64 frame = (__u64)bpf_task_pt_regs((void *)task);
	__u8 direction = transfer->direction;

	if (!in_compat_syscall(task) && !(load(task, flags) & PF_IO_WORKER) && is_running(frame)) {
		read_call(call, frame);
		transfer->direction = INGRESS;
		if (describe_call(transfer, call) >= 0 && transfer->direction == direction)
			return true;
	}
	call->nr = -1;
	transfer->direction = direction;
	transfer->flags = 0;
	transfer->call = direction == INGRESS ? CALL_RECVMSG : CALL_SENDMSG;
	if (!in_compat_syscall(task))
		transfer->call = CALL_IO_URING;
	return false;
}

/* Selects the current message of sendmmsg or recvmmsg: the kernel processes them in order. */
static __always_inline bool point_at_next_message(struct transfer *transfer, struct call *call,
						  struct socket_call *state)
{
	__u64 vector = call->arg[1];

	if (state->vector == vector && state->message + 1 < call->arg[2]) {
		state->message += 1;
		transfer->later = 1;
	} else {
		state->message = 0;
		state->vector = vector;
	}
	return point_at_message(transfer, vector + state->message * sizeof(struct mmsghdr));
}

/* Locates the bytes by the registers. */
static __always_inline void locate_by_call(struct transfer *transfer, struct call *call,
					   struct socket_call *state)
{
	bool is_found = true;

	if (call->nr == NR_sendmsg || call->nr == NR_recvmsg)
		is_found = point_at_message(transfer, call->arg[1]);
	else if (call->nr == NR_sendmmsg || call->nr == NR_recvmmsg)
		is_found = point_at_next_message(transfer, call, state);
	if (!is_found)
		transfer->flags |= DATA_LENGTH_ONLY;
}

/* The location of the bytes is unknown. */
static __always_inline void count_unlocated(struct transfer *transfer, struct task_struct *task)
{
	transfer->flags |= DATA_LENGTH_ONLY;
	count(in_compat_syscall(task) ? COUNT_LOST_COMPAT : COUNT_LOST_IO_URING, 1);
}

static __always_inline bool is_stream(struct sock *sk)
{
	__u16 family = load(sk, __sk_common.skc_family);
	__u16 protocol = load(sk, sk_protocol);

	if (load(sk, sk_type) != SOCK_STREAM)
		return false;
	return family == AF_UNIX || ((family == AF_INET || family == AF_INET6) &&
				     (protocol == IPPROTO_TCP || protocol == IPPROTO_MPTCP));
}

static __always_inline struct connection *find_by_socket(struct sock *sk, struct transfer *transfer)
{
	struct endpoint endpoint = endpoint_of(sk);
	struct connection *connection;

	if (!endpoint.sk)
		return find_closing(sk);
	connection = find_connection(&endpoint, transfer->tgid, transfer);
	if (!connection && transfer->length && load(sk, __sk_common.skc_state) == TCP_CLOSE &&
	    is_target(transfer->tgid) && load(sk, __sk_common.skc_family) != AF_UNIX)
		count(COUNT_LOST_CLOSED, 1);
	return connection;
}

/* Stores the descriptor of a unix socket, by which close() finds the socket. */
static __noinline int note_descriptor(struct connection *connection, struct sock *sk,
				      struct transfer *transfer, struct call *call, struct task_struct *task)
{
	int done = 0;
	__u32 fd = call->nr == NR_splice ? call->arg[2] : call->arg[0];

	if (call->nr >= 0 && find_endpoint(task, fd).sk == sk)
		remember_unix_fd(connection, sk, transfer->tgid, fd);
	barrier_var(done);
	return done;
}

/* Reads from TCP's iterator what a call sends. */
static __always_inline void read_iterator(struct socket_call *state, struct msghdr *message)
{
	struct iov_iter *iter =
		typed(struct iov_iter, (__u64)message + bpf_core_field_offset(struct msghdr, msg_iter));
	__u8 type = load(iter, iter_type);

	state->memory = 0;
	state->segments = 0;
	state->skip = 0;
	if (type == bpf_core_enum_value(enum iter_type, ITER_UBUF)) {
		state->memory = (__u64)load(iter, ubuf) + load(iter, iov_offset);
	} else if (type == bpf_core_enum_value(enum iter_type, ITER_IOVEC)) {
		state->memory = (__u64)load(iter, __iov);
		state->segments = load(iter, nr_segs);
		state->skip = load(iter, iov_offset);
	}
	state->flags = load(message, msg_flags);
}

/* TCP begins to take what a call sends, or takes more of it. Runs under the socket's lock. */
static __always_inline void on_send_begin(struct sock *sk, struct msghdr *message)
{
	struct tcp_sock *tp = typed(struct tcp_sock, (__u64)sk);
	__u64 thread = bpf_get_current_pid_tgid();
	struct socket_call *state;

	if (!may_matter(thread >> 32))
		return;
	state = get_socket_call(thread);
	if (!state || state->sk == (__u64)sk)
		return;
	state->time_ns = bpf_ktime_get_ns();
	state->there = received_of(sk); /* under the lock, a counted FIN is also flagged */
	state->taken = load(tp, copied_seq);
	state->sequence = load(tp, write_seq);
	read_iterator(state, message);
	state->sk = (__u64)sk;
}

/* Takes the values that on_send_begin recorded. */
static __always_inline void take_send(struct transfer *transfer, struct socket_call *state)
{
	transfer->start_ns = state->time_ns;
	transfer->taken = state->taken;
	transfer->there = state->there;
	transfer->has_opposite = 1;
	transfer->sequence = state->sequence + transfer->length;
	transfer->has_sequence = 1;
}

static __always_inline void locate_sent(struct transfer *transfer, struct socket_call *state, bool has_begun,
					struct task_struct *task, struct call *call)
{
	bool is_described = describe_running(transfer, call, task);

	if (has_begun && state->memory) {
		transfer->memory = state->memory;
		transfer->segments = state->segments;
		transfer->skip = state->skip;
		transfer->in_kernel = 1;
	} else if (has_begun && state->flags & MSG_SPLICE_PAGES) {
		transfer->flags |= DATA_LENGTH_ONLY;
	} else if (is_described) {
		locate_by_call(transfer, call, state);
	} else {
		count_unlocated(transfer, task);
	}
}

/* Whether bytes of this call were sent with the SYN, before on_send_begin: TCP Fast Open. */
static __always_inline bool began_with_syn(struct connection *connection, struct socket_call *state)
{
	__u32 next = connection->next[EGRESS];

	return connection->known[EGRESS] && next == connection->start[EGRESS] &&
	       (__s32)(state->sequence - next) > 0;
}

/* Handles the end of a send on any socket. */
static __always_inline void on_send_end(struct sock *sk, long moved)
{
	__u64 thread = bpf_get_current_pid_tgid();
	struct transfer transfer = {
		.tgid = thread >> 32, .direction = EGRESS, .length = moved, .sk = (__u64)sk};
	struct task_struct *task = current_task();
	struct connection *connection;
	struct socket_call *state;
	struct call call;
	bool has_begun;

	if (!may_matter(transfer.tgid))
		return;
	state = get_socket_call(thread);
	if (!state)
		return;
	has_begun = state->sk == (__u64)sk;
	state->sk = 0;
	if (moved <= 0) {
		state->vector = 0;
		on_touch(sk, transfer.tgid);
		return;
	}
	if (!is_stream(sk) || (has_begun && state->flags & MSG_OOB))
		return;
	hold_cpu();
	transfer.now = bpf_ktime_get_ns();
	connection = find_by_socket(sk, &transfer);
	if (connection) {
		has_begun = has_begun && !(connection->from_start && began_with_syn(connection, state));
		if (has_begun)
			take_send(&transfer, state);
		locate_sent(&transfer, state, has_begun, task, &call);
		if (connection->family == AF_UNIX) {
			take_call_start(&transfer, thread);
			note_descriptor(connection, sk, &transfer, &call, task);
		}
		submit_transfer(&transfer, connection, sk);
	}
	release_cpu();
}

/*
 * Whether on_tcp_read has handled these bytes already: it cannot distinguish io_uring's receives from
 * splice.
 */
static __always_inline bool was_inherited(struct connection *connection, struct sock *sk, __u32 length)
{
	__u32 first = sequence_of(sk, INGRESS) - length;

	return connection->known[INGRESS] && (__s32)(connection->next[INGRESS] - first) >= (__s32)length;
}

/* Handles the end of a receive on any socket. */
static __always_inline void on_receive_end(struct sock *sk, long moved, int flags)
{
	__u64 thread = bpf_get_current_pid_tgid();
	struct transfer transfer = {
		.tgid = thread >> 32, .direction = INGRESS, .length = moved, .sk = (__u64)sk};
	struct task_struct *task = current_task();
	struct connection *connection;
	struct socket_call *state;
	struct call call;
	__u32 staged;

	if (!may_matter(transfer.tgid))
		return;
	state = get_socket_call(thread);
	if (!state)
		return;
	staged = state->staged;
	state->staged = 0;
	if (moved <= 0)
		on_touch(sk, transfer.tgid);
	if (moved < 0)
		state->vector = 0;
	/* A peek does not move bytes; the error queue and urgent bytes are not part of the stream. */
	if (moved < 0 || flags & (MSG_PEEK | MSG_ERRQUEUE | MSG_OOB) || !is_stream(sk))
		return;
	hold_cpu();
	transfer.now = bpf_ktime_get_ns();
	connection = find_by_socket(sk, &transfer);
	if (connection && moved == 0) {
		if (connection->opened && load(sk, sk_shutdown) & RCV_SHUTDOWN)
			submit_end(connection, INGRESS);
	} else if (connection) {
		bool is_described = describe_running(&transfer, &call, task);

		if (flags & MSG_TRUNC || staged & STAGED_LOST)
			transfer.flags |= DATA_LENGTH_ONLY; /* TCP discards the bytes */
		else if (staged)
			transfer.staged_by = (__u32)thread;
		else if (is_described)
			locate_by_call(&transfer, &call, state);
		else
			count_unlocated(&transfer, task);
		if (connection->family == AF_UNIX) {
			take_call_start(&transfer, thread);
			note_descriptor(connection, sk, &transfer, &call, task);
		}
		if (is_described || !connection->is_tcp || !was_inherited(connection, sk, moved))
			submit_transfer(&transfer, connection, sk);
	}
	release_cpu();
}

/* Finds the next bytes of a packet that the program has not received. */
static __always_inline bool find_unread(struct sk_buff *skb, struct sock *sk, __u32 *offset)
{
	__u64 cb = (__u64)skb + bpf_core_field_offset(struct sk_buff, cb);

	if (load(sk, __sk_common.skc_family) == AF_UNIX) {
		*offset = load(typed(struct unix_skb_parms, cb), consumed);
		return true;
	}
	if (load(sk, sk_protocol) == IPPROTO_MPTCP) {
		if (!bpf_core_type_exists(struct mptcp_skb_cb))
			return false;
		*offset = load(typed(struct mptcp_skb_cb, cb), offset);
		return true;
	}
	*offset =
		load(typed(struct tcp_sock, (__u64)sk), copied_seq) - load(typed(struct tcp_skb_cb, cb), seq);
	return true;
}

/* Plans which bytes of a piece to stage. `offset` of the plan counts from the piece's first byte. */
static __always_inline struct plan plan_piece(struct sock *sk, __u32 staged, __u32 length)
{
	__u32 limit = staged < MAX_PARTS * MAX_CAPTURE_BYTES ? config.capture_bytes : 0;
	__u64 key = (__u64)sk;
	struct connection *connection = bpf_map_lookup_elem(&connections, &key);
	struct verdict *verdict;
	__u32 slot;

	if (connection && connection->is_tcp && connection->known[INGRESS]) {
		slot = verdict_slot(connection->id);
		verdict = bpf_map_lookup_elem(&verdicts, &slot);
		if (verdict && verdict->connection == connection->id && verdict->ignored)
			return plan_capture(0, length, 0, 0, 0);
		if (verdict && verdict->connection == connection->id)
			return plan_capture(sequence_of(sk, INGRESS) - connection->start[INGRESS], length,
					    verdict->skipping >> INGRESS & 1, verdict->skip_until[INGRESS],
					    limit);
	}
	return plan_capture(0, length, 0, 0, limit);
}

/*
 * A piece of a packet is about to be copied to a program whose call's registers do not contain the
 * destination. The bytes are submitted at once; whether they were received or only peeked at is known when
 * the call ends.
 */
static __always_inline void on_receive_piece(struct sk_buff *trusted, int length)
{
	struct sk_buff *skb = typed(struct sk_buff, (__u64)trusted);
	struct sock *sk = typed(struct sock, (__u64)load(skb, sk));
	__u64 thread = bpf_get_current_pid_tgid();
	struct transfer transfer = {.tgid = thread >> 32, .direction = INGRESS};
	struct scratch *scratch = get_scratch();
	struct socket_call *state;
	struct data_record *record;
	struct bpf_dynptr bytes;
	struct call call;
	struct plan plan;
	__u32 offset, size, captured = 0;

	if (!may_matter(transfer.tgid) || length <= 0 || !scratch)
		return;
	if (describe_running(&transfer, &call, current_task()) && call.nr != NR_recvmmsg)
		return;
	state = get_socket_call(thread);
	if (!state || state->staged & STAGED_LOST || !is_stream(sk) || !find_unread(skb, sk, &offset))
		return;
	plan = plan_piece(sk, state->staged, length);
	size = plan.count;
	barrier_var(size);
	if (size > MAX_CAPTURE_BYTES)
		size = MAX_CAPTURE_BYTES;
	if (size && !bpf_dynptr_from_skb((void *)trusted, 0, &bytes) &&
	    !bpf_dynptr_read(scratch->data, size, &bytes, offset + plan.offset, 0))
		captured = size;
	record = &scratch->record;
	__builtin_memset(record, 0, sizeof(*record));
	record->header.type = RECORD_STAGED;
	record->header.flags = plan.flags | (captured < plan.count ? DATA_FAULT : 0);
	record->header.tgid = transfer.tgid;
	record->position = state->staged;
	record->length = length;
	record->captured = captured;
	record->offset = plan.offset;
	record->staged_by = (__u32)thread;
	state->staged += length;
	barrier_var(captured);
	if (captured > MAX_CAPTURE_BYTES)
		return;
	if (!submit_record(record, sizeof(*record) + captured, 0))
		state->staged |= STAGED_LOST;
}

/*
 * TCP delivered bytes. Receives end in on_receive_end; the others are reads that bypass the program's
 * memory: splice, and zero-copy receive. Runs under the socket's lock.
 */
static __always_inline void on_tcp_read(struct sock *sk)
{
	__u64 thread = bpf_get_current_pid_tgid();
	struct transfer transfer = {.tgid = thread >> 32, .direction = INGRESS, .sk = (__u64)sk};
	struct tcp_sock *tp = typed(struct tcp_sock, (__u64)sk);
	struct connection *connection;
	struct socket_call *state;
	__u64 key = (__u64)sk;
	struct call call;

	if (!may_matter(transfer.tgid))
		return;
	state = get_socket_call(thread);
	if (!state || state->staged || describe_running(&transfer, &call, current_task()))
		return;
	hold_cpu();
	connection = bpf_map_lookup_elem(&connections, &key);
	if (!connection) {
		transfer.length = load(tp, bytes_received) - (load(tp, rcv_nxt) - load(tp, copied_seq));
		connection = find_by_socket(sk, &transfer);
		if (connection && !connection->from_start)
			learn_start(connection, sk, INGRESS);
	}
	if (connection) {
		__u32 next = connection->known[INGRESS] ? connection->next[INGRESS]
							: load(tp, copied_seq) - transfer.length;

		transfer.length = load(tp, copied_seq) - next - (fin_was_read(sk) ? 1 : 0);
		transfer.now = bpf_ktime_get_ns();
		transfer.call = CALL_SPLICE;
		transfer.flags = DATA_LENGTH_ONLY;
		if ((__s32)transfer.length > 0)
			submit_transfer(&transfer, connection, sk);
	}
	release_cpu();
}

#endif
#endif
