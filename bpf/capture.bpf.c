// SPDX-License-Identifier: (MIT OR GPL-2.0-only)
/*
 * Netprofiler's kernel side: copies the bytes of calls, counts them, and submits records.
 *
 * One raw tracepoint handles the return of every system call (sys_exit); it finds the socket of the
 * descriptor and submits what the call moved. One records when such a call begins to send: in TCP itself
 * (tcp_sendmsg_locked) if the kernel has that tracepoint, otherwise at the entry of every call (sys_enter).
 * The others track connections (inet_sock_set_state), segments (tcp_probe: arrival times) and processes
 * (fork, exec, exit, cgroup attach). Raw tracepoints exist in every kernel since 4.17, need neither tracefs
 * nor perf events, and have the lowest cost.
 *
 *   capture.h         the interface to user space
 *   kernel.bpf.h      the kernel's types, with the fields that are read
 *   syscalls.bpf.h    call numbers and arguments by architecture
 *   compat.bpf.h      what differs between kernels
 *   maps.bpf.h        configuration, maps, counters
 *   target.bpf.h      which processes are captured
 *   arrival.bpf.h     arrival times of bytes and connections
 *   connection.bpf.h  the table of connections
 *   owner.bpf.h       owners of the sockets at the other end
 *   state.bpf.h       start and end of TCP connections
 *   transfer.bpf.h    from a call to a data record
 *   socket.bpf.h      calls as reported by the socket layer
 *   tls_call.bpf.h    a thread's current call on a TLS session
 *   tls.bpf.h         from calls of a TLS library to streams of plaintext
 *   plan.h            which bytes to copy (pure)
 */
#include "kernel.bpf.h"
#include "syscalls.bpf.h"
#include "connection.bpf.h"
#include "transfer.bpf.h"
#include "socket.bpf.h"
#include "state.bpf.h"
#include "tls.bpf.h"

char LICENSE[] SEC("license") = "Dual MIT/GPL";

static __always_inline bool is_sending(long nr)
{
	return nr == NR_write || nr == NR_sendto || nr == NR_writev || nr == NR_sendmsg ||
	       nr == NR_sendfile || nr == NR_sendmmsg || nr == NR_splice || nr == NR_pwritev2;
}

static __always_inline bool moves_bytes(long nr)
{
	return is_sending(nr) || nr == NR_read || nr == NR_recvfrom || nr == NR_readv || nr == NR_recvmsg ||
	       nr == NR_recvmmsg || nr == NR_preadv2;
}

/* A read that returns 0 is the end of the stream, unless it requested 0 bytes. */
static __always_inline bool had_room(struct call *call)
{
	return call->nr == NR_recvmsg || call->nr == NR_recvmmsg || call->arg[2];
}

static __always_inline __u32 length_of(__u64 vector, __u32 message)
{
	__u32 length = 0;

	bpf_probe_read_user(&length, sizeof(length), &((struct mmsghdr *)vector)[message].length);
	return length;
}

/* Sums the lengths of all messages into scratch->transfer.remaining. Global, for the reason in gather. */
__noinline int sum_messages(__u64 vector, __u32 messages)
{
	struct scratch *scratch = get_scratch();

	if (!scratch)
		return 0;
	scratch->transfer.remaining = 0;
	for (__u32 i = 0; i < MAX_VECTOR && i < messages; i++)
		scratch->transfer.remaining += length_of(vector, i);
	return 0;
}

/*
 * sendmmsg and recvmmsg return the number of messages that they moved, and store each one's length after
 * it.
 */
static __always_inline void on_messages(struct transfer *transfer, struct connection *connection,
					struct sock *sk, __u64 vector, __u32 messages)
{
	struct scratch *scratch = stage_transfer(transfer);

	if (!scratch)
		return;
	sum_messages(vector, messages);
	if (messages > MAX_MESSAGES) {
		count(COUNT_LOST_SEGMENTS, 1);
		transfer->length = scratch->transfer.remaining;
		transfer->flags |= DATA_LENGTH_ONLY | DATA_SEGMENTS;
		submit_data(transfer, connection, sk);
		return;
	}
	for (__u32 i = 0; i < MAX_MESSAGES && i < messages; i++) {
		__u32 length = length_of(vector, i);

		if (!length)
			continue;
		scratch->transfer.length = length;
		scratch->transfer.remaining -= length;
		if (point_at_message(&scratch->transfer, vector + i * sizeof(struct mmsghdr)))
			submit_part();
		scratch->transfer.later = 1;
	}
}

/* Handles the return of a call that may have moved bytes between the program and a socket. */
static __always_inline int on_transfer(struct call *call, long moved, struct transfer *transfer)
{
	struct task_struct *task = current_task();
	struct endpoint endpoint = {};
	struct connection *connection;
	struct sock *sk;
	int receive_flags;
	bool is_vector = call->nr == NR_sendmmsg || call->nr == NR_recvmmsg;
	__u32 fd = call->arg[0];

	transfer->now = bpf_ktime_get_ns();
	transfer->length = moved;
	receive_flags = describe_call(transfer, call);
	if (receive_flags < 0)
		return 0;
	if (call->nr == NR_splice) { /* (from, offset, to, offset): either end may be the socket */
		endpoint = find_endpoint(task, fd);
		if (endpoint.sk)
			transfer->direction = INGRESS;
		else
			fd = call->arg[2];
	}
	/* A peek does not move bytes; the error queue and urgent bytes are not part of the stream. */
	if (receive_flags & (MSG_PEEK | MSG_ERRQUEUE | MSG_OOB))
		return 0;
	/* TCP discards the bytes. */
	if (receive_flags & MSG_TRUNC)
		transfer->flags |= DATA_LENGTH_ONLY;

	if (!endpoint.sk)
		endpoint = find_endpoint(task, fd);
	if (!endpoint.sk)
		return 0;
	if (in_compat_syscall(task)) {
		count(COUNT_LOST_COMPAT, 1);
		return 0;
	}
	sk = endpoint.sk;
	transfer->has_opposite = transfer->sk == (__u64)sk;
	transfer->sk = (__u64)sk;
	connection = find_connection(&endpoint, transfer->tgid, is_vector ? 0 : transfer);
	if (!connection) {
		/* A read at the end of the stream loses nothing. */
		if (moved > 0 && load(sk, __sk_common.skc_state) == TCP_CLOSE && is_target(transfer->tgid))
			count(COUNT_LOST_CLOSED, 1);
		return 0;
	}
	if (connection->family == AF_UNIX)
		remember_unix_fd(connection, endpoint.sk, transfer->tgid, fd);
	if (moved == 0) {
		if (transfer->direction == INGRESS && connection->opened && had_room(call))
			submit_end(connection, INGRESS);
		return 0;
	}
	if (is_vector) {
		on_messages(transfer, connection, sk, call->arg[1], moved);
		return 0;
	}
	if ((call->nr == NR_sendmsg || call->nr == NR_recvmsg) && !point_at_message(transfer, call->arg[1]))
		transfer->flags |= DATA_LENGTH_ONLY;
	submit_transfer(transfer, connection, sk);
	return 0;
}

/* A connection observed from its start: positions count from its first byte, and the role is certain. */
static __always_inline void on_new_connection(__u32 tgid, __u32 fd, __u8 role)
{
	struct endpoint endpoint = find_endpoint(current_task(), fd);
	__u64 key = (__u64)endpoint.sk;
	struct connection *connection, *opening;

	if (!endpoint.sk)
		return;
	/*
	 * A non-blocking connect() is repeated until it is done; TCP_CLOSE removes every TCP connection
	 * from the table.
	 */
	connection = bpf_map_lookup_elem(&connections, &key);
	if (role == ROLE_CLIENT && connection && connection->family != AF_UNIX)
		return;
	opening = get_opening(BY_CALL);
	connection = opening ? open_connection(opening, &endpoint, tgid, role, 0) : 0;
	if (!connection)
		return;
	if (connection->family == AF_UNIX) {
		remember_unix_fd(connection, endpoint.sk, tgid, fd);
	} else {
		learn_start(connection, endpoint.sk, INGRESS);
		learn_start(connection, endpoint.sk, EGRESS);
		submit_open(connection, endpoint.sk, tgid, 0); /* a connection without data counts too */
	}
}

/*
 * A call that may move bytes begins. `may_be_known`: its start may be recorded already, and is kept then.
 * `sk`: the socket on which TCP begins to send, if known.
 */
static __always_inline void on_start(bool may_be_known, struct sock *sk)
{
	struct tcp_sock *tp = typed(struct tcp_sock, sk);
	__u64 thread = bpf_get_current_pid_tgid();
	struct call_start *start;

	if (!may_matter(thread >> 32))
		return;
	start = start_slot(thread);
	if (!start)
		return;
	if (!may_be_known || start->thread != thread) {
		start->thread = thread;
		start->time_ns = bpf_ktime_get_ns();
		start->sk = 0;
	}
	if (!sk || start->sk)
		return;
	start->there = received_of(sk); /* under the socket's lock, a counted FIN is also flagged */
	start->taken = load(tp, copied_seq);
	start->sk = (__u64)sk;
}

static __always_inline void on_call(long nr)
{
	if (moves_bytes(nr))
		on_start(false, 0);
}

static __always_inline void on_return(__u64 frame, long moved, bool is_first)
{
	struct call call;
	__u64 thread = bpf_get_current_pid_tgid();
	__u32 tgid = thread >> 32;
	struct transfer transfer = {.tgid = tgid};

	if (!may_matter(tgid))
		return;
	if (is_first && CAN_BE_PREEMPTED)
		mark_returned(thread);
	/* For failed calls too: the start of the next call may not be recorded. */
	take_start(&transfer, thread);
	if (moved < 0 && moved != -EINPROGRESS)
		return;
	read_call(&call, frame);
	if (!(moved >= 0 && moves_bytes(call.nr)) && call.nr != NR_accept && call.nr != NR_accept4 &&
	    call.nr != NR_connect && call.nr != NR_close)
		return;
	hold_cpu();
	if (call.nr == NR_accept || call.nr == NR_accept4)
		on_new_connection(tgid, moved, ROLE_SERVER);
	else if (call.nr == NR_connect)
		on_new_connection(tgid, call.arg[0], ROLE_CLIENT);
	else if (call.nr == NR_close)
		on_close(tgid, call.arg[0]);
	else
		on_transfer(&call, moved, &transfer);
	release_cpu();
}

#ifdef TYPED_POINTERS
/* For unix sockets only: accept, connect and close, and what splice reads from them. */
static __always_inline void on_unix_return(__u64 frame, long moved)
{
	__u64 thread = bpf_get_current_pid_tgid();
	struct transfer transfer = {.tgid = thread >> 32};
	struct endpoint endpoint;
	struct call call;

	if (!may_matter(transfer.tgid) || (moved < 0 && moved != -EINPROGRESS))
		return;
	read_call(&call, frame);
	if (call.nr == NR_close) {
		on_close(transfer.tgid, call.arg[0]);
		return;
	}
	if (call.nr != NR_accept && call.nr != NR_accept4 && call.nr != NR_connect && call.nr != NR_splice)
		return;
	endpoint = find_endpoint(current_task(),
				 call.nr == NR_accept || call.nr == NR_accept4 ? moved : call.arg[0]);
	if (!endpoint.sk || load(endpoint.sk, __sk_common.skc_family) != AF_UNIX)
		return;
	hold_cpu();
	if (call.nr == NR_splice) {
		take_start(&transfer, thread);
		on_transfer(&call, moved, &transfer);
	} else if (call.nr == NR_connect) {
		on_new_connection(transfer.tgid, call.arg[0], ROLE_CLIENT);
	} else {
		on_new_connection(transfer.tgid, moved, ROLE_SERVER);
	}
	release_cpu();
}
#endif

SEC("?raw_tp/sys_enter")
int enter_call(struct bpf_raw_tracepoint_args *ctx)
{
	on_call(ctx->args[1]);
	return 0;
}

SEC("?raw_tp/sys_exit")
int exit_call(struct bpf_raw_tracepoint_args *ctx)
{
	on_return(ctx->args[0], ctx->args[1], true);
	return 0;
}

/* For kernels where exit_call can be skipped because it was interrupted on this CPU: see compat.bpf.h. */
SEC("?raw_tp/sys_exit")
int exit_call_again(struct bpf_raw_tracepoint_args *ctx)
{
	long moved = ctx->args[1];
	__u64 thread = bpf_get_current_pid_tgid();

	if (!may_matter(thread >> 32) || take_returned(thread))
		return 0;
	on_return(ctx->args[0], moved, false);
	return 0;
}

#ifdef TYPED_POINTERS
/*
 * Replacements where programs of raw tracepoints can be preempted and those of trace events cannot: see
 * compat.bpf.h.
 */
SEC("?tracepoint/raw_syscalls/sys_enter")
int enter_call_event(struct raw_syscalls_event *ctx)
{
	on_call(ctx->nr);
	return 0;
}

SEC("?tracepoint/raw_syscalls/sys_exit")
int exit_call_event(struct raw_syscalls_event *ctx)
{
	on_return(bpf_task_pt_regs(bpf_get_current_task_btf()), ctx->returned, false);
	return 0;
}
#endif

/*
 * State changes have two programs on every kernel: an interrupt can change the state of one socket while the
 * first program runs for another, and the kernel does not run a program within itself.
 */
#define STATE(name, interrupter)                                                                             \
	SEC("?raw_tp/inet_sock_set_state")                                                                   \
	int name(struct bpf_raw_tracepoint_args *ctx)                                                        \
	{                                                                                                    \
		on_state((void *)ctx->args[0], ctx->args[1], ctx->args[2], interrupter);                     \
		return 0;                                                                                    \
	}

STATE(set_state, BY_STATE)
STATE(set_state_again, BY_STATE_AGAIN)

/*
 * Each program exists twice: where programs can be preempted, the second handles what the first was skipped
 * for (see compat.bpf.h). If the first has run, the second has no effect.
 */
#define LIFE(name, hook, room)                                                                               \
	SEC("?raw_tp/" hook)                                                                                 \
	int name(struct bpf_raw_tracepoint_args *ctx)                                                        \
	{                                                                                                    \
		room;                                                                                        \
		return 0;                                                                                    \
	}                                                                                                    \
	SEC("?raw_tp/" hook)                                                                                 \
	int name##_again(struct bpf_raw_tracepoint_args *ctx)                                                \
	{                                                                                                    \
		room;                                                                                        \
		return 0;                                                                                    \
	}

LIFE(segment, "tcp_probe", on_segment((void *)ctx->args[0], (void *)ctx->args[1]))
/* TCP begins to take what a call sends, or takes more of it. Linux 6.16, merge 8127837aae8f6. */
LIFE(send, "tcp_sendmsg_locked", on_start(true, (void *)ctx->args[0]))
LIFE(process_fork, "sched_process_fork", on_fork((void *)ctx->args[0], (void *)ctx->args[1]))
LIFE(process_exec, "sched_process_exec", on_exec((void *)ctx->args[0]))
LIFE(process_rename, "task_rename", on_rename((void *)ctx->args[0], (void *)ctx->args[1]))
LIFE(process_exit, "sched_process_exit", on_exit((void *)ctx->args[0]))
LIFE(cgroup_attach, "cgroup_attach_task", on_cgroup_attach((void *)ctx->args[0], (void *)ctx->args[2]))

#ifdef TYPED_POINTERS
/* A raw tracepoint passes an int as 32 bits. */
SEC("?raw_tp/sock_send_length")
int socket_sent(struct bpf_raw_tracepoint_args *ctx)
{
	on_send_end(typed(struct sock, ctx->args[0]), (int)ctx->args[1]);
	return 0;
}

SEC("?raw_tp/sock_recv_length")
int socket_received(struct bpf_raw_tracepoint_args *ctx)
{
	on_receive_end(typed(struct sock, ctx->args[0]), (int)ctx->args[1], ctx->args[2]);
	return 0;
}

SEC("?raw_tp/tcp_sendmsg_locked")
int socket_sends(struct bpf_raw_tracepoint_args *ctx)
{
	on_send_begin(typed(struct sock, ctx->args[0]), typed(struct msghdr, ctx->args[1]));
	return 0;
}

SEC("?raw_tp/tcp_rcv_space_adjust")
int socket_read(struct bpf_raw_tracepoint_args *ctx)
{
	on_tcp_read(typed(struct sock, ctx->args[0]));
	return 0;
}

/* With types, because bpf_dynptr_from_skb requires a typed packet. */
SEC("?tp_btf/skb_copy_datagram_iovec")
int socket_copies(__u64 *ctx)
{
	on_receive_piece((void *)ctx[0], ctx[1]);
	return 0;
}

/* Events of unix sockets that only system calls report, used while targets speak HTTP on such sockets. */
SEC("?raw_tp/sys_exit")
int exit_unix_call(struct bpf_raw_tracepoint_args *ctx)
{
	on_unix_return(ctx->args[0], ctx->args[1]);
	return 0;
}
#endif

#ifdef CAN_READ_TLS
/* Attached to functions of TLS libraries, process by process, and loaded only if TLS is to be read. */
SEC("?uprobe")
int tls_enter(struct pt_regs *ctx)
{
	on_tls_enter(ctx);
	return 0;
}

SEC("?uprobe")
int tls_leave(struct pt_regs *ctx)
{
	on_tls_leave(ctx);
	return 0;
}
#endif

/* Never attached: user space runs it (BPF_PROG_TEST_RUN) for each unix connection, with its key. */
SEC("?raw_tp/sched_process_exit")
int sweep_unix(struct bpf_raw_tracepoint_args *ctx)
{
	on_sweep(ctx->args[0]);
	return 0;
}

/*
 * A drop has a reason since 5.17 (commit c504e5c2f9648), and the receiving socket since 6.11
 * (ba8de796baf4b).
 */
SEC("?raw_tp/kfree_skb")
int drop(struct bpf_raw_tracepoint_args *ctx)
{
	struct sk_buff *skb = (void *)ctx->args[0];

	on_drop(BPF_CORE_READ(skb, sk), ctx->args[2]);
	return 0;
}

SEC("?raw_tp/kfree_skb")
int drop_received(struct bpf_raw_tracepoint_args *ctx)
{
	struct sk_buff *skb = (void *)ctx->args[0];
	struct sock *sk = BPF_CORE_READ(skb, sk);

	on_drop(sk ? sk : (void *)ctx->args[3], ctx->args[2]);
	return 0;
}

/* Lower bounds for the benchmarks. The minimum cost of an attached program: */
#define EMPTY(name, hook)                                                                                    \
	SEC("?raw_tp/" hook)                                                                                 \
	int name(struct bpf_raw_tracepoint_args *ctx)                                                        \
	{                                                                                                    \
		return 0;                                                                                    \
	}

EMPTY(empty_call, "sys_exit")
EMPTY(empty_segment, "tcp_probe")
EMPTY(empty_send, "tcp_sendmsg_locked")

/* The minimum cost of copying a call's bytes, whatever socket they belong to: */
SEC("?raw_tp/sys_exit")
int least_call(struct bpf_raw_tracepoint_args *ctx)
{
	long moved = ctx->args[1];
	struct scratch *scratch = get_scratch();
	struct call call;
	__u32 size = 0;

	if (moved <= 0 || !scratch || !is_target(bpf_get_current_pid_tgid() >> 32))
		return 0;
	read_call(&call, ctx->args[0]);
	if (!moves_bytes(call.nr))
		return 0;
	if (call.nr == NR_readv || call.nr == NR_writev) {
		gather(call.arg[1], call.arg[2], 0, moved, 0);
		size = scratch->filled;
	} else {
		size = copy_user(scratch, 0, call.arg[1], moved);
	}
	barrier_var(size);
	if (size > MAX_CAPTURE_BYTES)
		return 0;
	bpf_ringbuf_output(&events, &scratch->record, sizeof(scratch->record) + size, BPF_RB_NO_WAKEUP);
	return 0;
}
