/* SPDX-License-Identifier: (MIT OR GPL-2.0-only) */
/*
 * Differences between kernels, each with the commit that introduced it. No other file depends on kernel
 * versions.
 */
#ifndef NETPROFILER_COMPAT_H
#define NETPROFILER_COMPAT_H

#include "kernel.bpf.h"
#include "maps.bpf.h"

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct atomic64___file {
	__s64 counter;
};
struct file___f_count {
	struct atomic64___file f_count;
};
struct file_ref___v6_13 {
	struct atomic64___file refcnt;
};
struct file___f_ref {
	struct file_ref___v6_13 f_ref;
};

#pragma clang attribute pop

/*
 * Whether there is still a reference to the file. 6.13 replaced f_count (0: none) by f_ref, whose counter
 * is biased by one (negative: none): kernel commit 90ee6ed776c06.
 */
static __always_inline bool file_is_held(struct file *file)
{
	__s64 references = 0;

	if (bpf_core_field_exists(((struct file___f_ref *)0)->f_ref)) {
		struct file___f_ref *f = (void *)file;

		bpf_probe_read_kernel(&references, sizeof(references), &f->f_ref);
		return references >= 0;
	}
	struct file___f_count *f = (void *)file;

	bpf_probe_read_kernel(&references, sizeof(references), &f->f_count);
	return references > 0;
}

/*
 * Programs of raw tracepoints can be preempted: observed on 7.2, not on 6.18. Until the preempted task runs
 * again, the kernel skips the program for other tasks on that CPU, because it does not nest a program in
 * itself. Programs of trace events cannot be preempted: perf's side of a tracepoint disables preemption.
 * Therefore, on such kernels, if tracefs is readable, enter_call_event and exit_call_event replace enter_call
 * and exit_call. The other programs stay raw, each with a second one as backup: trace events count as nested
 * in the program that an interrupt preempted, and connections often end in an interrupt.
 *
 * If tracefs is not readable, a second raw program, exit_call_again, is the backup of exit_call and handles
 * the calls that exit_call was skipped for. Calls for which both were skipped are in recursion_misses of
 * bpf_prog_info, which user space counts as `interrupted`. A program that preempts another would share the
 * scratch buffer of the CPU, so preemption is disabled meanwhile (kfuncs of 6.10, commit fc7566ad0a826; 6.18
 * accepts calls of global functions between them, older kernels may not, and do not need them). A pending
 * task switch happens in bpf_preempt_enable.
 */
#ifdef TYPED_POINTERS
extern int LINUX_KERNEL_VERSION __kconfig;
extern void bpf_preempt_disable(void) __ksym __weak;
extern void bpf_preempt_enable(void) __ksym __weak;

#define CAN_BE_PREEMPTED (LINUX_KERNEL_VERSION >= (7 << 16) && bpf_preempt_disable && bpf_preempt_enable)
#endif

#ifdef CAN_BE_PREEMPTED
static __always_inline void mark_returned(__u64 thread)
{
	__u32 slot = (__u32)thread & (CALL_SLOTS - 1);
	__u64 *mark = bpf_map_lookup_elem(&returned, &slot);

	if (mark)
		*mark = thread;
}

static __always_inline bool take_returned(__u64 thread)
{
	__u32 slot = (__u32)thread & (CALL_SLOTS - 1);
	__u64 *mark = bpf_map_lookup_elem(&returned, &slot);

	if (!mark || *mark != thread)
		return false;
	*mark = 0;
	return true;
}
#else
#define CAN_BE_PREEMPTED false
#define mark_returned(thread)
#define take_returned(thread) true
#endif

static __always_inline void hold_cpu(void)
{
#ifdef TYPED_POINTERS
	if (CAN_BE_PREEMPTED)
		bpf_preempt_disable();
#endif
}

static __always_inline void release_cpu(void)
{
#ifdef TYPED_POINTERS
	if (CAN_BE_PREEMPTED)
		bpf_preempt_enable();
#endif
}

/* Whether the current task is in a 32-bit system call, which has different numbers and structures. */
static __always_inline bool in_compat_syscall(struct task_struct *task)
{
#if defined(__TARGET_ARCH_x86)
	return load(task, thread_info.status) & 2; /* TS_COMPAT */
#elif defined(__TARGET_ARCH_arm64)
	return load(task, thread_info.flags) & (1UL << 22); /* TIF_32BIT */
#endif
}

#endif
