/* SPDX-License-Identifier: (MIT OR GPL-2.0-only) */
/* Configuration, maps and counters. */
#ifndef NETPROFILER_MAPS_H
#define NETPROFILER_MAPS_H

#include "kernel.bpf.h"

/* Constants of this load: the verifier removes the code that they disable. */
const volatile struct capture_config config = {};

/* Whether a unix connection was ever seen: close() is examined only then. */
__u32 unix_seen = 0;

/*
 * The byte at `sequence`, and those after it up to the next record, were ready to be read from `time_ns`
 * on.
 */
struct arrival {
	__u64 time_ns; /* or one of the two below */
	__u32 sequence;
	__u32 padding;
};
#define ARRIVED_EARLIER 0 /* arrived while so much was unread that no later call waited for it */
#define ARRIVED_UNKNOWN 1

/* The latest ARRIVALS records that are still needed: see arrival.bpf.h. */
struct arrivals {
	struct arrival at[ARRIVALS];
	__u32 count; /* recorded in total; the newest is at[(count - 1) % ARRIVALS] */
	__u32 padding;
};

/*
 * Programs that add connections to the table. One may interrupt another on the same CPU: a call's program is
 * interrupted by a packet that changes a socket's state, and so is the program of a state change.
 */
enum interrupter {
	BY_CALL,
	BY_STATE,
	BY_STATE_AGAIN,
	INTERRUPTERS,
};

/* One connection of a target. */
struct connection {
	__u64 id;
	struct tally tally;
	__u16 family;
	__u8 role; /* enum endpoint_role */
	__u8 from_start;
	__u8 known[2]; /* start[direction] is set */
	__u8 opened;   /* the open record was submitted */
	__u8 closed;   /* the value is in `closing` */
	__u8 lost;  /* a data record was dropped: the positions of both directions are submitted at the end */
	__u8 ended; /* the end record of this direction was submitted */
	__u8 zero_window; /* the peer's window is closed */
	__u8 is_tcp;	  /* positions are TCP's; those of unix sockets and MPTCP are counted */
	__u8 carries_tls; /* bytes were moved within a call on a TLS session */
	__u8 name;	  /* name_number() of the process when it was reported */
	__u8 padding[2];
	struct arrivals arrivals;
	__u32 before[3];  /* retransmissions, rwnd_limited and sndbuf_limited before capture began */
	__u32 left_alone; /* calls that are not counted yet; see count_left_alone */
	__u32 start[2];	  /* kernel sequence number of position 0, TCP; 0 for unix */
	__u32 next[2];	  /* sequence number expected at the next call: distinguishes a FIN from a byte */
	__u32 tgid;	  /* process that used it last */
	__u32 inode;	  /* of the socket file: the identity of a socket, whose address is used again */
};

/* Events to user space. Sized by user space. */
struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 16 * 1024 * 1024);
} events SEC(".maps");

/*
 * Key: address of the struct sock. Value: its connection. Created at accept, connect, or the first call
 * seen on it. Deleted at TCP_CLOSE; for unix sockets, when close() released the last reference, or by user
 * space's sweep when the process has exited.
 */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, MAX_CONNECTIONS);
	__type(key, __u64);
	__type(value, struct connection);
} connections SEC(".maps");

/*
 * Key: address of the struct sock. Value: its former connection. A reset can close a socket during a call
 * on it; the bytes that the call moved are attributed by this map when it returns. Created at TCP_CLOSE;
 * deleted when another connection reuses the address, or as the oldest entry when the map is full.
 */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, MAX_CLOSING);
	__type(key, __u64);
	__type(value, struct connection);
} closing SEC(".maps");

/*
 * The handshake of a TCP connection, until accept or connect identifies its process; or a mark that the
 * connection does not belong to a target.
 */
struct handshake {
	__u64 sk;	      /* 0: free; UNTRACKED of it: not a target's, its segments are skipped */
	__u32 expected;	      /* sequence number of its first byte */
	__u32 ended;	      /* enum close_kind, if it ended before its process used it */
	__u64 started_ns;     /* SYN sent; 0: it was received */
	__u64 established_ns; /* 0: not established yet */
	__u64 turns;	      /* number of changes of the mark; added to atomically, for memory order */
	struct arrivals arrivals;
};

/* In the same word as the address, so that both are always read together; addresses are even. */
#define UNTRACKED(sk) ((sk) | 1)

/*
 * Key: slot of a socket's address. Created at a target's SYN, or when a connection waits to be accepted,
 * whichever process it belongs to: that is not known yet. Taken by accept or connect, deleted at TCP_CLOSE.
 * If another socket overwrites the slot, the setup time is unknown.
 */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, BIRTH_SLOTS);
	__type(key, __u32);
	__type(value, struct handshake);
} handshakes SEC(".maps");

/*
 * Key: CPU * INTERRUPTERS + enum interrupter. A new connection, before it is added to the table. Each
 * interrupter has a buffer of its own: an interrupt's program must not overwrite what the program that it
 * interrupted has prepared.
 */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, INTERRUPTERS); /* times the number of CPUs, set by user space */
	__type(key, __u32);
	__type(value, struct connection);
} openings SEC(".maps");

/*
 * Key: address of the struct sock. Value: the process that connects it. Created at SYN_SENT, deleted at the
 * next state.
 */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, MAX_CONNECTING);
	__type(key, __u64);
	__type(value, struct owner_record);
} connecting SEC(".maps");

/* Key: (tgid << 32 | fd). Value: address of its unix socket. Created by a call on it, deleted at close(). */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, MAX_CONNECTIONS);
	__type(key, __u64);
	__type(value, __u64);
} unix_fds SEC(".maps");

/*
 * Key: inode of a unix socket that existed before its process was tracked: bytes may have been moved on it.
 * Filled by user space; the oldest entries are evicted when the map is full.
 */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 1); /* MAX_OLDER_UNIX where it is needed, set by user space */
	__type(key, __u32);
	__type(value, __u8);
} older_unix SEC(".maps");

/* Key: slot of the connection's id. Value: user space's verdict; written by user space through mmap. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, VERDICT_SLOTS);
	__type(key, __u32);
	__type(value, struct verdict);
} verdicts SEC(".maps");

/*
 * Key: tgid / 8. Value: one byte for each of eight processes, enum target_flags. An array, because this
 * is the only lookup that every call of every process pays for: it does not call a function. One byte each,
 * because CPUs write without synchronization. Set by user space, fork, exec, cgroup attach; cleared at the
 * process's exit.
 */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, MAX_PROCESS_IDS / 8);
	__type(key, __u32);
	__type(value, __u8[8]);
} targets SEC(".maps");

/*
 * Key: id of a cgroup (v2) whose processes, including those of its descendants, are targets. Value: enum
 * target_flags. Filled by user space.
 */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, MAX_CGROUPS);
	__type(key, __u64);
	__type(value, __u32);
} cgroups SEC(".maps");

struct cgroup_path {
	char path[CGROUP_PATH_LENGTH]; /* as the kernel names it, from the root of its hierarchy; zero-padded
					*/
};

/*
 * Key: path of a chosen cgroup that was removed. Born when it is removed; dies when it is made again, or as
 * the oldest where there are too many.
 */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, MAX_CGROUPS);
	__type(key, struct cgroup_path);
	__type(value, __u32);
} removed_cgroups SEC(".maps");

/* Where a path is put together: too large for the stack. One at a time: see read_cgroup_path. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct cgroup_path);
} cgroup_path SEC(".maps");

/* Key: name of a process, zero-padded. Filled by user space. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, MAX_COMMS);
	__type(key, char[COMM_LENGTH]);
	__type(value, __u32);
} comms SEC(".maps");

/* Key: TCP port in host order. Filled by user space. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, MAX_PORTS);
	__type(key, __u16);
	__type(value, __u32);
} ports SEC(".maps");

/*
 * When a thread entered a call that may move bytes. If another thread has overwritten the slot, the start
 * is unknown.
 */
struct call_start {
	__u64 thread; /* as bpf_get_current_pid_tgid; 0: free */
	__u64 time_ns;
	__u64 sk;    /* the socket that TCP began to send on; 0: unknown */
	__u32 taken; /* its copied_seq at that time */
	__u32 there; /* its rcv_nxt at that time */
};

/* Key: thread id modulo CALL_SLOTS. Set at the call's entry, cleared at its exit. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, CALL_SLOTS);
	__type(key, __u32);
	__type(value, struct call_start);
} call_starts SEC(".maps");

/*
 * Key: thread id modulo CALL_SLOTS. Value: the thread whose call's return exit_call has processed. Used
 * only where programs can be preempted; set in exit_call, cleared in exit_call_again.
 */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1); /* CALL_SLOTS where it is needed, set by user space */
	__type(key, __u32);
	__type(value, __u64);
} returned SEC(".maps");

/*
 * The state of a thread's socket call, where the socket layer reports it (socket.bpf.h). If another thread
 * has overwritten the slot, the state is unknown.
 */
struct socket_call {
	__u64 thread; /* as bpf_get_current_pid_tgid; 0: free */
	/* A send: */
	__u64 sk;	/* the socket that TCP began to send on; 0: none */
	__u64 time_ns;	/* when it began */
	__u64 memory;	/* the program's buffer, or the kernel's copy of its iovec array; 0: neither */
	__u32 segments; /* 0: `memory` is the buffer */
	__u32 skip;	/* bytes of the segments that are not sent */
	__u32 sequence; /* sequence number of the first byte */
	__u32 taken;	/* copied_seq when it began */
	__u32 there;	/* rcv_nxt when it began */
	__u32 flags;	/* MSG_* */
	/* A receive: */
	__u32 staged; /* bytes submitted as RECORD_STAGED; STAGED_LOST: one record was dropped */
	/* sendmmsg, recvmmsg: */
	__u32 message; /* index of the latest message */
	__u64 vector;  /* array of messages; 0: none */
};

#define STAGED_LOST (1U << 31)

/* Key: thread id modulo SOCKET_CALL_SLOTS. Set and cleared by the hooks of a call. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1); /* SOCKET_CALL_SLOTS where it is needed, set by user space */
	__type(key, __u32);
	__type(value, struct socket_call);
} socket_calls SEC(".maps");

/* One message of a call, with the process that made the call. */
struct transfer {
	__u64 sk;
	__u64 start_ns; /* 0: unknown */
	__u64 now;
	__u32 tgid;
	__u32 sequence; /* TCP: after the last byte of the call; see has_sequence */
	__u32 taken;	/* EGRESS: the opposite stream when the call began; see has_opposite */
	__u32 there;
	__u64 memory;	 /* iovec array, or the buffer itself */
	__u64 segments;	 /* 0: `memory` is the buffer */
	__u32 staged_by; /* thread whose RECORD_STAGED contain the bytes; 0: none */
	__u32 length;	 /* bytes moved; > 0 */
	__u32 skip;	 /* bytes of `memory` before this part of the call */
	__u32 remaining; /* bytes of later messages of the same call */
	__u8 direction;
	__u8 call;
	__u8 flags;	/* DATA_LENGTH_ONLY */
	__u8 later;	/* not the first part or message of the call */
	__u8 in_kernel; /* `memory` is an iovec array in the kernel */
	__u8 has_sequence;
	__u8 has_opposite;
};

#define SEGMENT_BATCH	8   /* segments read at a time */
#define SEGMENTS_A_TURN 128 /* a multiple of it */

/* Buffer for a record: too large for the stack, and for the 32 KiB of a per-CPU map. */
struct scratch {
	struct transfer transfer; /* next message, of a call with several */
	struct iovec batch[SEGMENT_BATCH];
	__u32 filled;			  /* bytes of `data` */
	__u32 skip;			  /* bytes of the next segments to leave out */
	struct data_record record;	  /* its data follow it directly: both are submitted as one */
	__u8 data[2 * MAX_CAPTURE_BYTES]; /* doubled: the verifier bounds start and length separately */
};

/* Key: CPU. Programs run with preemption disabled, and only those of system calls use it. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1); /* number of CPUs, set by user space */
	__type(key, __u32);
	__type(value, struct scratch);
} scratches SEC(".maps");

static __always_inline struct scratch *get_scratch(void)
{
	__u32 cpu = bpf_get_smp_processor_id();

	return bpf_map_lookup_elem(&scratches, &cpu);
}

/* Per-CPU state of the programs of system calls. Not accessed by others, so reads are never torn. */
struct cpu {
	__u64 events;			 /* records submitted */
	__u64 fill;			 /* fill level of the ring when it was last read */
	__u64 connections[INTERRUPTERS]; /* number of ids allocated by each */
	__u64 state_change;		 /* the latest one that set_state has processed */
	__u64 padding[2];		 /* a cache line each */
};

/* Key: CPU. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1); /* number of CPUs, set by user space */
	__type(key, __u32);
	__type(value, struct cpu);
} cpus SEC(".maps");

/* Key: enum counter. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, COUNTERS);
	__type(key, __u32);
	__type(value, __u64);
} counters SEC(".maps");

static __always_inline void count(enum counter counter, __u64 amount)
{
	__u32 key = counter;
	__u64 *value = bpf_map_lookup_elem(&counters, &key);

	if (value)
		*value += amount;
}

static __always_inline struct cpu *get_cpu(void)
{
	__u32 cpu = bpf_get_smp_processor_id();

	return bpf_map_lookup_elem(&cpus, &cpu);
}

/*
 * Reads the ring's fill level every 16th event: the reader updates its position on another CPU, which makes
 * that cache line expensive to read.
 */
static __always_inline __u64 ring_fill(struct cpu *cpu)
{
	if (!(cpu->events & 15))
		cpu->fill = bpf_ringbuf_query(&events, BPF_RB_AVAIL_DATA);
	return cpu->fill;
}

/*
 * No wake-up per record: the reader polls every few milliseconds (a wake-up costs a self-interrupt, 1.4
 * us). It is woken only if the ring fills faster than that.
 */
static __always_inline bool submit_record(void *record, __u64 size, __u64 fill)
{
	__u64 flags = fill >= config.wakeup_bytes ? BPF_RB_FORCE_WAKEUP : BPF_RB_NO_WAKEUP;

	if (bpf_ringbuf_output(&events, record, size, flags)) {
		count(COUNT_LOST_RING_FULL, 1);
		return false;
	}
	return true;
}

#endif
