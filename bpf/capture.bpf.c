// SPDX-License-Identifier: (MIT OR GPL-2.0-only)
/*
 * Netprofiler's kernel side: copies, counts, hands over.
 *
 * One raw tracepoint sees every system call return (sys_exit); it finds the socket behind the descriptor and
 * hands over what the call moved. One sees when such a call begins to send: in TCP itself
 * (tcp_sendmsg_locked) where the kernel can tell, else as every call begins (sys_enter). The others follow
 * connections (inet_sock_set_state), segments (tcp_probe: when bytes came) and processes (fork, exec, exit,
 * cgroup attach). Raw tracepoints exist in every kernel since 4.17, need neither tracefs nor perf events, and
 * cost least.
 *
 *   capture.h         the contract with user space
 *   kernel.bpf.h      the kernel's types, as far as they are read
 *   syscalls.bpf.h    call numbers and arguments by architecture
 *   compat.bpf.h      what differs between kernels
 *   maps.bpf.h        knobs, maps, counters
 *   target.bpf.h      whose calls are looked at
 *   arrival.bpf.h     when bytes, and connections, came
 *   connection.bpf.h  the table of connections
 *   owner.bpf.h       whose the sockets at the other end are
 *   state.bpf.h       when TCP connections begin and end
 *   transfer.bpf.h    from a call to a data record
 *   socket.bpf.h      calls as the socket layer sees them
 *   tls_call.bpf.h    the call on a TLS session that a thread is in
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

/* A read of nothing is the end of the stream, unless nothing was asked for. */
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

/* Sums the lengths of all messages into scratch->transfer.remaining. Global: see gather. */
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

/* sendmmsg and recvmmsg return how many messages they moved, and leave each one's length behind it. */
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

/* A call returned that may have moved bytes between the program and a socket. */
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
	/* A peek moves nothing, the error queue is no stream, urgent bytes are beside it. */
	if (receive_flags & (MSG_PEEK | MSG_ERRQUEUE | MSG_OOB))
		return 0;
	/* TCP throws the bytes away. */
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
		/* A read that finds the end loses nothing. */
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

/* A connection begins under our eyes: positions count from its first byte, and the role is certain. */
static __always_inline void on_new_connection(__u32 tgid, __u32 fd, __u8 role)
{
	struct endpoint endpoint = find_endpoint(current_task(), fd);
	__u64 key = (__u64)endpoint.sk;
	struct connection *connection, *opening;

	if (!endpoint.sk)
		return;
	/* connect() is asked again until it is done; TCP_CLOSE takes every TCP connection out of the table.
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
		submit_open(connection, endpoint.sk, tgid, 0); /* one that carries nothing counts too */
	}
}

/*
 * A call begins that may move bytes. `may_be_known`: it may have begun before; then that stands. `sk`: TCP
 * begins to send on it, if that is known.
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
	start->there = received_of(sk); /* under the socket's lock: a FIN is known when it is counted */
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
	/* Of failed calls, too: the next one may not begin under our eyes. */
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
/* Unix sockets alone: accept, connect and close, and what splice reads of them. */
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

/* Where exit_call can be left out because it was interrupted on this CPU: see compat.bpf.h. */
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
/* The same doors where programs of raw tracepoints can be preempted and those of trace events cannot: see
 * compat.bpf.h. */
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
 * State changes, by two programs on every kernel: an interrupt changes the state of one socket while the
 * program runs for another, and the kernel does not run a program within itself. Then the second one does it.
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
 * Each twice: where programs can be preempted the second does what the first was kept from (see
 * compat.bpf.h). What was done already it finds done, and does nothing.
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
/* A raw tracepoint gives an int as 32 bits. */
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

/* With types, because only so a packet may be given to bpf_dynptr_from_skb. */
SEC("?tp_btf/skb_copy_datagram_iovec")
int socket_copies(__u64 *ctx)
{
	on_receive_piece((void *)ctx[0], ctx[1]);
	return 0;
}

/* What only system calls tell of unix sockets, while targets speak HTTP on some. */
SEC("?raw_tp/sys_exit")
int exit_unix_call(struct bpf_raw_tracepoint_args *ctx)
{
	on_unix_return(ctx->args[0], ctx->args[1]);
	return 0;
}
#endif

#ifdef CAN_READ_TLS
/* Attached to functions of TLS libraries, process by process, and loaded only where TLS is to be read. */
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

SEC("?uprobe")
int tls_transport(struct pt_regs *ctx)
{
	on_transport(ctx);
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

/* Drops have a reason since 5.17 (commit c504e5c2f9648), and name the receiving socket since 6.11
 * (ba8de796baf4b). */
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

/* Floors of the benchmarks. What a look costs at least: */
#define EMPTY(name, hook)                                                                                    \
	SEC("?raw_tp/" hook)                                                                                 \
	int name(struct bpf_raw_tracepoint_args *ctx)                                                        \
	{                                                                                                    \
		return 0;                                                                                    \
	}

EMPTY(empty_call, "sys_exit")
EMPTY(empty_segment, "tcp_probe")
EMPTY(empty_send, "tcp_sendmsg_locked")

/* And what it costs to copy a call's bytes, whatever they belong to: */
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
