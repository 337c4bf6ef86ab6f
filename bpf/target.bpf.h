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

static __always_inline __u8 target_flags(__u32 tgid)
{
	__u8 *byte = target_byte(tgid);

	return byte ? *byte : 0;
}

static __always_inline bool is_target(__u32 tgid)
{
	if (config.all_processes)
		return tgid != config.self_tgid;
	return target_flags(tgid) & TARGET_MEMBER;
}

/* Whether calls of this process may be captured: it is a target, or connections are chosen by port. */
static __always_inline bool may_matter(__u32 tgid)
{
	return is_target(tgid) || (config.match_ports && tgid != config.self_tgid);
}

/* Sets the flags of `mask` to `flags`. */
static __always_inline void set_target(__u32 tgid, __u8 mask, __u8 flags)
{
	__u8 *byte = target_byte(tgid);

	if (byte && tgid != config.self_tgid && (*byte & mask) != flags)
		*byte = (*byte & ~mask) | flags;
}

/* The process executes another program, or takes another name: its connections are reported again. */
static __always_inline void note_name(__u32 tgid)
{
	__u8 *byte = target_byte(tgid);

	if (byte && may_matter(tgid))
		*byte += TARGET_NAME;
}

/* Changes with each name that the process takes. */
static __always_inline __u8 name_number(__u32 tgid)
{
	return target_flags(tgid) / TARGET_NAME;
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

/* Probes of TLS libraries are attached per process, so user space examines each new program. */
static __always_inline void submit_process(__u32 tgid)
{
	struct process_record record = {};

	if (!config.read_tls || !is_target(tgid))
		return;
	record.header.type = RECORD_PROCESS;
	record.header.tgid = tgid;
	record.header.time_ns = bpf_ktime_get_ns();
	if (submit_record(&record, sizeof(record), 0))
		count(COUNT_EVENTS, 1);
}

static __always_inline bool name_is_chosen(const char *name)
{
	char comm[COMM_LENGTH] = {};

	bpf_core_read_str(comm, sizeof(comm), name);
	return bpf_map_lookup_elem(&comms, comm);
}

/* A group of version 2: `cgroups` has only these, and a task is in one at a time. */
static __always_inline __u8 cgroup_flag(struct task_struct *task)
{
	return config.match_cgroups && cgroup_is_chosen(BPF_CORE_READ(task, cgroups, dfl_cgrp))
		       ? TARGET_IN_CGROUP
		       : 0;
}

/*
 * Children of a target are targets, except of one that is a target for its group alone: its children are
 * those in the group. Each new process gets its flags here, whatever an exit that was missed has left of an
 * earlier one with the same number. It has the name of its parent, which may not have been found yet.
 */
static __always_inline void on_fork(struct task_struct *parent, struct task_struct *child)
{
	__u32 parent_tgid = BPF_CORE_READ(parent, tgid);
	__u32 child_tgid = BPF_CORE_READ(child, tgid);
	__u8 flags;

	if (parent_tgid == child_tgid)
		return;
	flags = (target_flags(parent_tgid) & TARGET_CHOSEN) | cgroup_flag(child);
	if (!flags && config.match_comms && name_is_chosen((const char *)&child->comm))
		flags = TARGET_CHOSEN;
	set_target(child_tgid, ~0, flags);
	submit_process(child_tgid);
}

/* A name or a cgroup that was chosen makes a target of a process that starts later. */
static __always_inline void on_exec(struct task_struct *task)
{
	__u32 tgid = BPF_CORE_READ(task, tgid);

	if (config.match_comms && name_is_chosen((const char *)&task->comm))
		set_target(tgid, TARGET_CHOSEN, TARGET_CHOSEN);
	set_target(tgid, TARGET_IN_CGROUP, cgroup_flag(task));
	note_name(tgid);
	submit_process(tgid);
}

/*
 * A process is renamed: by prctl(PR_SET_NAME) of its main thread, or through /proc/PID/comm. The task still
 * has the old name. Names of other threads are ignored.
 */
static __always_inline void on_rename(struct task_struct *task, const char *name)
{
	__u32 tgid = BPF_CORE_READ(task, tgid);

	if (BPF_CORE_READ(task, group_leader) != task)
		return;
	if (config.match_comms && name_is_chosen(name)) {
		set_target(tgid, TARGET_CHOSEN, TARGET_CHOSEN);
		submit_process(tgid);
	}
	note_name(tgid);
}

/*
 * A process moves to another group, of whichever hierarchy. The task is there already (cgroup_attach_task
 * traces behind cgroup_migrate). A process that leaves the group is not captured any more.
 */
static __always_inline void on_cgroup_attach(struct task_struct *task)
{
	__u32 tgid = BPF_CORE_READ(task, tgid);
	__u8 flag;

	if (!config.match_cgroups)
		return;
	flag = cgroup_flag(BPF_CORE_READ(task, group_leader));
	set_target(tgid, TARGET_IN_CGROUP, flag);
	if (flag)
		submit_process(tgid);
}

/* A group of version 2, whose ids are those of `cgroups`: other hierarchies have the same numbers. */
static __always_inline bool is_default_hierarchy(struct cgroup *cgroup)
{
	return BPF_CORE_READ(cgroup, root, hierarchy_id) == 0;
}

/* Zero-padded, as a key. Called under the lock of the kernel's one buffer of paths (TRACE_CGROUP_PATH). */
static __always_inline char *read_cgroup_path(const char *path)
{
	__u32 zero = 0;
	struct cgroup_path *key = bpf_map_lookup_elem(&cgroup_path, &zero);

	if (!key)
		return 0;
	__builtin_memset(key, 0, sizeof(*key));
	return bpf_probe_read_kernel_str(key->path, sizeof(key->path), path) < (long)sizeof(key->path)
		       ? key->path
		       : 0;
}

/* A chosen group is removed. Its id never comes again; a group that is made under its path takes its place.
 */
static __always_inline void on_cgroup_remove(struct cgroup *cgroup, const char *path)
{
	__u64 id = BPF_CORE_READ(cgroup, kn, id);
	__u32 yes = 1;
	char *key;

	if (!config.follow_cgroups || !is_default_hierarchy(cgroup) || !bpf_map_lookup_elem(&cgroups, &id))
		return;
	key = read_cgroup_path(path);
	if (!key)
		return;
	bpf_map_update_elem(&removed_cgroups, key, &yes, BPF_ANY);
	bpf_map_delete_elem(&cgroups, &id);
}

static __always_inline void on_cgroup_make(struct cgroup *cgroup, const char *path)
{
	__u64 id = BPF_CORE_READ(cgroup, kn, id);
	__u32 yes = 1;
	char *key;

	if (!config.follow_cgroups || !is_default_hierarchy(cgroup))
		return;
	key = read_cgroup_path(path);
	if (!key || !bpf_map_lookup_elem(&removed_cgroups, key))
		return;
	bpf_map_update_elem(&cgroups, &id, &yes, BPF_ANY);
	bpf_map_delete_elem(&removed_cgroups, key);
}

/* The last thread of a process exits: user space ends what depends on the process. */
static __always_inline void on_exit(struct task_struct *task)
{
	__u32 tgid = BPF_CORE_READ(task, tgid);
	struct exit_record record = {};

	if (BPF_CORE_READ(task, signal, live.counter) != 0 || !is_target(tgid))
		return;
	set_target(tgid, ~0, 0);
	record.header.type = RECORD_EXIT;
	record.header.tgid = tgid;
	record.header.time_ns = bpf_ktime_get_ns();
	if (submit_record(&record, sizeof(record), 0))
		count(COUNT_EVENTS, 1);
}

#endif
