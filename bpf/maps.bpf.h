/* SPDX-License-Identifier: (MIT OR GPL-2.0-only) */
/* Knobs, maps and counters. */
#ifndef NETPROFILER_MAPS_H
#define NETPROFILER_MAPS_H

#include "kernel.bpf.h"

/* Constants of this load: the verifier drops the code that they switch off. */
const volatile struct capture_config config = {};

/* Whether a unix connection was ever seen: close() is looked at only then. */
__u32 unix_seen = 0;

/* The byte at `sequence`, and those behind it up to the next such note, were ready to be read from `time_ns`
 * on. */
struct arrival {
	__u64 time_ns; /* or one of the two below */
	__u32 sequence;
	__u32 padding;
};
#define ARRIVED_EARLIER 0 /* while so much lay unread that no later call waited for it; when is not noted */
#define ARRIVED_UNKNOWN 1

/* The latest ARRIVALS of them that are still needed: see arrival.bpf.h. */
struct arrivals {
	struct arrival at[ARRIVALS];
	__u32 count; /* ever noted; the newest is at[(count - 1) % ARRIVALS] */
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
	__u8 lost;  /* a data record found no room: the positions of both directions are submitted at the end
		     */
	__u8 ended; /* the end record of this direction was submitted */
	__u8 zero_window; /* the peer's window is closed */
	__u8 is_tcp;	  /* positions are TCP's; those of unix sockets and MPTCP are counted */
	__u8 carries_tls; /* bytes were moved within a call on a TLS session */
	__u8 padding[3];
	struct arrivals arrivals;
	__u32 before[3]; /* retransmissions, rwnd_limited and sndbuf_limited before we came */
	__u32 padding2;
	__u32 start[2]; /* kernel sequence number of position 0, TCP; 0 for unix */
	__u32 next[2];	/* sequence number expected at the next call: tells a FIN's number from a byte's */
	__u32 tgid;	/* process that used it last */
	__u32 inode;	/* of the socket file: the identity of a socket, whose address is used again */
};

/* Events to user space. Sized by user space. */
struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 16 * 1024 * 1024);
} events SEC(".maps");

/*
 * Key: address of the struct sock. Value: its connection. Born at accept, connect, or the first call seen on
 * it. Dies at TCP_CLOSE; unix: when close() released the last reference, or swept by user space when
 * the process is gone.
 */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, MAX_CONNECTIONS);
	__type(key, __u64);
	__type(value, struct connection);
} connections SEC(".maps");

/*
 * Key: address of the struct sock. Value: the connection that it was. A reset can close a socket while a call
 * on it is under way; the call still moved bytes, and they are found here when it returns. Born at TCP_CLOSE;
 * dies when the address is another connection's, or as the oldest where there are too many.
 */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, MAX_CLOSING);
	__type(key, __u64);
	__type(value, struct connection);
} closing SEC(".maps");

/* How a TCP connection began, until accept or connect says whose it is; or that it is no target's. */
struct handshake {
	__u64 sk;	      /* 0: free; UNTRACKED of it: no target's, its segments are not looked at */
	__u32 expected;	      /* sequence number of its first byte */
	__u32 ended;	      /* enum close_kind, where it ended before its process did anything with it */
	__u64 started_ns;     /* SYN sent; 0: it was received */
	__u64 established_ns; /* 0: not yet */
	__u64 turns;	      /* at being strange or not; added to atomically, for order */
	struct arrivals arrivals;
};

/* In the same word as the address, so that nobody sees the one without the other; addresses are even. */
#define UNTRACKED(sk) ((sk) | 1)

/*
 * Key: slot of a socket's address. Born at a target's SYN or when a connection is there to be accepted,
 * whoever's it is: that is not known yet. Taken by accept or connect, dies at TCP_CLOSE; who is pushed out
 * has no known setup time.
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
 * Key: address of the struct sock. Value: what is known of the process that connects it. Born at SYN_SENT,
 * dies with the next state.
 */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, MAX_CONNECTING);
	__type(key, __u64);
	__type(value, struct owner_record);
} connecting SEC(".maps");

/*
 * Key: (tgid << 32 | fd). Value: address of the unix socket behind it. Born with a call on it, dies at
 * close(). */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, MAX_CONNECTIONS);
	__type(key, __u64);
	__type(value, __u64);
} unix_fds SEC(".maps");

/*
 * Key: inode of a unix socket that was there before its process was followed: bytes may have been moved on
 * it. Filled by user space; where there are too many the oldest are forgotten.
 */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 1); /* MAX_OLDER_UNIX where it is needed, set by user space */
	__type(key, __u32);
	__type(value, __u8);
} older_unix SEC(".maps");

/* Key: slot of the connection's id. Value: user space's word; written by user space through mmap. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, VERDICT_SLOTS);
	__type(key, __u32);
	__type(value, struct verdict);
} verdicts SEC(".maps");

/*
 * Key: tgid / 8. Value: a byte for each of eight processes, enum target_flags. An array, because this look-up
 * is the one that every call of every process pays: no function is called for it. A byte each, because CPUs
 * write them without asking. Born by user space, fork, exec, cgroup attach; dies at the process's exit.
 */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, MAX_PROCESS_IDS / 8);
	__type(key, __u32);
	__type(value, __u8[8]);
} targets SEC(".maps");

/* Key: id of a cgroup (v2) whose processes are targets, those of its descendants too. Value: enum
 * target_flags. Filled by user space.
 */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, MAX_CGROUPS);
	__type(key, __u64);
	__type(value, __u32);
} cgroups SEC(".maps");

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

/* When a thread entered the call that may move bytes. A slot taken by another thread meanwhile is "not
 * known". */
struct call_start {
	__u64 thread; /* as bpf_get_current_pid_tgid; 0: free */
	__u64 time_ns;
	__u64 sk;    /* the socket that TCP began to send on; 0: not told */
	__u32 taken; /* its copied_seq then */
	__u32 there; /* its rcv_nxt then */
};

/* Key: thread id modulo CALL_SLOTS. Born at the call's entry, dies at its exit. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, CALL_SLOTS);
	__type(key, __u32);
	__type(value, struct call_start);
} call_starts SEC(".maps");

/*
 * Key: thread id modulo CALL_SLOTS. Value: the thread whose call's return exit_call has looked at. Only where
 * programs can be preempted; born there, dies in exit_call_again.
 */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1); /* CALL_SLOTS where it is needed, set by user space */
	__type(key, __u32);
	__type(value, __u64);
} returned SEC(".maps");

/*
 * What a thread's socket call did so far, where the socket layer reports it (socket.bpf.h). A slot taken by
 * another thread meanwhile is not known.
 */
struct socket_call {
	__u64 thread; /* as bpf_get_current_pid_tgid; 0: free */
	/* A send: */
	__u64 sk;	/* the socket that TCP began to send on; 0: none */
	__u64 time_ns;	/* when it began */
	__u64 memory;	/* the program's buffer, or the kernel's copy of its iovec array; 0: neither */
	__u32 segments; /* 0: `memory` is the buffer */
	__u32 skip;	/* bytes of the segments that are not sent */
	__u32 sequence; /* of the first byte */
	__u32 taken;	/* copied_seq when it began */
	__u32 there;	/* rcv_nxt when it began */
	__u32 flags;	/* MSG_* */
	/* A receive: */
	__u32 staged; /* bytes handed over as RECORD_STAGED; STAGED_LOST: one of them found no room */
	/* sendmmsg, recvmmsg: */
	__u32 message; /* the latest */
	__u64 vector;  /* of messages; 0: none */
};

#define STAGED_LOST (1U << 31)

/* Key: thread id modulo SOCKET_CALL_SLOTS. Born and freed by the hooks of a call. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1); /* SOCKET_CALL_SLOTS where it is needed, set by user space */
	__type(key, __u32);
	__type(value, struct socket_call);
} socket_calls SEC(".maps");

/* One message of a call, and who made it. */
struct transfer {
	__u64 sk;
	__u64 start_ns; /* 0: not known */
	__u64 now;
	__u32 tgid;
	__u32 sequence; /* TCP: behind the last byte of the call; see has_sequence */
	__u32 taken;	/* EGRESS: the opposite stream when the call began; see has_opposite */
	__u32 there;
	__u64 memory;	 /* iovec array, or the buffer itself */
	__u64 segments;	 /* 0: `memory` is the buffer */
	__u32 staged_by; /* thread whose RECORD_STAGED hold the bytes; 0: none */
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

/* Where a record is put together: too large for the stack, and for a per-CPU map's 32 KiB. */
struct scratch {
	struct transfer transfer; /* of a call with several messages: the next one */
	struct iovec batch[SEGMENT_BATCH];
	__u32 filled;			  /* bytes of `data` */
	__u32 skip;			  /* bytes of the next segments to leave out */
	struct data_record record;	  /* its data follow it at once: both are handed over as one */
	__u8 data[2 * MAX_CAPTURE_BYTES]; /* twice: the verifier bounds start and length apart */
};

/* Key: CPU. Programs run with preemption off, and only those of system calls use it. */
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

/* What one CPU's programs of system calls keep; others leave it alone, so nothing is torn. */
struct cpu {
	__u64 events;			 /* records handed over */
	__u64 fill;			 /* of the ring, when it was looked at last */
	__u64 connections[INTERRUPTERS]; /* numbered by each */
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
 * Looks at the ring's fill every 16th event: the reader moves its end from another CPU, and that cache line
 * is dear.
 */
static __always_inline __u64 ring_fill(struct cpu *cpu)
{
	if (!(cpu->events & 15))
		cpu->fill = bpf_ringbuf_query(&events, BPF_RB_AVAIL_DATA);
	return cpu->fill;
}

/*
 * No wake-up per record: the reader looks by itself every few milliseconds (a wake-up costs a self-interrupt,
 * 1.4 us). Only when the ring fills faster than that is it called.
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
