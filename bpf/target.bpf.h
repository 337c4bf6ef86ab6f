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

/* Whether calls of the process's TLS library are traced. */
static __always_inline bool reads_tls(__u32 tgid)
{
	if (config.read_tls != SCOPE_CHOSEN)
		return config.read_tls == SCOPE_ALL && is_target(tgid);
	return target_flags(tgid) & TARGET_TLS;
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

/* The flags of the nearest chosen cgroup, itself or above; 0 if none is chosen. */
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

static __always_inline bool name_is_chosen(const char *name)
{
	char comm[COMM_LENGTH] = {};

	bpf_core_read_str(comm, sizeof(comm), name);
	return bpf_map_lookup_elem(&comms, comm);
}

/* A group of version 2: `cgroups` has only these, and a task is in one at a time. */
static __always_inline __u8 cgroup_flags(struct task_struct *task)
{
	return config.match_cgroups ? flags_of_cgroup(BPF_CORE_READ(task, cgroups, dfl_cgrp)) : 0;
}

/* A process that was chosen by itself keeps what is read of it. */
static __always_inline void set_cgroup_flags(__u32 tgid, __u8 flags)
{
	__u8 mask = TARGET_IN_CGROUP;

	if (!(target_flags(tgid) & TARGET_CHOSEN))
		mask |= TARGET_TLS;
	set_target(tgid, mask, flags & mask);
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
	flags = target_flags(parent_tgid);
	flags = (flags & TARGET_CHOSEN ? flags & (TARGET_CHOSEN | TARGET_TLS) : 0) | cgroup_flags(child);
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
	set_cgroup_flags(tgid, cgroup_flags(task));
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
	__u8 flags;

	if (!config.match_cgroups)
		return;
	flags = cgroup_flags(BPF_CORE_READ(task, group_leader));
	set_cgroup_flags(tgid, flags);
	if (flags)
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
	__u32 *flags, kept;
	char *key;

	if (!config.follow_cgroups || !is_default_hierarchy(cgroup))
		return;
	flags = bpf_map_lookup_elem(&cgroups, &id);
	key = read_cgroup_path(path);
	if (!flags || !key)
		return;
	kept = *flags;
	bpf_map_update_elem(&removed_cgroups, key, &kept, BPF_ANY);
	bpf_map_delete_elem(&cgroups, &id);
}

static __always_inline void on_cgroup_make(struct cgroup *cgroup, const char *path)
{
	__u64 id = BPF_CORE_READ(cgroup, kn, id);
	__u32 *flags, kept;
	char *key;

	if (!config.follow_cgroups || !is_default_hierarchy(cgroup))
		return;
	key = read_cgroup_path(path);
	flags = key ? bpf_map_lookup_elem(&removed_cgroups, key) : 0;
	if (!flags)
		return;
	kept = *flags;
	bpf_map_update_elem(&cgroups, &id, &kept, BPF_ANY);
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
