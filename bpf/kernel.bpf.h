/* SPDX-License-Identifier: (MIT OR GPL-2.0-only) */
/*
 * The kernel's types, with only the fields that are read. preserve_access_index makes every access a CO-RE
 * relocation: libbpf adjusts it to the offset of the field in the running kernel's BTF.
 */
#ifndef NETPROFILER_KERNEL_H
#define NETPROFILER_KERNEL_H

#include "capture.h"

typedef __u16 __be16;
typedef __u32 __be32;
typedef __u16 __sum16;
typedef __u32 __wsum;
typedef _Bool bool;
#define true 1
#define false 0

/* The parts of <linux/bpf.h> that <bpf/bpf_helpers.h> requires. */
enum bpf_map_type {
	BPF_MAP_TYPE_HASH = 1,
	BPF_MAP_TYPE_ARRAY = 2,
	BPF_MAP_TYPE_PERCPU_ARRAY = 6,
	BPF_MAP_TYPE_LRU_HASH = 9,
	BPF_MAP_TYPE_RINGBUF = 27,
};
#define BPF_ANY		    0
#define BPF_F_MMAPABLE	    (1U << 10)
#define BPF_F_NO_PREALLOC   1
#define BPF_RB_NO_WAKEUP    1
#define BPF_RB_FORCE_WAKEUP 2
#define BPF_RB_AVAIL_DATA   0

#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>

#define AF_UNIX	      1
#define AF_INET	      2
#define AF_INET6      10
#define SOCK_STREAM   1
#define IPPROTO_TCP   6
#define IPPROTO_MPTCP 262

/* include/net/tcp_states.h */
enum {
	TCP_ESTABLISHED = 1,
	TCP_SYN_SENT,
	TCP_SYN_RECV,
	TCP_FIN_WAIT1,
	TCP_FIN_WAIT2,
	TCP_TIME_WAIT,
	TCP_CLOSE,
	TCP_CLOSE_WAIT,
	TCP_LAST_ACK,
	TCP_LISTEN,
	TCP_CLOSING,
};

#define MSG_OOB		 0x1
#define MSG_PEEK	 0x2
#define MSG_TRUNC	 0x20
#define MSG_ERRQUEUE	 0x2000
#define MSG_SPLICE_PAGES 0x8000000

#define EPIPE	     32
#define ENOSYS	     38
#define ECONNABORTED 103
#define ECONNRESET   104
#define EINPROGRESS  115

struct __sk_buff {
	__u32 len;
};
struct bpf_dynptr {
	__u64 opaque[2];
} __attribute__((aligned(8)));
struct bpf_raw_tracepoint_args {
	__u64 args[0];
};

/* /sys/kernel/tracing/events/raw_syscalls/sys_{enter,exit}/format */
struct raw_syscalls_event {
	__u64 common;
	long nr;
	long returned; /* sys_enter: the first argument */
};

/* User memory, laid out by the system call interface: no relocation. */
struct iovec {
	__u64 base;
	__u64 length;
};
struct user_msghdr {
	__u64 name;
	__s32 name_length;
	__u32 padding;
	__u64 iov;
	__u64 iov_count;
	__u64 control;
	__u64 control_length;
	__u32 flags;
	__u32 padding2;
};
struct mmsghdr {
	struct user_msghdr header;
	__u32 length;
	__u32 padding;
};

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct pt_regs {
#if defined(__TARGET_ARCH_x86)
	unsigned long r10, r9, r8, ax, cx, dx, si, di, orig_ax, sp;
#elif defined(__TARGET_ARCH_arm64)
	__u64 regs[31];
	__u64 orig_x0;
	__s32 syscallno;
#endif
};

struct thread_info {
	__u32 status;	     /* x86: TS_COMPAT */
	unsigned long flags; /* arm64: TIF_32BIT */
};

struct kernfs_node {
	__u64 id;
};
struct cgroup_subsys_state {
	struct cgroup *cgroup;
	struct cgroup_subsys_state *parent;
};
struct cgroup {
	struct cgroup_subsys_state self;
	struct kernfs_node *kn;
};
struct css_set {
	struct cgroup *dfl_cgrp;
};

typedef struct {
	int counter;
} atomic_t;
typedef struct {
	long counter;
} atomic_long_t;

struct signal_struct {
	atomic_t live;
};
struct fdtable {
	unsigned int max_fds;
	struct file **fd;
};
struct files_struct {
	struct fdtable *fdt;
};
struct inode {
	unsigned long i_ino;
};
struct file {
	void *private_data;
	struct inode *f_inode;
};
#define PF_IO_WORKER 0x10 /* an io_uring worker thread of a process */

struct task_struct {
	struct thread_info thread_info;
	unsigned int flags;
	int tgid;
	char comm[COMM_LENGTH];
	struct task_struct *group_leader;
	struct mm_struct *mm;
	__u64 start_time;
	struct files_struct *files;
	struct signal_struct *signal;
	struct css_set *cgroups;
};

struct in6_addr {
	__u8 in6_u[16];
};
struct ns_common {
	unsigned int inum;
};
struct net {
	struct ns_common ns;
};
typedef struct {
	struct net *net;
} possible_net_t;
struct sock_common {
	__be32 skc_daddr;
	__be32 skc_rcv_saddr;
	__be16 skc_dport;
	__u16 skc_num;
	unsigned short skc_family;
	volatile unsigned char skc_state;
	possible_net_t skc_net;
	struct in6_addr skc_v6_daddr;
	struct in6_addr skc_v6_rcv_saddr;
	unsigned long skc_flags;
};
struct socket {
	short type;
	struct file *file;
	struct sock *sk;
};
struct sock {
	struct sock_common __sk_common;
	__u16 sk_protocol;
	__u16 sk_type;
	__u8 sk_shutdown;
	int sk_err;
	struct socket *sk_socket;
};
struct inet_sock {
	__be16 inet_sport;
};
struct tcp_sock {
	__u32 rcv_nxt;
	__u32 copied_seq;
	__u32 snd_una;
	__u32 write_seq;
	__u64 bytes_received;
	__u64 bytes_acked;
	__u32 srtt_us;
	__u32 total_retrans;
	__u32 chrono_stat[3]; /* ticks: sending, held back by the peer's window, by the send buffer */
};
struct sk_buff {
	struct sock *sk;
	char cb[48];
	unsigned char *data;
};
struct tcp_skb_cb {
	__u32 seq;
	__u32 end_seq;
};
struct tcphdr {
	__be16 window;
};
struct sockaddr_un {
	unsigned short sun_family;
	char sun_path[UNIX_PATH_LENGTH];
};
struct unix_address {
	int len;
	struct sockaddr_un name[0];
};
struct unix_sock {
	struct unix_address *addr;
	struct sock *peer;
};

struct mptcp_skb_cb {
	__u32 offset;
};
struct unix_skb_parms {
	__u32 consumed;
};

/* The data that a call sends or receives (include/linux/uio.h, 6.4). */
enum iter_type {
	ITER_UBUF,
	ITER_IOVEC,
};
struct iov_iter {
	__u8 iter_type;
	unsigned long iov_offset;
	void *ubuf;
	void *__iov;
	unsigned long nr_segs;
};
struct msghdr {
	struct iov_iter msg_iter;
	unsigned int msg_flags;
};

enum sock_flags {
	SOCK_DEAD = 0,
	SOCK_DONE = 1,
};

#define RCV_SHUTDOWN 1

#pragma clang attribute pop

/*
 * Access to kernel memory. With TYPED_POINTERS (kernel 6.2: bpf_rdonly_cast, commit fd264ca020948), a field
 * is read by one load instruction, whose fault reads as zero; otherwise by a call of bpf_probe_read_kernel,
 * which takes some 50 ns where returns are mitigated. The same code is compiled both ways; user space loads
 * the variant that this kernel supports.
 */
#ifdef TYPED_POINTERS
extern void *bpf_rdonly_cast(const void *object, __u32 type) __ksym;
#define typed(type, address) ((type *)bpf_rdonly_cast((void *)(address), bpf_core_type_id_kernel(type)))
#define load(pointer, field) ((pointer)->field)
#define current_task()	     ((struct task_struct *)bpf_get_current_task_btf())
#else
#define typed(type, address) ((type *)(address))
#define load(pointer, field) BPF_CORE_READ(pointer, field)
#define current_task()	     ((struct task_struct *)bpf_get_current_task())
#endif

#endif
