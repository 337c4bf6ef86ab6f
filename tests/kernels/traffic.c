// SPDX-License-Identifier: Apache-2.0
/*
 * A server and a client of known truth, and a clock of the machine's pace, in one static program: the name it
 * is called by says which it is.
 *
 *   truth-server          listens on 127.0.0.1:8080, [::1]:8080 and /tmp/truth.sock; ends by a signal
 *   truth-client COUNT PAUSE  makes COUNT requests of every kind, over 4 threads that rest PAUSE milliseconds
 *                         before each connection
 *   truth-pace            prints the milliseconds that a fixed piece of work takes: look-ups and branches, as
 * the kernel's verifier does; with it, times on an emulated machine become comparable
 *
 * Server and client print a line for every exchange: role, method, target, status, bytes of the request and
 * of its body, bytes of the response and of its body. They are counted where they pass through read and
 * write, on each side for itself, and with nothing of what is under test.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum {
	PORT = 8080,
	THREADS = 4,
	MAX_HEAD = 4096,
	MAX_BODY = 300000,
	CHUNK = 7000,
	PIPELINE = 10,
};

static const char SOCKET_PATH[] = "/tmp/truth.sock";
static const int sizes[] = {0, 1, 100, 4096, 20000, 70000, MAX_BODY};
static char filler[MAX_BODY];
static int filler_file;

static void die(const char *what)
{
	fprintf(stderr, "%s: %s\n", what, strerror(errno));
	exit(1);
}

/* One side of a connection. The way of its calls changes with every call. */
struct peer {
	int fd;
	unsigned calls;
	size_t start, end;
	char bytes[65536];
};

struct message {
	char head[MAX_HEAD];
	long head_bytes, wire_bytes, body_bytes;
};

/* Reads more; false at the end of the stream. */
static bool receive(struct peer *peer)
{
	char *into = peer->bytes;
	size_t room = sizeof(peer->bytes);
	struct iovec parts[2] = {{into, 1000}, {into + 1000, room - 1000}};
	struct msghdr header = {.msg_iov = parts, .msg_iovlen = 2};
	ssize_t got;

	switch (peer->calls++ % 5) {
	case 0:
		got = read(peer->fd, into, room);
		break;
	case 1:
		got = recv(peer->fd, into, room, 0);
		break;
	case 2:
		got = readv(peer->fd, parts, 2);
		break;
	case 3:
		got = recvmsg(peer->fd, &header, 0);
		break;
	default:
		got = read(peer->fd, into, 37); /* heads and chunk sizes come in pieces */
	}
	if (got < 0)
		die("receive");
	peer->start = 0;
	peer->end = got;
	return got > 0;
}

static int next_byte(struct peer *peer, struct message *message)
{
	if (peer->start == peer->end && !receive(peer))
		return -1;
	message->wire_bytes++;
	return (unsigned char)peer->bytes[peer->start++];
}

static void pass(struct peer *peer, struct message *message, long count)
{
	while (count > 0) {
		long here = peer->end - peer->start;

		if (!here) {
			if (!receive(peer))
				die("a body that ends early");
			continue;
		}
		if (here > count)
			here = count;
		peer->start += here;
		message->wire_bytes += here;
		count -= here;
	}
}

static void read_line(struct peer *peer, struct message *message, char *line, size_t size)
{
	size_t length = 0;
	int c;

	while ((c = next_byte(peer, message)) >= 0 && c != '\n')
		if (length < size - 1)
			line[length++] = c;
	line[length] = 0;
}

static void read_chunks(struct peer *peer, struct message *message)
{
	char line[64];
	long size;

	do {
		read_line(peer, message, line, sizeof(line));
		size = strtol(line, 0, 16);
		pass(peer, message, size);
		message->body_bytes += size;
		read_line(peer, message, line, sizeof(line));
	} while (size);
}

static bool read_head(struct peer *peer, struct message *message)
{
	memset(message, 0, sizeof(*message));
	while (message->head_bytes < MAX_HEAD - 1) {
		int c = next_byte(peer, message);

		if (c < 0)
			return false;
		message->head[message->head_bytes++] = c;
		if (message->head_bytes >= 4 &&
		    !memcmp(message->head + message->head_bytes - 4, "\r\n\r\n", 4))
			return true;
	}
	errno = EMSGSIZE;
	die("a head that is too long");
	return false;
}

static void read_body(struct peer *peer, struct message *message, bool until_close)
{
	const char *length = strstr(message->head, "Content-Length: ");

	if (strstr(message->head, "Transfer-Encoding: chunked")) {
		read_chunks(peer, message);
	} else if (length) {
		message->body_bytes = atol(length + strlen("Content-Length: "));
		pass(peer, message, message->body_bytes);
	} else if (until_close) {
		while (next_byte(peer, message) >= 0)
			message->body_bytes++;
	}
}

/* Writes two pieces in one of many ways; returns the bytes. */
static long transmit(struct peer *peer, const char *first, size_t first_bytes, const char *second,
		     size_t second_bytes)
{
	size_t total = first_bytes + second_bytes, done = 0;

	while (done < total) {
		struct iovec parts[2];
		int count = 0;
		ssize_t put;

		if (done < first_bytes)
			parts[count++] = (struct iovec){(char *)first + done, first_bytes - done};
		if (second_bytes) {
			size_t from = done > first_bytes ? done - first_bytes : 0;

			parts[count++] = (struct iovec){(char *)second + from, second_bytes - from};
		}
		switch (peer->calls++ % 5) {
		case 0:
			put = write(peer->fd, parts[0].iov_base, parts[0].iov_len);
			break;
		case 1:
			put = writev(peer->fd, parts, count);
			break;
		case 2:
			put = sendmsg(peer->fd, &(struct msghdr){.msg_iov = parts, .msg_iovlen = count},
				      MSG_NOSIGNAL);
			break;
		case 3:
			put = send(peer->fd, parts[0].iov_base, parts[0].iov_len, MSG_NOSIGNAL);
			break;
		default: {
			struct mmsghdr message = {.msg_hdr = {.msg_iov = parts, .msg_iovlen = count}};

			if (sendmmsg(peer->fd, &message, 1, MSG_NOSIGNAL) != 1)
				die("sendmmsg");
			put = message.msg_len;
		}
		}
		if (put < 0)
			die("transmit");
		done += put;
	}
	return total;
}

static long transmit_file(struct peer *peer, size_t bytes)
{
	off_t offset = 0;

	while (offset < (off_t)bytes)
		if (sendfile(peer->fd, filler_file, &offset, bytes - offset) < 0)
			die("sendfile");
	return bytes;
}

static long transmit_chunks(struct peer *peer, const char *head, long body)
{
	long total = transmit(peer, head, strlen(head), 0, 0);

	for (long done = 0; done < body; done += CHUNK) {
		long size = body - done < CHUNK ? body - done : CHUNK;
		char line[CHUNK + 32];
		int start = sprintf(line, "%lx\r\n", size);

		memcpy(line + start, filler, size);
		memcpy(line + start + size, "\r\n", 2);
		total += transmit(peer, line, start + size + 2, 0, 0);
	}
	return total + transmit(peer, "0\r\n\r\n", 5, 0, 0);
}

static void tell(const char *role, const char *method, const char *target, int status, long request,
		 long request_body, long response, long response_body)
{
	printf("%s %s %s %d %ld %ld %ld %ld\n", role, method, target, status, request, request_body, response,
	       response_body);
}

/* The server: a target is /NUMBER/KIND/SIZE. */

static void *serve(void *argument)
{
	struct peer *peer = argument;
	struct message request;
	bool goes_on = true;

	while (goes_on && read_head(peer, &request)) {
		char method[16], target[64], kind[16] = "", head[256], closing[] = "Connection: close\r\n";
		long size = 0, response = 0, body = 0;
		int status = 200;

		read_body(peer, &request, false);
		sscanf(request.head, "%15s %63s", method, target);
		sscanf(target, "/%*[0-9]/%15[a-z0-9]/%ld", kind, &size);
		goes_on = !strstr(request.head, "Connection: close") && !strstr(request.head, "HTTP/1.0");
		if (goes_on)
			closing[0] = 0;
		if (kind[0] >= '1' && kind[0] <= '9') {
			status = atoi(kind);
			if (status == 204 || status == 304)
				size = -1;
		}
		if (!strcmp(kind, "chunked")) {
			snprintf(head, sizeof(head),
				 "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n%s\r\n", closing);
			if (strcmp(method, "HEAD")) {
				response = transmit_chunks(peer, head, size);
				body = size;
			} else {
				response = transmit(peer, head, strlen(head), 0, 0);
			}
		} else {
			char length[64] = "";

			if (size >= 0 && strcmp(kind, "unbounded"))
				snprintf(length, sizeof(length), "Content-Length: %ld\r\n", size);
			snprintf(head, sizeof(head), "HTTP/1.1 %d Said\r\nServer: truth\r\n%s%s\r\n", status,
				 length, closing);
			body = size < 0 || !strcmp(method, "HEAD") ? 0 : size;
			if (!strcmp(kind, "file") && body) {
				response = transmit(peer, head, strlen(head), 0, 0);
				response += transmit_file(peer, body);
			} else {
				response = transmit(peer, head, strlen(head), filler, body);
			}
		}
		tell("server", method, target, status, request.wire_bytes, request.body_bytes, response,
		     body);
	}
	close(peer->fd);
	free(peer);
	return 0;
}

static int reach(int family, bool listens)
{
	struct sockaddr_in v4 = {
		.sin_family = AF_INET, .sin_port = htons(PORT), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	struct sockaddr_in6 v6 = {
		.sin6_family = AF_INET6, .sin6_port = htons(PORT), .sin6_addr = in6addr_loopback};
	struct sockaddr_un local = {.sun_family = AF_UNIX};
	struct sockaddr *address = family == AF_INET	? (void *)&v4
				   : family == AF_INET6 ? (void *)&v6
							: (void *)&local;
	socklen_t length = family == AF_INET ? sizeof(v4) : family == AF_INET6 ? sizeof(v6) : sizeof(local);
	int fd = socket(family, SOCK_STREAM, 0);

	strcpy(local.sun_path, SOCKET_PATH);
	if (fd < 0)
		die("socket");
	if (listens) {
		unlink(family == AF_UNIX ? SOCKET_PATH : "");
		if (family == AF_INET6)
			setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &(int){1}, sizeof(int));
		setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &(int){1}, sizeof(int));
		if (bind(fd, address, length) || listen(fd, 128))
			die("listen");
	} else if (connect(fd, address, length)) {
		die("connect");
	}
	return fd;
}

static struct peer *peer_of(int fd, unsigned calls)
{
	struct peer *peer = calloc(1, sizeof(*peer));

	peer->fd = fd;
	peer->calls = calls;
	return peer;
}

static void *listen_on(void *argument)
{
	int listener = *(int *)argument;

	for (unsigned count = 0;; count++) {
		int fd = count % 2 ? accept(listener, 0, 0) : accept4(listener, 0, 0, SOCK_CLOEXEC);
		pthread_t thread;

		if (fd < 0)
			die("accept");
		pthread_create(&thread, 0, serve, peer_of(fd, count));
		pthread_detach(thread);
	}
}

static int run_server(void)
{
	int listeners[] = {reach(AF_INET, true), reach(AF_INET6, true), reach(AF_UNIX, true)};
	pthread_t threads[3];
	FILE *ready = fopen("/tmp/truth.ready", "w");

	for (int i = 0; i < 3; i++)
		pthread_create(&threads[i], 0, listen_on, &listeners[i]);
	fclose(ready);
	pthread_join(threads[0], 0);
	return 0;
}

/* The client. */

struct request {
	char method[8], target[64];
	long sent, sent_body;
	bool until_close;
};

static const char *const kinds[] = {"sized", "chunked", "file", "304", "404", "500", "204", "sized"};

/* Writes the head of request number n, small enough for a pipeline where that is asked. */
static int compose(struct request *request, int n, bool small, bool last, bool old, char *head, long *body,
		   bool *chunked)
{
	static const char *const methods[] = {"GET", "POST", "HEAD",   "GET", "POST",
					      "PUT", "GET",  "DELETE", "POST"};
	const char *kind = old ? "unbounded" : kinds[n % 8];
	long answer = sizes[small ? n % 3 : n / 3 % 7];
	char framing[64] = "";

	strcpy(request->method, old ? "GET" : methods[n % 9]);
	*body = request->method[0] == 'P' ? sizes[small ? n % 3 : n / 5 % 7] : -1;
	*chunked = *body >= 0 && n % 4 == 1;
	if (*chunked)
		strcpy(framing, "Transfer-Encoding: chunked\r\n");
	else if (*body >= 0)
		sprintf(framing, "Content-Length: %ld\r\n", *body);
	sprintf(request->target, "/%d/%s/%ld", n, kind, answer);
	request->until_close = old;
	request->sent_body = *body < 0 ? 0 : *body;
	return sprintf(head, "%s %s HTTP/1.%d\r\nHost: truth\r\n%s%s\r\n", request->method, request->target,
		       !old, framing, last && !old ? "Connection: close\r\n" : "");
}

static void hear(struct peer *peer, struct request *request)
{
	struct message response;

	if (!read_head(peer, &response))
		die("no response");
	int status = atoi(response.head + strlen("HTTP/1.1 "));

	if (strcmp(request->method, "HEAD") && status != 204 && status != 304)
		read_body(peer, &response, request->until_close);
	tell("client", request->method, request->target, status, request->sent, request->sent_body,
	     response.wire_bytes, response.body_bytes);
}

static void take_turns(struct peer *peer, int n, int count, bool closes, bool old)
{
	for (int i = 0; i < count; i++) {
		struct request request = {};
		char head[256];
		long body;
		bool chunked;
		int length =
			compose(&request, n + i, false, closes && i == count - 1, old, head, &body, &chunked);

		request.sent = chunked	  ? transmit_chunks(peer, head, body)
			       : body > 0 ? transmit(peer, head, length, filler, body)
					  : transmit(peer, head, length, 0, 0);
		hear(peer, &request);
	}
}

/* All requests in one call, then all responses. */
static void pipeline(struct peer *peer, int n, int count)
{
	struct request requests[PIPELINE] = {};
	char all[PIPELINE * 512];
	int length = 0;

	for (int i = 0; i < count; i++) {
		long body;
		bool chunked;
		int start = length;

		length += compose(&requests[i], n + i, true, false, false, all + length, &body, &chunked);
		if (chunked && body > 0)
			length += sprintf(all + length, "%lx\r\n%.*s\r\n", body, (int)body, filler);
		if (chunked)
			length += sprintf(all + length, "0\r\n\r\n");
		else if (body > 0)
			length += sprintf(all + length, "%.*s", (int)body, filler);
		requests[i].sent = length - start;
	}
	transmit(peer, all, length, 0, 0);
	for (int i = 0; i < count; i++)
		hear(peer, &requests[i]);
}

static int total, pause_milliseconds;

static void *visit(void *argument)
{
	static const int families[] = {AF_INET, AF_INET6, AF_UNIX};
	static const int lengths[] = {10, 1, PIPELINE, 1, 5};
	int thread = *(int *)argument, n = 0;

	for (int session = 0; n < total; session++) {
		int style = session % 5, count = lengths[style];
		struct peer *peer;

		if (count > total - n)
			count = total - n;
		if (session % THREADS == thread) {
			usleep(pause_milliseconds * 1000);
			peer = peer_of(reach(families[session / 5 % 3], false), session);
			if (style == 2)
				pipeline(peer, n, count);
			else
				take_turns(peer, n, count, style == 1 || style == 4, style == 3);
			close(peer->fd);
			free(peer);
		}
		n += count;
	}
	return 0;
}

static int run_client(int count, int pause)
{
	pthread_t threads[THREADS];
	int numbers[THREADS];

	total = count;
	pause_milliseconds = pause;
	for (int i = 0; i < THREADS; i++) {
		numbers[i] = i;
		pthread_create(&threads[i], 0, visit, &numbers[i]);
	}
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], 0);
	return 0;
}

static int run_pace(void)
{
	static unsigned table[1 << 16];
	struct timespec start, end;
	unsigned at = 1;

	clock_gettime(CLOCK_MONOTONIC, &start);
	for (int i = 0; i < 10000000; i++) {
		at = at * 1103515245u + 12345u;
		if (at & 0x10000)
			table[at >> 16]++;
		else
			at ^= table[at >> 16];
	}
	for (int i = 0; i < 200; i++) {
		pid_t child = fork();

		if (!child)
			_exit(0);
		waitpid(child, 0, 0);
	}
	clock_gettime(CLOCK_MONOTONIC, &end);
	fprintf(stderr, "%u\n", at); /* used, so that it is not left out */
	printf("%ld\n", (end.tv_sec - start.tv_sec) * 1000 + (end.tv_nsec - start.tv_nsec) / 1000000);
	return 0;
}

int main(int count, char **arguments)
{
	const char *name = strrchr(arguments[0], '/') ? strrchr(arguments[0], '/') + 1 : arguments[0];

	if (!strcmp(name, "truth-pace"))
		return run_pace();
	setvbuf(stdout, 0, _IOLBF, 0);
	memset(filler, 'x', sizeof(filler));
	filler_file = open("/tmp/truth.file", O_RDWR | O_CREAT | O_CLOEXEC, 0644);
	if (filler_file < 0 || pwrite(filler_file, filler, sizeof(filler), 0) != sizeof(filler))
		die("/tmp/truth.file");
	if (!strcmp(name, "truth-server"))
		return run_server();
	if (!strcmp(name, "truth-client") && count == 3)
		return run_client(atoi(arguments[1]), atoi(arguments[2]));
	fprintf(stderr, "traffic: call it truth-server, truth-client COUNT PAUSE or truth-pace\n");
	return 2;
}
