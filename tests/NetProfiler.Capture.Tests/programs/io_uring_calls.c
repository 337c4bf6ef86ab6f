/*
 * Plays both ends of HTTP conversations by io_uring alone, without liburing: io_uring_calls SCENARIO [tcp|unix]. Exit code
 * 77: this kernel does not have what the scenario needs.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/io_uring.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <unistd.h>

#define GET	"GET /a HTTP/1.1\r\nHost: example\r\n\r\n"
#define GET_B	"GET /b HTTP/1.1\r\nHost: example\r\n\r\n"
#define POST	"POST /a HTTP/1.1\r\nContent-Length: 20\r\n\r\n0123456789abcdefghij"
#define OK	"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"
#define CREATED "HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n"

#define CHECK(call) check((call), #call, __LINE__)
#define ENTRIES	    64
#define BUFFERS	    8 /* of a group of provided ones; a power of two */
#define BUFFER	    4096
#define UNSUPPORTED 77

struct ring {
	int fd;
	unsigned flags, *sq_head, *sq_tail, *sq_mask, *sq_array, *sq_flags, *cq_head, *cq_tail, *cq_mask, queued;
	struct io_uring_sqe *sqes;
	struct io_uring_cqe *cqes;
};

static struct ring ring;
static int is_unix;

static long check(long result, const char *call, int line)
{
	if (result < 0) {
		fprintf(stderr, "line %d: %s: %s\n", line, call, strerror(errno));
		exit(1);
	}
	return result;
}

static void set_up(unsigned flags)
{
	struct io_uring_params params = {.flags = flags, .sq_thread_idle = 2000};
	size_t size;
	char *rings;

	ring.fd = syscall(SYS_io_uring_setup, ENTRIES, &params);
	if (ring.fd < 0)
		exit(UNSUPPORTED);
	ring.flags = flags;
	size = params.cq_off.cqes + params.cq_entries * sizeof(struct io_uring_cqe);
	if (params.sq_off.array + params.sq_entries * 4 > size)
		size = params.sq_off.array + params.sq_entries * 4;
	rings = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, ring.fd, IORING_OFF_SQ_RING);
	ring.sqes = mmap(NULL, params.sq_entries * sizeof(struct io_uring_sqe), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, ring.fd,
			 IORING_OFF_SQES);
	if (rings == MAP_FAILED || ring.sqes == MAP_FAILED)
		exit(1);
	ring.sq_head = (void *)(rings + params.sq_off.head);
	ring.sq_tail = (void *)(rings + params.sq_off.tail);
	ring.sq_mask = (void *)(rings + params.sq_off.ring_mask);
	ring.sq_array = (void *)(rings + params.sq_off.array);
	ring.sq_flags = (void *)(rings + params.sq_off.flags);
	ring.cq_head = (void *)(rings + params.cq_off.head);
	ring.cq_tail = (void *)(rings + params.cq_off.tail);
	ring.cq_mask = (void *)(rings + params.cq_off.ring_mask);
	ring.cqes = (void *)(rings + params.cq_off.cqes);
}

static struct io_uring_sqe *prepare(int operation, int fd, const void *at, unsigned length)
{
	unsigned slot = (*ring.sq_tail + ring.queued) & *ring.sq_mask;
	struct io_uring_sqe *sqe = &ring.sqes[slot];

	memset(sqe, 0, sizeof(*sqe));
	sqe->opcode = operation;
	sqe->fd = fd;
	sqe->addr = (unsigned long)at;
	sqe->len = length;
	ring.sq_array[slot] = slot;
	ring.queued++;
	return sqe;
}

static void submit(void)
{
	unsigned count = ring.queued, flags = 0;

	__atomic_store_n(ring.sq_tail, *ring.sq_tail + count, __ATOMIC_RELEASE);
	ring.queued = 0;
	if (ring.flags & IORING_SETUP_SQPOLL) {
		__atomic_thread_fence(__ATOMIC_SEQ_CST);
		if (!(__atomic_load_n(ring.sq_flags, __ATOMIC_ACQUIRE) & IORING_SQ_NEED_WAKEUP))
			return;
		flags = IORING_ENTER_SQ_WAKEUP;
	}
	CHECK(syscall(SYS_io_uring_enter, ring.fd, count, 0, flags, NULL, 0));
}

static struct io_uring_cqe reap(void)
{
	struct io_uring_cqe cqe;

	while (*ring.cq_head == __atomic_load_n(ring.cq_tail, __ATOMIC_ACQUIRE))
		CHECK(syscall(SYS_io_uring_enter, ring.fd, 0, 1, IORING_ENTER_GETEVENTS, NULL, 0));
	cqe = ring.cqes[*ring.cq_head & *ring.cq_mask];
	__atomic_store_n(ring.cq_head, *ring.cq_head + 1, __ATOMIC_RELEASE);
	if (cqe.res == -EINVAL || cqe.res == -EOPNOTSUPP)
		exit(UNSUPPORTED);
	return cqe;
}

static int done(void)
{
	struct io_uring_cqe cqe;

	submit();
	cqe = reap();
	errno = cqe.res < 0 ? -cqe.res : 0;
	return CHECK(cqe.res < 0 ? -1 : cqe.res);
}

struct pair {
	int client, server;
};

static struct pair connected(void)
{
	struct sockaddr_storage address = {};
	socklen_t length = sizeof(struct sockaddr_in);
	int fd = CHECK(socket(is_unix ? AF_UNIX : AF_INET, SOCK_STREAM, 0));
	struct pair pair;

	if (is_unix) {
		struct sockaddr_un *path = (void *)&address;

		path->sun_family = AF_UNIX;
		length = sizeof(sa_family_t) + 1 + sprintf(path->sun_path + 1, "io_uring_calls.%d", getpid());
	} else {
		struct sockaddr_in *in = (void *)&address;

		in->sin_family = AF_INET;
		in->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	}
	CHECK(bind(fd, (void *)&address, length));
	CHECK(listen(fd, 16));
	if (!is_unix)
		CHECK(getsockname(fd, (void *)&address, &length));
	pair.client = CHECK(socket(address.ss_family, SOCK_STREAM, 0));
	prepare(IORING_OP_CONNECT, pair.client, &address, 0)->off = length;
	done();
	prepare(IORING_OP_ACCEPT, fd, NULL, 0);
	pair.server = done();
	close(fd);
	return pair;
}

static void say(int fd, const char *text)
{
	prepare(IORING_OP_SEND, fd, text, strlen(text));
	if (done() != (int)strlen(text))
		exit(3);
}

static void hear(int fd, unsigned length)
{
	static char buffer[65536];

	while (length > 0) {
		int moved;

		prepare(IORING_OP_RECV, fd, buffer, length);
		moved = done();
		if (!moved)
			exit(2);
		length -= moved;
	}
}

static void answer(struct pair pair, const char *request, const char *response)
{
	say(pair.client, request);
	hear(pair.server, strlen(request));
	say(pair.server, response);
	hear(pair.client, strlen(response));
}

static void end(struct pair pair)
{
	prepare(IORING_OP_CLOSE, pair.client, NULL, 0);
	done();
	prepare(IORING_OP_CLOSE, pair.server, NULL, 0);
	done();
}

/* What is received is received before it is there, and comes by way of a poll. */
static void waits(void)
{
	struct pair pair = connected();
	char buffer[1000];

	prepare(IORING_OP_RECV, pair.server, buffer, sizeof(buffer));
	submit();
	CHECK(write(pair.client, POST, strlen(POST)));
	if (reap().res != (int)strlen(POST))
		exit(3);
	say(pair.server, OK);
	hear(pair.client, strlen(OK));
	end(pair);
}

static void plain(void)
{
	struct pair pair = connected();

	answer(pair, GET, OK);
	answer(pair, GET_B, CREATED);
	end(pair);
}

/* A peek reads nothing. */
static void peeks(void)
{
	struct pair pair = connected();
	char buffer[1000];

	say(pair.client, POST);
	for (int i = 0; i < 2; i++) {
		prepare(IORING_OP_RECV, pair.server, buffer, sizeof(buffer))->msg_flags = MSG_PEEK;
		done();
	}
	hear(pair.server, strlen(POST));
	say(pair.server, OK);
	hear(pair.client, strlen(OK));
	end(pair);
}

/* read, readv, write, writev, recvmsg, sendmsg */
static void vectors(void)
{
	struct pair pair = connected();
	char request[] = POST, response[] = OK, into[100];
	struct iovec out[2] = {{request, 10}, {request + 10, strlen(POST) - 10}}, in[2] = {{into, 7}, {into + 7, 93}};
	struct msghdr message = {.msg_iov = out, .msg_iovlen = 2};

	prepare(IORING_OP_WRITEV, pair.client, out, 2);
	done();
	prepare(IORING_OP_READV, pair.server, in, 2);
	done();
	out[0] = (struct iovec){response, 10};
	out[1] = (struct iovec){response + 10, strlen(OK) - 10};
	prepare(IORING_OP_SENDMSG, pair.server, &message, 1);
	done();
	message.msg_iov = in;
	prepare(IORING_OP_RECVMSG, pair.client, &message, 1);
	done();
	prepare(IORING_OP_WRITE, pair.client, GET_B, strlen(GET_B));
	done();
	prepare(IORING_OP_READ, pair.server, into, sizeof(into));
	done();
	say(pair.server, CREATED);
	hear(pair.client, strlen(CREATED));
	end(pair);
}

static char *provide(void)
{
	struct io_uring_buf_ring *buffers = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_ANONYMOUS | MAP_PRIVATE, -1, 0);
	struct io_uring_buf_reg group = {.ring_addr = (unsigned long)buffers, .ring_entries = BUFFERS, .bgid = 1};
	char *memory = malloc(BUFFERS * BUFFER);

	if (syscall(SYS_io_uring_register, ring.fd, IORING_REGISTER_PBUF_RING, &group, 1))
		exit(UNSUPPORTED);
	for (int i = 0; i < BUFFERS; i++) {
		buffers->bufs[i].addr = (unsigned long)(memory + i * BUFFER);
		buffers->bufs[i].len = BUFFER;
		buffers->bufs[i].bid = i;
	}
	__atomic_store_n(&buffers->tail, BUFFERS, __ATOMIC_RELEASE);
	return memory;
}

/* One request for many receives, into buffers that the kernel takes from a group. */
static void multishot(void)
{
	struct pair pair = connected();
	struct io_uring_sqe *sqe;

	provide();
	sqe = prepare(IORING_OP_RECV, pair.server, NULL, 0);
	sqe->ioprio = IORING_RECV_MULTISHOT;
	sqe->flags = IOSQE_BUFFER_SELECT;
	sqe->buf_group = 1;
	submit();
	for (int i = 0; i < 3; i++) {
		const char *request = i ? GET_B : POST, *response = i ? CREATED : OK;

		CHECK(write(pair.client, request, 12));
		if (reap().res != 12)
			exit(3);
		CHECK(write(pair.client, request + 12, strlen(request) - 12));
		if (reap().res != (int)strlen(request) - 12)
			exit(3);
		CHECK(write(pair.server, response, strlen(response)));
		for (size_t heard = 0; heard < strlen(response);) {
			char buffer[100];

			heard += CHECK(read(pair.client, buffer, sizeof(buffer)));
		}
	}
	close(pair.client);
	close(pair.server);
}

/* Sends from memory that is registered, without a copy and with one. */
static void registered(void)
{
	struct pair pair = connected();
	char *memory = mmap(NULL, 2 * BUFFER, PROT_READ | PROT_WRITE, MAP_ANONYMOUS | MAP_PRIVATE, -1, 0);
	struct iovec region = {memory, 2 * BUFFER};

	if (syscall(SYS_io_uring_register, ring.fd, IORING_REGISTER_BUFFERS, &region, 1))
		exit(UNSUPPORTED);
	strcpy(memory + 100, GET);
	prepare(IORING_OP_WRITE_FIXED, pair.client, memory + 100, strlen(GET))->buf_index = 0;
	done();
	prepare(IORING_OP_READ_FIXED, pair.server, memory + BUFFER, BUFFER)->buf_index = 0;
	if (done() != (int)strlen(GET))
		exit(3);
	strcpy(memory + 200, OK);
	prepare(IORING_OP_WRITE_FIXED, pair.server, memory + 200, strlen(OK))->buf_index = 0;
	done();
	hear(pair.client, strlen(OK));
	answer(pair, GET_B, CREATED);
	end(pair);
}

static void send_zero_copy(int fd, const char *text)
{
	struct io_uring_cqe cqe;

	prepare(IORING_OP_SEND_ZC, fd, text, strlen(text));
	submit();
	cqe = reap();
	if (cqe.res != (int)strlen(text))
		exit(3);
	if (cqe.flags & IORING_CQE_F_MORE)
		reap();
}

static void zero_copy(void)
{
	struct pair pair = connected();

	send_zero_copy(pair.client, POST);
	hear(pair.server, strlen(POST));
	send_zero_copy(pair.server, OK);
	hear(pair.client, strlen(OK));
	answer(pair, GET_B, CREATED);
	end(pair);
}

/* A request and its answer as one chain, each link after the one before. */
static void linked(void)
{
	struct pair pair = connected();
	char buffer[1000];

	for (int i = 0; i < 2; i++) {
		const char *request = i ? GET_B : GET, *response = i ? CREATED : OK;

		prepare(IORING_OP_SEND, pair.client, request, strlen(request))->flags = IOSQE_IO_LINK;
		prepare(IORING_OP_RECV, pair.server, buffer, strlen(request))->flags = IOSQE_IO_LINK;
		prepare(IORING_OP_SEND, pair.server, response, strlen(response))->flags = IOSQE_IO_LINK;
		prepare(IORING_OP_RECV, pair.client, buffer, strlen(response));
		submit();
		for (int link = 0; link < 4; link++) {
			if (reap().res <= 0)
				exit(3);
		}
	}
	end(pair);
}

/* By threads that io_uring keeps for what would block. */
static void workers(void)
{
	struct pair pair = connected();
	char buffer[1000];

	for (int i = 0; i < 2; i++) {
		const char *request = i ? GET_B : POST, *response = i ? CREATED : OK;

		prepare(IORING_OP_SEND, pair.client, request, strlen(request))->flags = IOSQE_ASYNC;
		done();
		prepare(IORING_OP_RECV, pair.server, buffer, strlen(request))->flags = IOSQE_ASYNC;
		done();
		prepare(IORING_OP_SEND, pair.server, response, strlen(response))->flags = IOSQE_ASYNC;
		done();
		prepare(IORING_OP_RECV, pair.client, buffer, strlen(response))->flags = IOSQE_ASYNC;
		done();
	}
	end(pair);
}

/* What was waited for comes while the thread is in another call, whose registers say something else. */
static void within_other_calls(void)
{
	struct pair pair = connected();
	char buffer[1000];

	for (int i = 0; i < 200; i++) {
		memset(buffer, 'x', sizeof(buffer));
		prepare(IORING_OP_RECV, pair.server, buffer, sizeof(buffer));
		submit();
		CHECK(write(pair.client, GET, strlen(GET)));
		if (reap().res != (int)strlen(GET))
			exit(3);
		CHECK(write(pair.server, OK, strlen(OK)));
		for (size_t heard = 0; heard < strlen(OK);)
			heard += CHECK(read(pair.client, buffer, sizeof(buffer)));
	}
	end(pair);
}

/* An answer of many packets, in receives of many pieces. */
static void large(void)
{
	enum { BODY = 900000 };
	struct pair pair = connected();
	char *response = malloc(BODY + 100), *into = malloc(BODY + 100);
	int length = sprintf(response, "HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n", BODY), sent = 0, got = 0;

	memset(response + length, 'x', BODY);
	length += BODY;
	say(pair.client, GET);
	hear(pair.server, strlen(GET));
	fcntl(pair.server, F_SETFL, O_NONBLOCK);
	while (got < length) {
		if (sent < length) {
			prepare(IORING_OP_SEND, pair.server, response + sent, length - sent)->msg_flags = MSG_DONTWAIT;
			submit();
			int moved = reap().res;

			sent += moved > 0 ? moved : 0;
		}
		prepare(IORING_OP_RECV, pair.client, into, length - got);
		got += done();
	}
	answer(pair, GET_B, CREATED);
	end(pair);
}

static const struct {
	const char *name;
	void (*play)(void);
	unsigned flags;
} scenarios[] = {
	{"plain", plain, 0},
	{"plain_sqpoll", plain, IORING_SETUP_SQPOLL},
	{"plain_deferred", plain, IORING_SETUP_DEFER_TASKRUN | IORING_SETUP_SINGLE_ISSUER},
	{"waits", waits, 0},
	{"peeks", peeks, 0},
	{"vectors", vectors, 0},
	{"multishot", multishot, 0},
	{"registered", registered, 0},
	{"zero_copy", zero_copy, 0},
	{"linked", linked, 0},
	{"linked_sqpoll", linked, IORING_SETUP_SQPOLL},
	{"workers", workers, 0},
	{"within_other_calls", within_other_calls, 0},
	{"large", large, 0},
};

int main(int argc, char **argv)
{
	if (argc < 2)
		return 64;
	is_unix = argc > 2 && !strcmp(argv[2], "unix");
	alarm(30);
	for (size_t i = 0; i < sizeof(scenarios) / sizeof(scenarios[0]); i++) {
		if (!strcmp(argv[1], scenarios[i].name)) {
			set_up(scenarios[i].flags);
			scenarios[i].play();
			return 0;
		}
	}
	return 64;
}
