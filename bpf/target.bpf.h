/* SPDX-License-Identifier: (MIT OR GPL-2.0-only) */
/*
 * Determines whose calls are captured. Membership is updated when processes start and end, so that a call
 * costs one lookup.
 */
#ifndef NETPROFILER_TARGET_H
#define NETPROFILER_TARGET_H

#include "maps.bpf.h"

static __always_inline __u8 *target_byte(__u32 tgid)
{
	__u32 key = tgid / 8;
	__u8 *bytes = bpf_map_lookup_elem(&targets, &key);

	return bytes ? bytes + (tgid & 7) : 0;
}

static __always_inline bool is_target(__u32 tgid)
{
	__u8 *byte;

	if (config.all_processes)
		return tgid != config.self_tgid;
	byte = target_byte(tgid);
	return byte && *byte;
}

/* Whether calls of this process may be captured: it is a target, or connections are chosen by port. */
static __always_inline bool may_matter(__u32 tgid)
{
	return is_target(tgid) || (config.match_ports && tgid != config.self_tgid);
}

/* Whether calls of the process's TLS library are followed. */
static __always_inline bool reads_tls(__u32 tgid)
{
	__u8 *byte;

	if (config.read_tls != SCOPE_CHOSEN)
		return config.read_tls == SCOPE_ALL && is_target(tgid);
	byte = target_byte(tgid);
	return byte && *byte & TARGET_TLS;
}

/* `flags`: enum target_flags. */
static __always_inline void set_target(__u32 tgid, __u8 flags)
{
	__u8 *byte = target_byte(tgid);

	if (byte && tgid != config.self_tgid)
		*byte = flags;
}

/* The flags of the nearest chosen cgroup above, or the cgroup's own; 0: none is chosen. */
static __always_inline __u8 flags_of_cgroup(struct cgroup *cgroup)
{
	for (int depth = 0; depth < MAX_CGROUP_DEPTH && cgroup; depth++) {
		__u64 id = BPF_CORE_READ(cgroup, kn, id);
		__u32 *flags = bpf_map_lookup_elem(&cgroups, &id);

		if (flags)
			return *flags;
		cgroup = BPF_CORE_READ(cgroup, self.parent, cgroup);
	}
	return 0;
}

/* Probes of TLS libraries are attached per process, so user space examines each new program. */
static __always_inline void submit_process(__u32 tgid)
{
	struct process_record record = {};

	if (!reads_tls(tgid))
		return;
	record.header.type = RECORD_PROCESS;
	record.header.tgid = tgid;
	record.header.time_ns = bpf_ktime_get_ns();
	if (submit_record(&record, sizeof(record), 0))
		count(COUNT_EVENTS, 1);
}

/* Children of a target are targets, of which the same is read. */
static __always_inline void on_fork(struct task_struct *parent, struct task_struct *child)
{
	__u32 parent_tgid = BPF_CORE_READ(parent, tgid);
	__u32 child_tgid = BPF_CORE_READ(child, tgid);
	__u8 *byte = target_byte(parent_tgid);

	if (parent_tgid == child_tgid || !is_target(parent_tgid))
		return;
	set_target(child_tgid, byte && *byte ? *byte : TARGET_CALLS);
	submit_process(child_tgid);
}

/* A process that starts later becomes a target by a chosen name or cgroup. */
static __always_inline void choose_program(struct task_struct *task)
{
	char comm[COMM_LENGTH] = {};
	__u8 flags;

	if (config.match_comms) {
		bpf_core_read_str(comm, sizeof(comm), &task->comm);
		if (bpf_map_lookup_elem(&comms, comm)) {
			set_target(BPF_CORE_READ(task, tgid), TARGET_CALLS);
			return;
		}
	}
	if (!config.match_cgroups)
		return;
	flags = flags_of_cgroup(BPF_CORE_READ(task, cgroups, dfl_cgrp));
	if (flags)
		set_target(BPF_CORE_READ(task, tgid), flags);
}

static __always_inline void on_exec(struct task_struct *task)
{
	choose_program(task);
	submit_process(BPF_CORE_READ(task, tgid));
}

/*
 * A process is renamed: by prctl(PR_SET_NAME) of its main thread, or through /proc/PID/comm. The task still
 * has the old name. Names of other threads are ignored.
 */
static __always_inline void on_rename(struct task_struct *task, const char *name)
{
	char comm[COMM_LENGTH] = {};

	if (!config.match_comms || BPF_CORE_READ(task, group_leader) != task)
		return;
	bpf_core_read_str(comm, sizeof(comm), name);
	if (!bpf_map_lookup_elem(&comms, comm))
		return;
	set_target(BPF_CORE_READ(task, tgid), TARGET_CALLS);
	submit_process(BPF_CORE_READ(task, tgid));
}

static __always_inline void on_cgroup_attach(struct cgroup *destination, struct task_struct *task)
{
	__u32 tgid = BPF_CORE_READ(task, tgid);
	__u8 flags = flags_of_cgroup(destination);

	if (!flags)
		return;
	set_target(tgid, flags);
	submit_process(tgid);
}

/* The last thread of a process exits: user space ends what depends on the process. */
static __always_inline void on_exit(struct task_struct *task)
{
	__u32 tgid = BPF_CORE_READ(task, tgid);
	struct exit_record record = {};

	if (BPF_CORE_READ(task, signal, live.counter) != 0 || !is_target(tgid))
		return;
	set_target(tgid, 0);
	record.header.type = RECORD_EXIT;
	record.header.tgid = tgid;
	record.header.time_ns = bpf_ktime_get_ns();
	if (submit_record(&record, sizeof(record), 0))
		count(COUNT_EVENTS, 1);
}

#endif
