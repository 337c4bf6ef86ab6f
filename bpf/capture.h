/* SPDX-License-Identifier: (MIT OR GPL-2.0-only) */
/*
 * The complete interface between the kernel side and user space. The C# mirror is
 * src/NetProfiler.Capture/Abi; a test compares both with this object's BTF. Fixed-width fields, explicit
 * padding, little endian.
 */
#ifndef NETPROFILER_CAPTURE_H
#define NETPROFILER_CAPTURE_H

#ifdef __bpf__
typedef unsigned char __u8;
typedef unsigned short __u16;
typedef unsigned int __u32;
typedef unsigned long long __u64;
typedef int __s32;
typedef long long __s64;
#else
#include <linux/types.h>
#endif

#define COMM_LENGTH	  16
#define UNIX_PATH_LENGTH  108
#define MAX_CAPTURE_BYTES 65536 /* maximum number of bytes copied into one record; a power of two */
#define MAX_PARTS                                                                                            \
	16 /* most records with bytes of one call, so at most 1 MiB of it is copied: its last 64 KiB, and    \
	      its first ones */
#define MAX_SEGMENTS	 1024 /* most iovec segments copied of one message: UIO_MAXIOV, all that there can be */
#define MAX_MESSAGES	 16   /* most messages of one sendmmsg/recvmmsg */
#define MAX_VECTOR	 1024	 /* UIO_MAXIOV: the kernel takes no more messages at a time */
#define MAX_CONNECTIONS	 65536	 /* connections of targets alive at a time */
#define MAX_PROCESS_IDS	 4194304 /* PID_MAX_LIMIT of a 64-bit kernel */
#define MAX_CLOSING	 4096	 /* connections closed a moment ago */
#define MAX_CONNECTING	 4096	 /* connections that are being made */
#define MAX_OLDER_UNIX	 131072	 /* unix sockets that are there before the run */
#define MAX_CGROUPS	 1024
#define MAX_COMMS	 64
#define MAX_PORTS	 64
#define MAX_CGROUP_DEPTH 32
#define CGROUP_PATH_LENGTH                                                                                   \
	512 /* with its end; a group with a longer path is not followed when it is made again */
#define VERDICT_SLOTS	      65536  /* direct-mapped by connection id; a power of two */
#define CALL_SLOTS	      262144 /* direct-mapped by thread id; a power of two */
#define SOCKET_CALL_SLOTS     32768  /* direct-mapped by thread id; a power of two */
#define BIRTH_SLOTS	      16384  /* direct-mapped by socket; a power of two */
#define ARRIVALS	      4	     /* segments of a connection whose arrival is recorded; a power of two */
#define PRESSED_CAPTURE_BYTES 4096   /* bytes copied of one call while the ring is nearly full */
#define TLS_CALL_SLOTS	      65536  /* direct-mapped by thread id; a power of two */
#define MAX_TLS_STREAMS	      65536  /* open TLS sessions of targets */
#define MAX_TLS_HELLOS	      16384  /* hellos sent a moment ago whose session is not known yet */
#define MAX_TLS_CIPHERS	      4096   /* records that sessions handed to their transport a moment ago */
#define MAX_TLS_LIBRARIES     1024   /* files that are probed */

enum record_type {
	RECORD_OPEN =
		1, /* struct open_record: a connection is seen for the first time, or changed its process */
	RECORD_DATA = 2,  /* struct data_record + captured bytes */
	RECORD_END = 3,	  /* struct end_record: one direction will carry no more bytes */
	RECORD_CLOSE = 4, /* struct close_record: the connection has ended */
	RECORD_EXIT = 5,  /* struct exit_record: a target process has exited */
	RECORD_OWNER = 6, /* struct owner_record: a process listens, or connected */
	RECORD_DROP = 7,  /* struct drop_record: the kernel dropped a packet of a connection */
	RECORD_STAGED =
		8, /* struct data_record + captured bytes: a piece of what a thread is receiving. `position`
		    * is its offset in the call; 0 discards what the thread staged before. The RECORD_DATA
		    * with the thread in `staged_by` follows, unless the call was a peek or failed */
	RECORD_STREAM = 9, /* struct stream_record: the plaintext of a TLS session follows, as RECORD_DATA */
	RECORD_STREAM_END = 10, /* struct stream_end_record: the end of that plaintext */
	RECORD_PROCESS = 11,	/* struct process_record: of a target, see process_flags */
};

enum direction {
	INGRESS = 0,
	EGRESS = 1,
};

/* The system call that moved the bytes, named as users see it. */
enum syscall_kind {
	CALL_NONE = 0,
	CALL_READ,
	CALL_READV,
	CALL_RECVFROM,
	CALL_RECVMSG,
	CALL_RECVMMSG,
	CALL_WRITE,
	CALL_WRITEV,
	CALL_SENDTO,
	CALL_SENDMSG,
	CALL_SENDMMSG,
	CALL_SENDFILE,
	CALL_SPLICE,
	CALL_ACCEPT,
	CALL_CONNECT,
	CALL_CLOSE,
	CALL_IO_URING,
	CALL_SSL_READ, /* a function of a TLS library: plaintext */
	CALL_SSL_WRITE,
};

enum endpoint_role {
	ROLE_UNKNOWN = 0,
	ROLE_SERVER = 1, /* accepted the connection */
	ROLE_CLIENT = 2, /* made the connection */
};

enum open_flags {
	OPEN_FROM_START = 1,	/* accept or connect was seen: stream positions start at the first byte */
	OPEN_OWNER_CHANGED = 2, /* known connection, used by another process than before */
};

enum stream_flags {
	STREAM_FROM_START =
		1, /* the session was created while its process was probed: no plaintext precedes */
};

enum process_flags {
	PROCESS_UNBOUND = 1, /* it moves plaintext on a TLS session whose connection is not known; else it was
			      * forked or executes another program */
};

enum stream_end_flags {
	STREAM_LOST = 1, /* calls of the session were missed; another stream continues it */
};

enum end_flags {
	END_HELD = 1, /* the program still holds the socket, and may read what arrived before the end */
};

/* How a TCP connection ended, as seen on this side. */
enum close_kind {
	CLOSE_NONE = 0,		  /* unknown: a unix socket */
	CLOSE_FIN = 1,		  /* this side's FIN was sent first, and no reset came before the end */
	CLOSE_RESET_RECEIVED = 2, /* the peer sent a reset */
	CLOSE_RESET_SENT = 3,	  /* aborted by this side without a FIN: a reset is sent */
	CLOSE_TIMEOUT = 4,	  /* the peer did not answer */
	CLOSE_FAILED = 5,	  /* the connection was never established */
	CLOSE_PEER_FIN = 6,	  /* like CLOSE_FIN, but the peer's FIN came first */
};

enum data_flags {
	DATA_LENGTH_ONLY = 1, /* bytes never pass through user memory (sendfile, splice, MSG_TRUNC) */
	DATA_SKIPPED = 2,     /* not copied because user space requested to skip them */
	DATA_LIMITED = 4,     /* cut by the limit of bytes per call, whose middle is left out */
	DATA_FAULT = 8,	      /* user memory could not be read */
	DATA_SEGMENTS = 16,   /* cut at MAX_SEGMENTS */
	DATA_PRESSED = 32,    /* cut because the ring was nearly full */
};

/* In the same byte as the data_flags. */
enum part_flags {
	PART_CONTINUED = 64, /* a later part of the call that the previous record reports */
	PART_OPPOSITE = 128, /* opposite_taken and opposite_there are known */
};

/* Counters of events and losses. Each is one slot of a per-CPU array. */
enum counter {
	COUNT_EVENTS = 0,	 /* records submitted */
	COUNT_LOST_RING_FULL,	 /* records dropped because the ring was full; their bytes show as a gap */
	COUNT_LOST_FAULT,	 /* calls of which some bytes could not be read */
	COUNT_LOST_SEGMENTS,	 /* calls with more than MAX_SEGMENTS segments or MAX_MESSAGES messages */
	COUNT_LOST_CONNECTIONS,	 /* calls on a connection for which the connection table had no room */
	COUNT_LOST_COMPAT,	 /* calls of 32-bit programs whose bytes are unknown */
	COUNT_LOST_CLOSED,	 /* calls whose socket was closed before they returned */
	COUNT_LOST_IO_URING,	 /* io_uring's sends and receives of which only the length is known */
	COUNT_LIMITED_BYTES,	 /* bytes not copied because of the limit per call or a pressed ring */
	COUNT_SKIPPED_BYTES,	 /* bytes not copied because user space requested to skip them */
	COUNT_LENGTH_ONLY_BYTES, /* bytes that never pass through user memory */
	COUNT_IGNORED_CALLS,	 /* calls on connections that user space detected not to be HTTP/1.x */
	COUNT_CONNECTIONS_OPENED,
	COUNT_CONNECTIONS_CLOSED,
	COUNT_TLS_STREAMS,	/* TLS sessions whose connection is known */
	COUNT_TLS_UNBOUND,	/* TLS sessions with plaintext while their connection was unknown */
	COUNT_TLS_TWO_CARRIERS, /* calls on a TLS session that moved bytes on more than one connection */
	COUNT_TLS_LOST_CALLS,	/* calls on a TLS session whose return was missed; its stream ends there */
	COUNT_TLS_LOST_STREAMS, /* TLS sessions for which the table had no room */
	COUNTERS,
};

/* The function of a probed symbol of a TLS library. User space finds the symbols. */
enum tls_function {
	TLS_READ = 1,
	TLS_WRITE,
	TLS_HANDSHAKE,
	TLS_SENDFILE,
	TLS_NEW,
	TLS_FREE,
	TLS_CLEAR,
	TLS_ACCEPT,    /* the session is the server's end */
	TLS_CONNECT,   /* the client's */
	TLS_TRANSPORT, /* a session, or another user of the library's buffers, hands bytes to its transport */
};

/* The cookie of a probe, assembled by user space. */
#define COOKIE_FUNCTION(cookie)	       ((cookie)&0xff)
#define COOKIE_LENGTH_ARGUMENT(cookie) ((cookie) >> 8 & 0xff) /* 4, 5: a pointer to it; 0: it is returned */
#define COOKIE_LIBRARY(cookie)	       ((cookie) >> 16 & 0xffff)
#define COOKIE_VERSION_AT(cookie)      ((cookie) >> 32 & 0xffff) /* in the object */

/*
 * Where a session's object keeps the random of its own hello (RFC 8446, 4.1.2 and 4.1.3): at an offset of the
 * object, or of what a pointer in it points to. What is there is compared with the hellos that were sent, so
 * that a wrong offset finds nothing.
 */
struct tls_layout {
	__u16 pointer_at;	/* of the pointer; OFFSET_NOT_KNOWN if absent */
	__u16 server_random_at; /* OFFSET_NOT_KNOWN: not known */
	__u16 client_random_at;
	__u16 padding;
};
#define OFFSET_NOT_KNOWN 0xffff

/* What is known of a process, in a byte. */
enum target_flags {
	TARGET_CHOSEN = 1,    /* by its id or name, or a child of such a one */
	TARGET_IN_CGROUP = 2, /* in a chosen control group */
	TARGET_MEMBER = 3,    /* either: it is a target */
	TARGET_TLS = 4,	      /* calls of its TLS library are traced, too, with SCOPE_CHOSEN */
	TARGET_NAME = 8,      /* the bits from here on number the names that it took, and wrap around */
};

/* Key of a TLS session. */
struct tls_key {
	__u64 ssl; /* address of the session's object */
	__u32 tgid;
	__u32 born; /* distinguishes the process from an earlier one with its id or program */
};

/* The targets whose calls of TLS libraries are traced. */
enum tls_scope {
	SCOPE_NONE,
	SCOPE_ALL,
	SCOPE_CHOSEN, /* those with TARGET_TLS */
};

/* Constants of one load, set by user space before it. */
struct capture_config {
	__u32 self_tgid;      /* the agent: never a target */
	__u32 all_processes;  /* 1: every process but self is a target */
	__u32 match_ports;    /* 1: connections with a port of the `ports` map are targets */
	__u32 match_comms;    /* 1: processes that take a name of the `comms` map become targets */
	__u32 match_cgroups;  /* 1: processes in a cgroup of the `cgroups` map become targets */
	__u32 socket_layer;   /* 1: calls are seen by sock_*_length, and not by sys_exit */
	__u32 read_tls;	      /* 1: calls of TLS libraries are followed */
	__u32 capture_bytes;  /* most bytes copied into one record, 0..MAX_CAPTURE_BYTES */
	__u32 follow_cgroups; /* 1: a chosen cgroup that is made again under its path is chosen again */
	__u32 padding;
	__u64 wakeup_bytes;  /* wake the reader when the ring's fill crosses this */
	__u64 pressed_bytes; /* above this fill, copy at most PRESSED_CAPTURE_BYTES of a call */
};

struct record_header {
	__u8 type;	/* enum record_type */
	__u8 direction; /* enum direction */
	__u8 call;	/* enum syscall_kind; RECORD_CLOSE: enum close_kind */
	__u8 flags;	/* open_flags, data_flags with part_flags, or end_flags */
	__u32 tgid;
	__u64 connection; /* never reused while the agent runs */
	__u64 time_ns;	  /* CLOCK_MONOTONIC at the call's return */
};

struct open_record {
	struct record_header header;
	__u64 socket;	   /* key of the kernel's connection table; for sweeping, never displayed */
	__u64 cgroup;	   /* id of the process's cgroup (v2) */
	__u32 inode;	   /* inode of the socket file, as in /proc/PID/fd */
	__u16 family;	   /* AF_INET, AF_INET6, AF_UNIX */
	__u16 local_port;  /* host order */
	__u16 remote_port; /* host order */
	__u8 role;	   /* enum endpoint_role */
	__u8 padding;
	__u32 netns; /* inode of the network namespace */
	__u8 local_address[16];
	__u8 remote_address[16]; /* AF_UNIX: key of the socket at the other end, in the first 8; 0: not known
				  */
	char comm[COMM_LENGTH];	 /* name of the process (group leader) */
	char path[UNIX_PATH_LENGTH]; /* AF_UNIX: the bound path, '@' for an abstract name */
	__u32 padding2;
};

struct data_record {
	struct record_header header;
	__u64 began_ns; /* CLOCK_MONOTONIC; 0: unknown. EGRESS: at the call's entry; INGRESS: when the first
			 * byte was ready to be read from TCP */
	__u32 position; /* position of the first byte in its direction's stream, modulo 2^32 */
	__u32 length;	/* bytes moved by the call; 0 if only the position is reported */
	__u32 captured; /* bytes that follow this record */
	__u32 offset;	/* offset of the first captured byte from `position` */
	__u32 srtt_us;	/* smoothed round-trip time, TCP only */
	__u32 retransmissions; /* segments retransmitted since the connection was first seen, TCP only */
	__u32 arrived_length;  /* INGRESS: number of bytes, from the first on, to which `began_ns` applies */
	__u32 opposite_taken; /* in the opposite stream. INGRESS: acknowledged when the call returned; EGRESS:
			       * read when it began */
	__u32 opposite_there; /* INGRESS: written when the call returned; EGRESS: received when it began */
	__u32 staged_by;      /* thread whose latest RECORD_STAGED contain the bytes; 0: none */
};

struct end_record {
	struct record_header header;
};

/* The counters of a TCP connection, indexed by direction. They only grow, except the round-trip time. */
struct tally {
	__u64 latest_ns;  /* CLOCK_MONOTONIC of the latest call, or of when it was established */
	__u64 setup_ns;	  /* connect: SYN sent to established; accept: established to accepted; 0: unknown */
	__u64 bytes[2];	  /* bytes moved between program and socket */
	__u64 time_ns[2]; /* time in calls that moved bytes, without the wait for data to arrive */
	__u32 calls[2];	  /* calls that moved bytes, modulo 2^32 */
	__u32 srtt_us;	  /* smoothed round-trip time at the latest call, or the end */
	__u32 retransmissions; /* retransmitted segments */
	__u32 zero_windows;    /* times that the peer closed its window */
	__u32 sndbuf_limited;  /* ticks in which the send buffer was the limit */
	__u32 rwnd_limited;    /* ticks in which the peer's window was the limit */
	__u32 padding;
};

struct close_record {
	struct record_header header; /* call: enum close_kind */
	struct tally tally;	     /* the final values; zero for a unix socket */
};

struct exit_record {
	struct record_header header;
};

struct process_record {
	struct record_header header;
};

/* A TLS session is bound to the connection that carries it. `header.connection` is the id of the session. */
struct stream_record {
	struct record_header header; /* flags: stream_flags */
	__u64 carrier;		     /* id of the connection */
	__u32 version;		     /* as read from the session's memory: 0x0304 is TLS 1.3; not validated */
	__u16 library;		     /* user space's id of the probed file */
	__u16 padding;
};

struct stream_end_record {
	struct record_header header; /* flags: stream_end_flags */
	__u32 position[2];	     /* after the last plaintext byte, by direction, modulo 2^32 */
};

struct owner_record {
	struct record_header header; /* no connection */
	__u64 cgroup;		     /* id of the process's cgroup (v2) */
	__u32 netns;		     /* inode of the network namespace */
	__u16 family;		     /* AF_INET, AF_INET6 */
	__u16 local_port;	     /* host order */
	__u16 remote_port;	     /* host order */
	__u8 is_listening;
	__u8 has_ended; /* it does not listen any more */
	__u8 local_address[16];
	__u8 remote_address[16];
	char comm[COMM_LENGTH]; /* name of the process (group leader) */
	__u32 inode;		/* of the socket file, of one that listens: several may have one address */
};

struct drop_record {
	struct record_header header;
	__u32 reason; /* enum skb_drop_reason of the running kernel */
	__u32 padding;
};

/*
 * User space's verdict on one connection. Written only by user space, read by the kernel side; a slot with
 * the id of another connection is not a verdict.
 */
struct verdict {
	__u64 connection;
	__u32 skip_until[2]; /* ingress, egress: positions before this are not to be copied */
	__u32 skipping;	     /* bit 1 << direction: skip_until is set */
	__u32 ignored;	     /* 1: not HTTP/1.x, or no longer: submit nothing but the close */
};

_Static_assert(sizeof(struct capture_config) == 56, "ABI");
_Static_assert(sizeof(struct record_header) == 24, "ABI");
_Static_assert(sizeof(struct open_record) == 216, "ABI");
_Static_assert(sizeof(struct data_record) == 72, "ABI");
_Static_assert(sizeof(struct tally) == 80, "ABI");
_Static_assert(sizeof(struct close_record) == 104, "ABI");
_Static_assert(sizeof(struct drop_record) == 32, "ABI");
_Static_assert(sizeof(struct owner_record) == 96, "ABI");
_Static_assert(sizeof(struct verdict) == 24, "ABI");
_Static_assert(sizeof(struct stream_record) == 40, "ABI");
_Static_assert(sizeof(struct stream_end_record) == 32, "ABI");
_Static_assert(sizeof(struct tls_layout) == 8, "ABI");

#endif
