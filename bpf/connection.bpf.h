/* SPDX-License-Identifier: (MIT OR GPL-2.0-only) */
/* The table of connections: lookup, open, close. */
#ifndef NETPROFILER_CONNECTION_H
#define NETPROFILER_CONNECTION_H

#include "arrival.bpf.h"
#include "compat.bpf.h"
#include "maps.bpf.h"
#include "target.bpf.h"

/* A file descriptor of the current task that is a socket. */
struct endpoint {
	struct file *file;
	struct socket *socket;
	struct sock *sk; /* 0: not a socket */
};

/*
 * The file of a descriptor. An array of pointers has no type of its own, so it is read as that of a struct.
 */
static __always_inline struct file *file_at(struct fdtable *table, __u32 fd)
{
	struct file **files = load(table, fd);

#ifdef TYPED_POINTERS
	return typed(struct socket, (__u64)&files[fd] - bpf_core_field_offset(struct socket, file))->file;
#else
	struct file *file = 0;

	bpf_probe_read_kernel(&file, sizeof(file), &files[fd]);
	return file;
#endif
}

/*
 * Finds the socket of a descriptor. A file is a socket if the object that it points to points back at it,
 * so no address of a kernel symbol is needed.
 */
static __always_inline struct endpoint find_endpoint(struct task_struct *task, __u32 fd)
{
	struct endpoint endpoint = {};
	struct files_struct *files = load(task, files);
	struct fdtable *table = load(files, fdt);
	struct socket *socket;
	struct file *file;

	if (fd >= load(table, max_fds))
		return endpoint;
	file = file_at(table, fd);
	if (!file)
		return endpoint;
	socket = typed(struct socket, load(file, private_data));
	if (!socket || load(socket, file) != file)
		return endpoint;
	endpoint.file = file;
	endpoint.socket = socket;
	endpoint.sk = load(socket, sk);
	return endpoint;
}

static __always_inline struct endpoint endpoint_of(struct sock *sk)
{
	struct socket *socket = load(sk, sk_socket);
	struct endpoint endpoint = {.socket = socket};

	endpoint.file = load(typed(struct socket, (__u64)socket), file);
	if (socket && endpoint.file)
		endpoint.sk = sk; /* otherwise the kernel's own socket */
	return endpoint;
}

static __always_inline __u32 inode_of(struct file *file)
{
	struct inode *inode = load(file, f_inode);

	return load(inode, i_ino);
}

/*
 * Returns the buffer for a new connection, with its id: a count for this CPU and interrupter, the
 * interrupter, and the CPU (the kernel supports at most 8192). The ids are unique without an atomic
 * operation.
 */
static __always_inline struct connection *get_opening(enum interrupter interrupter)
{
	__u32 number = bpf_get_smp_processor_id();
	__u32 slot = number * INTERRUPTERS + interrupter;
	struct connection *opening = bpf_map_lookup_elem(&openings, &slot);
	struct cpu *cpu = get_cpu();

	if (!opening || !cpu)
		return 0;
	cpu->connections[interrupter] += 1;
	opening->id = cpu->connections[interrupter] << 15 | (__u64)interrupter << 13 | number;
	return opening;
}

/* In host order. The kernel clears the number before the state is CLOSE; the port in the header stays. */
static __always_inline __u16 local_port(struct sock *sk)
{
	struct inet_sock *inet = (void *)sk;
	__u16 number = BPF_CORE_READ(sk, __sk_common.skc_num);

	return number ? number : __builtin_bswap16(BPF_CORE_READ(inet, inet_sport));
}

static __always_inline bool port_is_chosen(struct sock *sk)
{
	__u16 local = local_port(sk);
	__u16 remote = __builtin_bswap16(BPF_CORE_READ(sk, __sk_common.skc_dport));

	return bpf_map_lookup_elem(&ports, &local) || bpf_map_lookup_elem(&ports, &remote);
}

/* Whether the kernel counted the peer's FIN as read: it occupies a sequence number like a byte. */
static __always_inline bool fin_was_read(struct sock *sk)
{
	struct tcp_sock *tp = typed(struct tcp_sock, sk);

	return load(sk, __sk_common.skc_flags) >> SOCK_DONE & 1 && load(tp, copied_seq) == load(tp, rcv_nxt);
}

static __always_inline bool fin_was_sent(struct sock *sk)
{
	__u8 state = load(sk, __sk_common.skc_state);

	return state == TCP_FIN_WAIT1 || state == TCP_FIN_WAIT2 || state == TCP_CLOSING ||
	       state == TCP_TIME_WAIT || state == TCP_LAST_ACK;
}

/*
 * Sequence number after the last received byte, excluding the peer's FIN, which is counted before it is
 * flagged.
 */
static __always_inline __u32 received_of(struct sock *sk)
{
	__u64 ended = load(typed(struct sock, (__u64)sk), __sk_common.skc_flags) >> SOCK_DONE & 1;
	__u32 received = load(typed(struct tcp_sock, sk), rcv_nxt);

	return received - (__u32)ended;
}

/* Sequence number after the last byte that passed between the program and the socket. */
static __always_inline __u32 sequence_of(struct sock *sk, __u8 direction)
{
	struct tcp_sock *tp = typed(struct tcp_sock, sk);

	return direction == INGRESS ? load(tp, copied_seq) : load(tp, write_seq);
}

/* Number of bytes that the program has read, with the peer's FIN. A packet that arrives meanwhile changes two
 * of the fields. */
static __always_inline __u64 taken_of(struct tcp_sock *tp)
{
	__u32 received = load(tp, rcv_nxt);
	__u64 taken = 0;

#pragma unroll
	for (int i = 0; i < 3; i++) {
		__u32 before = received;

		barrier();
		taken = load(tp, bytes_received) - (before - load(tp, copied_seq));
		barrier();
		received = load(tp, rcv_nxt);
		if (received == before)
			break;
	}
	return taken;
}

/* Number of bytes that the program has written, with a client's SYN. An acknowledgement that arrives
 * meanwhile changes two of the fields. */
static __always_inline __u64 written_of(struct tcp_sock *tp)
{
	__u32 acknowledged = load(tp, snd_una);
	__u64 written = 0;

#pragma unroll
	for (int i = 0; i < 3; i++) {
		__u32 before = acknowledged;

		barrier();
		written = load(tp, bytes_acked) + (load(tp, write_seq) - before);
		barrier();
		acknowledged = load(tp, snd_una);
		if (acknowledged == before)
			break;
	}
	return written;
}

/*
 * Whether a TCP socket had moved no bytes before this transfer, in any process. A FIN counts like a byte; a
 * client's acknowledged bytes include its SYN.
 */
static __always_inline bool is_first_transfer(struct sock *sk, struct transfer *transfer)
{
	struct tcp_sock *tp = typed(struct tcp_sock, sk);
	__u64 taken = taken_of(tp), written = written_of(tp);

	if (fin_was_read(sk))
		taken -= 1;
	if (transfer->direction == INGRESS)
		return taken == transfer->length && written <= 1;
	return taken == 0 && written - transfer->length <= 1;
}

/* The role on a unix socket. The client is unbound; if both are unbound, the sockets are a pair. */
static __always_inline __u8 unix_role(struct sock *sk)
{
	struct unix_sock *self = (void *)sk;
	struct unix_sock *peer = (void *)BPF_CORE_READ(self, peer);
	bool is_named = BPF_CORE_READ(self, addr), is_peer_named = peer && BPF_CORE_READ(peer, addr);

	if (is_named == is_peer_named)
		return ROLE_UNKNOWN;
	return is_named ? ROLE_SERVER : ROLE_CLIENT;
}

static __always_inline bool is_new_unix(__u32 inode)
{
	return config.socket_layer && !bpf_map_lookup_elem(&older_unix, &inode);
}

/*
 * Opens the connection of a socket that is not in the table yet, or that reuses the address of one that was.
 * `connection`: from get_opening. `first`: the transfer by which it was found; 0: accept or connect.
 */
static __noinline struct connection *open_connection(struct connection *connection, struct endpoint *endpoint,
						     __u32 tgid, __u8 role, struct transfer *first)
{
	struct socket *socket = endpoint->socket;
	struct connection *opened;
	struct sock *sk = endpoint->sk;
	__u64 key = (__u64)sk;
	__u64 id = connection->id;

	__builtin_memset(connection, 0, sizeof(*connection));
	connection->id = id;
	connection->family = BPF_CORE_READ(sk, __sk_common.skc_family);
	if (BPF_CORE_READ(socket, type) != SOCK_STREAM)
		return 0;
	if (connection->family == AF_UNIX) {
		if (!is_target(tgid))
			return 0;
		unix_seen = 1;
	} else if (connection->family == AF_INET || connection->family == AF_INET6) {
		__u16 protocol = BPF_CORE_READ(sk, sk_protocol);

		if (protocol != IPPROTO_TCP && protocol != IPPROTO_MPTCP)
			return 0;
		connection->is_tcp = protocol == IPPROTO_TCP;
		if (!is_target(tgid) && !(config.match_ports && port_is_chosen(sk)))
			return 0;
		if (BPF_CORE_READ(sk, __sk_common.skc_state) == TCP_CLOSE)
			return 0; /* no event would remove it from the table */
	} else {
		return 0;
	}
	connection->role = role;
	connection->from_start = role != ROLE_UNKNOWN;
	if (first && role == ROLE_UNKNOWN && connection->is_tcp && is_first_transfer(sk, first)) {
		connection->from_start = 1;
		connection->role = role_at_handshake(sk);
	} else if (first && role == ROLE_UNKNOWN && !connection->is_tcp && connection->family != AF_UNIX) {
		connection->role = role_at_handshake(sk); /* MPTCP: accepted or connected during capture */
		connection->from_start = connection->role != ROLE_UNKNOWN;
	}
	connection->tgid = tgid;
	connection->inode = inode_of(endpoint->file);
	if (first && connection->family == AF_UNIX && is_new_unix(connection->inode)) {
		connection->role = unix_role(sk);
		connection->from_start = connection->role != ROLE_UNKNOWN;
	}
	if (connection->is_tcp) {
		connection->tally.latest_ns = bpf_ktime_get_ns();
		take_handshake(connection, sk, !first);
		if (!connection->from_start) {
			struct tcp_sock *tp = (void *)sk;

			connection->before[0] = BPF_CORE_READ(tp, total_retrans);
			connection->before[1] = BPF_CORE_READ(tp, chrono_stat[1]);
			connection->before[2] = BPF_CORE_READ(tp, chrono_stat[2]);
		}
	}
	if (bpf_map_update_elem(&connections, &key, connection, BPF_ANY)) {
		count(COUNT_LOST_CONNECTIONS, 1);
		return 0;
	}
	count(COUNT_CONNECTIONS_OPENED, 1);
	opened = bpf_map_lookup_elem(&connections, &key);
	if (opened && opened->is_tcp)
		take_handshake(opened, sk, !first);
	return opened;
}

/* The connection of a socket that was closed during the call. */
static __always_inline struct connection *find_closing(struct sock *sk)
{
	__u64 key = (__u64)sk;

	if (load(sk, __sk_common.skc_family) == AF_UNIX || load(sk, __sk_common.skc_state) != TCP_CLOSE)
		return 0;
	return bpf_map_lookup_elem(&closing, &key);
}

static __noinline int submit_close(struct connection *connection, enum close_kind kind, __u8 flags);

/*
 * Closes a connection whose end was not seen: of a unix socket (io_uring, dup2, close_range, or system calls
 * not traced), or at a state change for which the program could not run.
 */
static __always_inline void close_missed(struct connection *connection, __u64 key)
{
	if (connection->opened)
		submit_close(connection, CLOSE_NONE, 0);
	count(COUNT_CONNECTIONS_CLOSED, 1);
	bpf_map_delete_elem(&connections, &key);
}

static __always_inline struct connection *find_connection(struct endpoint *endpoint, __u32 tgid,
							  struct transfer *first)
{
	struct sock *sk = endpoint->sk;
	__u64 key = (__u64)sk;
	struct connection *connection = bpf_map_lookup_elem(&connections, &key), *opening;

	/* The memory of a closed socket has been reused by another. */
	if (connection && connection->inode != inode_of(endpoint->file)) {
		close_missed(connection, key);
		connection = 0;
	}
	if (connection)
		return connection;
	connection = find_closing(sk);
	if (connection)
		return connection;
	opening = get_opening(BY_CALL);
	return opening ? open_connection(opening, endpoint, tgid, ROLE_UNKNOWN, first) : 0;
}

static __always_inline void read_unix_path(struct open_record *open, struct sock *sk)
{
	struct unix_sock *self = (void *)sk;
	struct unix_address *address = BPF_CORE_READ(self, addr);
	struct unix_sock *peer;

	if (!address) { /* the connecting side is unbound */
		peer = (void *)BPF_CORE_READ(self, peer);
		address = BPF_CORE_READ(peer, addr);
	}
	if (!address)
		return;
	bpf_probe_read_kernel(open->path, sizeof(open->path), &address->name[0].sun_path);
	__u32 used = BPF_CORE_READ(address, len) - 2;

	if (used < sizeof(open->path))
		open->path[used] = 0;
	if (!open->path[0] && used > 1 && used < sizeof(open->path))
		open->path[0] = '@';
}

/*
 * Reports a connection to user space before its first data, and again when another process uses it.
 * `owner`: the process that opened it; 0: the current task.
 */
static __noinline int submit_open(struct connection *connection, struct sock *sk, __u32 tgid,
				  struct owner_record *owner)
{
	struct task_struct *task = (void *)bpf_get_current_task();
	struct open_record *open = bpf_ringbuf_reserve(&events, sizeof(*open), 0);

	if (!open) {
		count(COUNT_LOST_RING_FULL, 1);
		return -1;
	}
	__builtin_memset(open, 0, sizeof(*open));
	open->header.type = RECORD_OPEN;
	open->header.flags = (connection->from_start ? OPEN_FROM_START : 0) |
			     (connection->opened ? OPEN_OWNER_CHANGED : 0);
	open->header.tgid = tgid;
	open->header.connection = connection->id;
	open->header.time_ns = bpf_ktime_get_ns();
	open->socket = (__u64)sk;
	open->cgroup = bpf_get_current_cgroup_id();
	open->inode = connection->inode;
	open->family = connection->family;
	open->role = connection->role;
	if (connection->family == AF_UNIX) {
		struct sock *peer = BPF_CORE_READ((struct unix_sock *)sk, peer);

		__builtin_memcpy(open->remote_address, &peer, sizeof(peer));
		read_unix_path(open, sk);
	} else {
		open->local_port = local_port(sk);
		open->remote_port = __builtin_bswap16(BPF_CORE_READ(sk, __sk_common.skc_dport));
		open->netns = BPF_CORE_READ(sk, __sk_common.skc_net.net, ns.inum);
	}
	if (connection->family == AF_INET) {
		bpf_core_read(open->local_address, 4, &sk->__sk_common.skc_rcv_saddr);
		bpf_core_read(open->remote_address, 4, &sk->__sk_common.skc_daddr);
	} else if (connection->family == AF_INET6) {
		bpf_core_read(open->local_address, 16, &sk->__sk_common.skc_v6_rcv_saddr);
		bpf_core_read(open->remote_address, 16, &sk->__sk_common.skc_v6_daddr);
	}
	if (owner) { /* the current task may be a different one */
		open->cgroup = owner->cgroup;
		__builtin_memcpy(open->comm, owner->comm, sizeof(open->comm));
	} else {
		BPF_CORE_READ_STR_INTO(&open->comm, task, group_leader, comm);
	}
	bpf_ringbuf_submit(open, BPF_RB_NO_WAKEUP);
	count(COUNT_EVENTS, 1);
	connection->tgid = tgid;
	connection->name = name_number(tgid);
	connection->opened = 1;
	return 0;
}

/*
 * Reports the position of a direction in a data record without bytes. Otherwise, the loss of the last
 * record would not be detected.
 */
static __always_inline void submit_position(struct connection *connection, __u8 direction)
{
	struct data_record record = {};

	if (connection->is_tcp && !connection->known[direction])
		return;
	record.header.type = RECORD_DATA;
	record.header.direction = direction;
	record.header.tgid = connection->tgid;
	record.header.connection = connection->id;
	record.header.time_ns = bpf_ktime_get_ns();
	record.position = connection->next[direction] - connection->start[direction];
	if (submit_record(&record, sizeof(record), 0))
		count(COUNT_EVENTS, 1);
}

static __noinline int submit_end(struct connection *connection, __u8 direction)
{
	struct end_record record = {};
	int done = 0;

	if (connection->lost)
		submit_position(connection, direction);
	record.header.type = RECORD_END;
	record.header.direction = direction;
	record.header.tgid = connection->tgid;
	record.header.connection = connection->id;
	record.header.time_ns = bpf_ktime_get_ns();
	if (submit_record(&record, sizeof(record), 0))
		count(COUNT_EVENTS, 1);
	barrier_var(done);
	return done;
}

#define MAX_LEFT_ALONE 64 /* calls of a handshake are fewer */

static __always_inline void count_all_left_alone(struct connection *connection)
{
	if (connection->left_alone)
		count(COUNT_IGNORED_CALLS, connection->left_alone);
	connection->left_alone = 0;
}

/*
 * A call on a connection that user space found not to be HTTP/1.x. Where TLS is read, it may be one of a
 * handshake, before the session is bound to the connection: its calls are not left alone.
 */
static __always_inline void count_left_alone(struct connection *connection)
{
	if (connection->carries_tls)
		return;
	connection->left_alone += 1;
	if (!reads_tls(connection->tgid) || connection->left_alone >= MAX_LEFT_ALONE)
		count_all_left_alone(connection);
}

/* A separate function, because the stack of a call and its callees is limited to 512 bytes before 6.13. */
static __noinline int submit_close(struct connection *connection, enum close_kind kind, __u8 flags)
{
	struct close_record record = {};
	int done = 0;

	if (!connection->carries_tls)
		count_all_left_alone(connection);
	if (connection->lost) {
		submit_position(connection, INGRESS);
		submit_position(connection, EGRESS);
	}
	record.header.type = RECORD_CLOSE;
	record.header.call = kind;
	record.header.flags = flags;
	record.header.tgid = connection->tgid;
	record.header.connection = connection->id;
	record.header.time_ns = bpf_ktime_get_ns();
	record.tally = connection->tally;
	if (submit_record(&record, sizeof(record), 0))
		count(COUNT_EVENTS, 1);
	barrier_var(done);
	return done;
}

/* Reads TCP's current values for the connection. */
static __always_inline void read_tcp(struct connection *connection, struct sock *sk)
{
	struct tcp_sock *tp = typed(struct tcp_sock, sk);
	struct tally *tally = &connection->tally;

	tally->srtt_us = load(tp, srtt_us) >> 3;
	tally->retransmissions = load(tp, total_retrans) - connection->before[0];
	tally->rwnd_limited = load(tp, chrono_stat[1]) - connection->before[1];
	tally->sndbuf_limited = load(tp, chrono_stat[2]) - connection->before[2];
}

/* Handles a packet, sent by a socket or addressed to it, that the kernel dropped. */
static __always_inline void on_drop(struct sock *sk, __u32 reason)
{
	__u64 key = (__u64)sk;
	struct connection *connection = sk ? bpf_map_lookup_elem(&connections, &key) : 0;
	struct drop_record record = {};

	if (!connection || !connection->opened || !connection->is_tcp)
		return;
	record.header.type = RECORD_DROP;
	record.header.tgid = connection->tgid;
	record.header.connection = connection->id;
	record.header.time_ns = bpf_ktime_get_ns();
	record.reason = reason;
	if (submit_record(&record, sizeof(record), 0))
		count(COUNT_EVENTS, 1);
}

/* The ways in which TCP aborts a connection; the error is set before the state. */
static __always_inline enum close_kind close_kind(struct sock *sk, int old)
{
	int error = BPF_CORE_READ(sk, sk_err);

	if (old == TCP_SYN_SENT)
		return CLOSE_FAILED;
	if (error == ECONNRESET || error == EPIPE)
		return CLOSE_RESET_RECEIVED;
	if (error && error != ECONNABORTED)
		return CLOSE_TIMEOUT;
	if (error || old == TCP_ESTABLISHED || old == TCP_CLOSE_WAIT || old == TCP_SYN_RECV)
		return CLOSE_RESET_SENT; /* bytes left unread, SO_LINGER of zero, or aborted from outside */
	return old == TCP_LAST_ACK ? CLOSE_PEER_FIN : CLOSE_FIN;
}

/* Whether a program still holds the socket. */
static __always_inline bool is_held(struct sock *sk)
{
	struct socket *socket = BPF_CORE_READ(sk, sk_socket);
	struct file *file = socket ? BPF_CORE_READ(socket, file) : 0;

	return file && file_is_held(file);
}

static __always_inline void close_connection(struct connection *connection, struct sock *sk,
					     enum close_kind kind)
{
	__u64 key = (__u64)sk;

	if (connection->is_tcp)
		read_tcp(connection, sk);
	if (connection->opened)
		submit_close(connection, kind, is_held(sk) ? END_HELD : 0);
	count(COUNT_CONNECTIONS_CLOSED, 1);
	if (connection->family != AF_UNIX) {
		connection->closed = 1;
		bpf_map_update_elem(&closing, &key, connection, BPF_ANY);
	}
	bpf_map_delete_elem(&connections, &key);
}

/* A unix socket has no state tracepoint: it ends when close() releases the last reference to its file. */
static __always_inline void on_close(__u32 tgid, __u32 fd)
{
	__u64 at = (__u64)tgid << 32 | fd;
	struct connection *connection;
	struct sock *sk;
	__u64 *found, key;

	if (!unix_seen)
		return;
	found = bpf_map_lookup_elem(&unix_fds, &at);
	if (!found)
		return;
	key = *found;
	bpf_map_delete_elem(&unix_fds, &at);
	connection = bpf_map_lookup_elem(&connections, &key);
	if (!connection || connection->family != AF_UNIX)
		return;
	sk = (void *)key;
	if (!is_held(sk)) /* otherwise a duplicate descriptor, or another process, still uses it */
		close_connection(connection, sk, CLOSE_NONE);
}

/*
 * Checks whether a unix socket still exists. Its memory may be free, or reused by a socket with another
 * inode.
 */
static __always_inline void on_sweep(__u64 key)
{
	struct connection *connection = bpf_map_lookup_elem(&connections, &key);
	struct sock *sk = (void *)key;
	struct socket *socket;
	struct file *file;

	if (!connection || connection->family != AF_UNIX)
		return;
	socket = BPF_CORE_READ(sk, sk_socket);
	file = socket ? BPF_CORE_READ(socket, file) : 0;
	if (!file || BPF_CORE_READ(file, f_inode, i_ino) != connection->inode || !file_is_held(file))
		close_missed(connection, key);
}

#endif
