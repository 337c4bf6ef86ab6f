/* SPDX-License-Identifier: (MIT OR GPL-2.0-only) */
/*
 * Owners of the sockets at the other end: listening and connecting processes, targets or not. Connections
 * are rare compared to the calls on them, so every process of the machine can be reported.
 */
#ifndef NETPROFILER_OWNER_H
#define NETPROFILER_OWNER_H

#include "connection.bpf.h"

static __always_inline void read_owner(struct owner_record *record)
{
	struct task_struct *task = (void *)bpf_get_current_task();

	record->cgroup = bpf_get_current_cgroup_id();
	record->header.tgid = bpf_get_current_pid_tgid() >> 32;
	BPF_CORE_READ_STR_INTO(&record->comm, task, group_leader, comm);
}

static __always_inline void submit_owner(struct owner_record *record, struct sock *sk)
{
	record->header.type = RECORD_OWNER;
	record->header.time_ns = bpf_ktime_get_ns();
	record->family = BPF_CORE_READ(sk, __sk_common.skc_family);
	record->netns = BPF_CORE_READ(sk, __sk_common.skc_net.net, ns.inum);
	record->local_port = local_port(sk);
	record->remote_port = __builtin_bswap16(BPF_CORE_READ(sk, __sk_common.skc_dport));
	if (record->family == AF_INET) {
		bpf_core_read(record->local_address, 4, &sk->__sk_common.skc_rcv_saddr);
		bpf_core_read(record->remote_address, 4, &sk->__sk_common.skc_daddr);
	} else {
		bpf_core_read(record->local_address, 16, &sk->__sk_common.skc_v6_rcv_saddr);
		bpf_core_read(record->remote_address, 16, &sk->__sk_common.skc_v6_daddr);
	}
	if (submit_record(record, sizeof(*record), 0))
		count(COUNT_EVENTS, 1);
}

/*
 * listen() and connect() change the state while their process is the current one. The port of a connecting
 * socket is chosen later, and its connection is established in an interrupt: until then, `connecting`
 * stores the process. Targets are reported too: a server may respond before the client's first call has
 * returned, and needs the owner by then.
 */
static __always_inline void on_owner_state(struct sock *sk, int before, int state)
{
	struct owner_record record = {}, *connecting_record;
	__u64 key = (__u64)sk;
	/* A connection to be accepted is a clone of its listener: it leaves LISTEN, too, but for SYN_RECV. */
	bool has_stopped = before == TCP_LISTEN && state == TCP_CLOSE;

	if (state != TCP_LISTEN && !has_stopped && state != TCP_SYN_SENT && before != TCP_SYN_SENT)
		return;
	if (BPF_CORE_READ(sk, sk_protocol) != IPPROTO_TCP)
		return;
	if (state == TCP_LISTEN || has_stopped) {
		read_owner(&record);
		record.is_listening = 1;
		record.has_ended = has_stopped;
		record.inode = BPF_CORE_READ(sk, sk_socket, file, f_inode, i_ino);
		submit_owner(&record, sk);
	} else if (state == TCP_SYN_SENT) {
		read_owner(&record);
		bpf_map_update_elem(&connecting, &key, &record, BPF_ANY);
	} else {
		connecting_record = bpf_map_lookup_elem(&connecting, &key);
		if (!connecting_record)
			return;
		if (state == TCP_ESTABLISHED) {
			record = *connecting_record;
			submit_owner(&record, sk);
		}
		bpf_map_delete_elem(&connecting, &key);
	}
}

#endif
