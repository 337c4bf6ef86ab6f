/* SPDX-License-Identifier: (MIT OR GPL-2.0-only) */
/* System calls by architecture: their numbers, and the location of their arguments at the return. */
#ifndef NETPROFILER_SYSCALLS_H
#define NETPROFILER_SYSCALLS_H

#include "kernel.bpf.h"

#if defined(__TARGET_ARCH_x86)
enum {
	NR_read = 0,
	NR_write = 1,
	NR_close = 3,
	NR_readv = 19,
	NR_writev = 20,
	NR_sendfile = 40,
	NR_connect = 42,
	NR_accept = 43,
	NR_sendto = 44,
	NR_recvfrom = 45,
	NR_sendmsg = 46,
	NR_recvmsg = 47,
	NR_splice = 275,
	NR_accept4 = 288,
	NR_recvmmsg = 299,
	NR_sendmmsg = 307,
	NR_preadv2 = 327,
	NR_pwritev2 = 328,
};
#elif defined(__TARGET_ARCH_arm64)
enum {
	NR_close = 57,
	NR_read = 63,
	NR_write = 64,
	NR_readv = 65,
	NR_writev = 66,
	NR_sendfile = 71,
	NR_splice = 76,
	NR_accept = 202,
	NR_connect = 203,
	NR_sendto = 206,
	NR_recvfrom = 207,
	NR_sendmsg = 211,
	NR_recvmsg = 212,
	NR_accept4 = 242,
	NR_recvmmsg = 243,
	NR_sendmmsg = 269,
	NR_preadv2 = 286,
	NR_pwritev2 = 287,
};
#else
#error "no system call table for this architecture"
#endif

/* A call that returned: its number and the arguments that are used. */
struct call {
	long nr;
	__u64 arg[4];
};

/*
 * The argument registers are preserved until the call returns: the kernel restores user space from this
 * very frame. On arm64, the first is overwritten by the return value and kept in orig_x0.
 */
static __always_inline void read_call(struct call *call, __u64 frame)
{
	struct pt_regs *regs = typed(struct pt_regs, frame);

#if defined(__TARGET_ARCH_x86)
	call->nr = load(regs, orig_ax);
	call->arg[0] = load(regs, di);
	call->arg[1] = load(regs, si);
	call->arg[2] = load(regs, dx);
	call->arg[3] = load(regs, r10);
#elif defined(__TARGET_ARCH_arm64)
	call->nr = load(regs, syscallno);
	call->arg[0] = load(regs, orig_x0);
	call->arg[1] = load(regs, regs[1]);
	call->arg[2] = load(regs, regs[2]);
	call->arg[3] = load(regs, regs[3]);
#endif
}

/*
 * Whether the call of this frame has no result yet. x86-64 stores -ENOSYS at its entry; arm64 keeps the
 * first argument until then.
 */
static __always_inline bool is_running(__u64 frame)
{
	struct pt_regs *regs = typed(struct pt_regs, frame);

#if defined(__TARGET_ARCH_x86)
	return (long)load(regs, ax) == -ENOSYS;
#elif defined(__TARGET_ARCH_arm64)
	return load(regs, regs[0]) == load(regs, orig_x0);
#endif
}

#endif
