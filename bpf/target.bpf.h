/* SPDX-License-Identifier: (MIT OR GPL-2.0-only) */
/* Whose calls are looked at. Membership changes with process life, so that a call costs one look-up. */
#ifndef NETPROFILER_TARGET_H
#define NETPROFILER_TARGET_H

#include "maps.bpf.h"

static __always_inline bool is_target(__u32 tgid)
{
	if (config.all_processes)
		return tgid != config.self_tgid;
	return bpf_map_lookup_elem(&targets, &tgid);
}

/* Whether calls of this process may matter: it is a target, or connections are chosen by port. */
static __always_inline bool may_matter(__u32 tgid)
{
	return is_target(tgid) || (config.match_ports && tgid != config.self_tgid);
}

static __always_inline void add_target(__u32 tgid)
{
	__u32 one = 1;

	if (tgid != config.self_tgid && bpf_map_update_elem(&targets, &tgid, &one, BPF_ANY))
		count(COUNT_LOST_TARGETS, 1);
}

static __always_inline bool cgroup_is_chosen(struct cgroup *cgroup)
{
	for (int depth = 0; depth < MAX_CGROUP_DEPTH && cgroup; depth++) {
		__u64 id = BPF_CORE_READ(cgroup, kn, id);

		if (bpf_map_lookup_elem(&cgroups, &id))
			return true;
		cgroup = BPF_CORE_READ(cgroup, self.parent, cgroup);
	}
	return false;
}

/* Children of a target are targets. */
static __always_inline void on_fork(struct task_struct *parent, struct task_struct *child)
{
	__u32 parent_tgid = BPF_CORE_READ(parent, tgid);
	__u32 child_tgid = BPF_CORE_READ(child, tgid);

	if (parent_tgid != child_tgid && bpf_map_lookup_elem(&targets, &parent_tgid))
		add_target(child_tgid);
}

/* A name or a cgroup that was chosen makes a target of a process that starts later. */
static __always_inline void on_exec(struct task_struct *task)
{
	char comm[COMM_LENGTH] = {};

	if (config.match_comms) {
		bpf_core_read_str(comm, sizeof(comm), &task->comm);
		if (bpf_map_lookup_elem(&comms, comm)) {
			add_target(BPF_CORE_READ(task, tgid));
			return;
		}
	}
	if (config.match_cgroups && cgroup_is_chosen(BPF_CORE_READ(task, cgroups, dfl_cgrp)))
		add_target(BPF_CORE_READ(task, tgid));
}

static __always_inline void on_cgroup_attach(struct cgroup *destination, struct task_struct *task)
{
	if (cgroup_is_chosen(destination))
		add_target(BPF_CORE_READ(task, tgid));
}

/* The last thread of a process leaves: user space ends what ends with it. */
static __always_inline void on_exit(struct task_struct *task)
{
	__u32 tgid = BPF_CORE_READ(task, tgid);
	struct exit_record record = {};

	if (BPF_CORE_READ(task, signal, live.counter) != 0 || !is_target(tgid))
		return;
	bpf_map_delete_elem(&targets, &tgid);
	record.header.type = RECORD_EXIT;
	record.header.tgid = tgid;
	record.header.time_ns = bpf_ktime_get_ns();
	hand_over(&record, sizeof(record), bpf_ringbuf_query(&events, BPF_RB_AVAIL_DATA));
}

#endif
