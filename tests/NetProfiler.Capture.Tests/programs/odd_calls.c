/* Plays both ends of HTTP conversations with calls as odd as programs make them: odd_calls SCENARIO [tcp|unix|mptcp] [COUNT]. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define GET	 "GET /a HTTP/1.1\r\nHost: example\r\n\r\n"
#define GET_B	 "GET /b HTTP/1.1\r\nHost: example\r\n\r\n"
#define POST	 "POST /a HTTP/1.1\r\nContent-Length: 20\r\n\r\n0123456789abcdefghij"
#define OK	 "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"
#define CREATED	 "HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n"
#define OK_LONG	 "HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n"
#define OK_CLOSE "HTTP/1.1 200 OK\r\n\r\nuntil the end"

#define CHECK(call) check((call), #call, __LINE__)

struct pair {
	int client, server;
};

static int is_unix, protocol, count = 1;

static long check(long result, const char *call, int line)
{
	if (result < 0) {
		fprintf(stderr, "line %d: %s: %s\n", line, call, strerror(errno));
		exit(1);
	}
	return result;
}

static int listener(struct sockaddr_storage *address, socklen_t *length)
{
	int fd = CHECK(socket(is_unix ? AF_UNIX : AF_INET, SOCK_STREAM, protocol));

	memset(address, 0, sizeof(*address));
	if (is_unix) {
		struct sockaddr_un *path = (void *)address;

		path->sun_family = AF_UNIX;
		*length = sizeof(sa_family_t) + 1 + sprintf(path->sun_path + 1, "odd_calls.%d.%d", getpid(), fd);
	} else {
		struct sockaddr_in *in = (void *)address;

		in->sin_family = AF_INET;
		in->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
		*length = sizeof(*in);
	}
	CHECK(bind(fd, (void *)address, *length));
	CHECK(listen(fd, 128));
	if (!is_unix)
		CHECK(getsockname(fd, (void *)address, length));
	return fd;
}

static struct pair connected(void)
{
	struct sockaddr_storage address;
	socklen_t length;
	int fd = listener(&address, &length);
	struct pair pair;

	pair.client = CHECK(socket(address.ss_family, SOCK_STREAM, protocol));
	CHECK(connect(pair.client, (void *)&address, length));
	pair.server = CHECK(accept(fd, NULL, NULL));
	close(fd);
	return pair;
}

static void say(int fd, const char *text)
{
	size_t length = strlen(text);

	while (length > 0) {
		long moved = CHECK(write(fd, text, length));

		text += moved;
		length -= moved;
	}
}

static void hear(int fd, size_t length)
{
	static char buffer[65536];

	while (length > 0) {
		long moved = CHECK(read(fd, buffer, length < sizeof(buffer) ? length : sizeof(buffer)));

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

static void until_end(int fd)
{
	char buffer[1000];

	while (CHECK(read(fd, buffer, sizeof(buffer))) > 0)
		;
}

static void end(struct pair pair)
{
	close(pair.client);
	close(pair.server);
}

static int segments(struct iovec *iov, char *text, int wanted)
{
	int length = strlen(text), made = 0;

	for (int from = 0; made < wanted; made++) {
		int until = (long)length * (made + 1) / wanted;

		iov[made] = (struct iovec){text + from, until - from};
		from = until;
	}
	return made;
}

static void plain(void)
{
	struct pair pair = connected();

	for (int i = 0; i < count; i++)
		answer(pair, GET, OK);
	end(pair);
}

static void parts(void)
{
	struct pair pair = connected();

	say(pair.client, "POST /a HTTP/1.1\r\nContent-");
	hear(pair.server, 10);
	say(pair.client, "Length: 20\r\n\r\n01234");
	say(pair.client, "56789abcdefghij");
	hear(pair.server, strlen(POST) - 10);
	say(pair.server, OK);
	hear(pair.client, strlen(OK));
	end(pair);
}

static void bytes(void)
{
	struct pair pair = connected();

	for (const char *c = POST; *c; c++) {
		CHECK(write(pair.client, c, 1));
		hear(pair.server, 1);
	}
	say(pair.server, OK);
	for (const char *c = OK; *c; c++)
		hear(pair.client, 1);
	end(pair);
}

/* A large response into a small send buffer: the writes come back short. */
static void partial_writes(void)
{
	struct pair pair = connected();
	int small = 4096, written = 0, read_ = 0, total = strlen(OK_LONG) + 100000;
	char *response = malloc(total + 1), buffer[3000];

	setsockopt(pair.server, SOL_SOCKET, SO_SNDBUF, &small, sizeof(small));
	fcntl(pair.server, F_SETFL, O_NONBLOCK);
	fcntl(pair.client, F_SETFL, O_NONBLOCK);
	memset(response, 'x', total);
	memcpy(response, OK_LONG, strlen(OK_LONG));
	say(pair.client, GET);
	hear(pair.server, strlen(GET));
	while (read_ < total) {
		long moved = written < total ? write(pair.server, response + written, total - written) : 0;

		if (moved > 0)
			written += moved;
		moved = read(pair.client, buffer, sizeof(buffer));
		if (moved > 0)
			read_ += moved;
	}
	answer(pair, GET_B, CREATED);
	end(pair);
}

static void vectors(void)
{
	struct pair pair = connected();
	char request[] = POST, response[] = OK, into[sizeof(request)];
	struct iovec iov[256];

	segments(iov, request, 20);
	CHECK(writev(pair.client, iov, 20));
	memset(into, ' ', sizeof(into) - 1);
	into[sizeof(into) - 1] = 0;
	segments(iov, into, 20);
	CHECK(readv(pair.server, iov, 20));
	segments(iov, response, 20);
	CHECK(writev(pair.server, iov, 20));
	into[strlen(OK)] = 0;
	segments(iov, into, 20);
	CHECK(readv(pair.client, iov, 20));
	end(pair);
}

/* As many segments as the kernel takes of one call; every byte of the heads is one of its own. */
static void many_vectors(void)
{
	struct pair pair = connected();
	char request[1100], response[1100];
	struct iovec iov[1024];
	int length = sprintf(request, "GET /a HTTP/1.1\r\nX: %0990d\r\n\r\n", 1);

	segments(iov, request, 1024);
	if (CHECK(writev(pair.client, iov, 1024)) != length)
		exit(3);
	hear(pair.server, length);
	length = sprintf(response, "HTTP/1.1 200 OK\r\nX: %0980d\r\nContent-Length: 5\r\n\r\nhello", 1);
	segments(iov, response, 1024);
	if (CHECK(writev(pair.server, iov, 1024)) != length)
		exit(3);
	memset(response, ' ', length);
	segments(iov, response, 1024);
	for (int heard = 0; heard < length;)
		heard += CHECK(readv(pair.client, iov, 1024));
	answer(pair, GET_B, CREATED);
	end(pair);
}

static void messages(void)
{
	struct pair pair = connected();
	char request[] = POST, response[] = OK, into[sizeof(request)];
	struct iovec iov[3];
	struct msghdr message = {.msg_iov = iov, .msg_iovlen = 3};

	segments(iov, request, 3);
	CHECK(sendmsg(pair.client, &message, 0));
	iov[0] = (struct iovec){into, 7};
	iov[1] = (struct iovec){into + 7, 0};
	iov[2] = (struct iovec){into + 7, sizeof(into) - 7};
	CHECK(recvmsg(pair.server, &message, 0));
	segments(iov, response, 3);
	CHECK(sendmsg(pair.server, &message, MSG_NOSIGNAL));
	iov[0] = (struct iovec){into, sizeof(into)};
	message.msg_iovlen = 1;
	CHECK(recvmsg(pair.client, &message, 0));
	end(pair);
}

static void many_messages(int wanted)
{
	struct pair pair = connected();
	char request[] = POST, into[sizeof(request)];
	struct iovec iov[32];
	struct mmsghdr vector[32] = {};

	segments(iov, request, wanted);
	for (int i = 0; i < wanted; i++) {
		vector[i].msg_hdr.msg_iov = &iov[i];
		vector[i].msg_hdr.msg_iovlen = 1;
	}
	if (CHECK(sendmmsg(pair.client, vector, wanted, 0)) != wanted)
		exit(3);
	memset(into, ' ', strlen(POST));
	into[strlen(POST)] = 0;
	segments(iov, into, wanted);
	if (CHECK(recvmmsg(pair.server, vector, wanted, MSG_WAITALL, NULL)) != wanted)
		exit(3);
	say(pair.server, OK);
	hear(pair.client, strlen(OK));
	answer(pair, GET_B, CREATED);
	end(pair);
}

static void messages_3(void)
{
	many_messages(3);
}

static void messages_20(void)
{
	many_messages(20);
}

static void peeks(void)
{
	struct pair pair = connected();
	char buffer[100];
	struct iovec iov = {buffer, sizeof(buffer)};
	struct msghdr message = {.msg_iov = &iov, .msg_iovlen = 1};

	say(pair.client, POST);
	for (size_t heard = 0; heard < strlen(POST); heard += 10) {
		CHECK(recv(pair.server, buffer, sizeof(buffer), MSG_PEEK));
		CHECK(recvmsg(pair.server, &message, MSG_PEEK));
		hear(pair.server, heard + 10 < strlen(POST) ? 10 : strlen(POST) - heard);
	}
	say(pair.server, OK);
	CHECK(recv(pair.client, buffer, sizeof(buffer), MSG_PEEK | MSG_TRUNC));
	hear(pair.client, strlen(OK));
	end(pair);
}

/* A client that has no use for the body. */
static void discards(void)
{
	struct pair pair = connected();

	say(pair.client, GET);
	hear(pair.server, strlen(GET));
	say(pair.server, OK);
	hear(pair.client, strlen(OK) - 5);
	CHECK(recv(pair.client, NULL, 5, MSG_TRUNC));
	answer(pair, GET_B, CREATED);
	end(pair);
}

static void dups(void)
{
	struct pair pair = connected();
	int first = pair.server;

	answer(pair, GET, OK);
	pair.server = CHECK(dup(first));
	close(first);
	answer(pair, GET_B, CREATED);
	end(pair);
}

static void nonblocking(void)
{
	struct pair pair = connected();
	char buffer[100];

	fcntl(pair.server, F_SETFL, O_NONBLOCK);
	fcntl(pair.client, F_SETFL, O_NONBLOCK);
	if (read(pair.server, buffer, sizeof(buffer)) >= 0 || recv(pair.client, buffer, sizeof(buffer), 0) >= 0)
		exit(3);
	answer(pair, GET, OK);
	if (read(pair.server, buffer, sizeof(buffer)) >= 0)
		exit(3);
	end(pair);
}

static int file_of(int length)
{
	int fd = CHECK(open("/tmp", O_TMPFILE | O_RDWR, 0600));
	char *bytes = malloc(length);

	memset(bytes, 'x', length);
	CHECK(write(fd, bytes, length));
	CHECK(lseek(fd, 0, SEEK_SET));
	free(bytes);
	return fd;
}

static void sends_file(void)
{
	struct pair pair = connected();
	int file = file_of(100000), sent = 0;

	say(pair.client, GET);
	hear(pair.server, strlen(GET));
	say(pair.server, OK_LONG);
	hear(pair.client, strlen(OK_LONG));
	while (sent < 100000) {
		long moved = CHECK(sendfile(pair.server, file, NULL, 100000 - sent < 30000 ? 100000 - sent : 30000));

		hear(pair.client, moved);
		sent += moved;
	}
	answer(pair, GET_B, CREATED);
	end(pair);
}

static void splices(void)
{
	struct pair pair = connected();
	int ends[2];

	CHECK(pipe(ends));
	say(pair.client, POST);
	hear(pair.server, strlen(POST) - 20);
	if (CHECK(splice(pair.server, NULL, ends[1], NULL, 20, 0)) != 20)
		exit(3);
	say(pair.server, "HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\n");
	if (CHECK(splice(ends[0], NULL, pair.server, NULL, 20, 0)) != 20)
		exit(3);
	hear(pair.client, strlen("HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\n") + 20);
	answer(pair, GET_B, CREATED);
	end(pair);
}

static void positioned(void)
{
	struct pair pair = connected();
	char request[] = POST, into[100];
	struct iovec iov[3] = {{into, 5}, {into + 5, 95}};

	CHECK(preadv2(pair.server, iov, 2, -1, RWF_NOWAIT) < 0 ? 0 : -1);
	segments(iov, request, 3);
	CHECK(pwritev2(pair.client, iov, 3, -1, 0));
	iov[0] = (struct iovec){into, 5};
	iov[1] = (struct iovec){into + 5, 95};
	CHECK(preadv2(pair.server, iov, 2, -1, 0));
	say(pair.server, OK);
	hear(pair.client, strlen(OK));
	end(pair);
}

static void waits_for_all(void)
{
	struct pair pair = connected();
	char buffer[100];

	say(pair.client, GET);
	hear(pair.server, strlen(GET));
	if (!fork()) {
		for (const char *c = OK; *c; c++)
			CHECK(write(pair.server, c, 1));
		_exit(0);
	}
	CHECK(recv(pair.client, buffer, strlen(OK), MSG_WAITALL));
	wait(NULL);
	end(pair);
}

/* The accepted socket goes to a process that was there before. */
static void passes(void)
{
	int channel[2];
	char byte = 0, control[CMSG_SPACE(sizeof(int))] = {};
	struct iovec iov = {&byte, 1};
	struct msghdr message = {.msg_iov = &iov, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof(control)};
	struct pair pair;

	CHECK(socketpair(AF_UNIX, SOCK_DGRAM, 0, channel));
	if (!fork()) {
		int fd;

		CHECK(recvmsg(channel[1], &message, 0));
		memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof(fd));
		hear(fd, strlen(GET));
		say(fd, OK);
		_exit(0);
	}
	pair = connected();
	struct cmsghdr *right = CMSG_FIRSTHDR(&message);
	right->cmsg_level = SOL_SOCKET;
	right->cmsg_type = SCM_RIGHTS;
	right->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(right), &pair.server, sizeof(int));
	CHECK(sendmsg(channel[0], &message, 0));
	close(pair.server);
	say(pair.client, GET);
	hear(pair.client, strlen(OK));
	wait(NULL);
	close(pair.client);
}

/* Accepted by the parent, served by the child. */
static void forks(void)
{
	struct pair pair = connected();

	if (!fork()) {
		close(pair.client);
		hear(pair.server, strlen(GET));
		say(pair.server, OK);
		hear(pair.server, strlen(GET_B));
		say(pair.server, CREATED);
		close(pair.server);
		_exit(0);
	}
	close(pair.server);
	say(pair.client, GET);
	hear(pair.client, strlen(OK));
	say(pair.client, GET_B);
	hear(pair.client, strlen(CREATED));
	wait(NULL);
	close(pair.client);
}

/* The client says that it is done, and reads the answer as it comes. */
static void half_closed(void)
{
	struct pair pair = connected();

	say(pair.client, POST);
	CHECK(shutdown(pair.client, SHUT_WR));
	until_end(pair.server);
	say(pair.server, OK);
	hear(pair.client, strlen(OK));
	close(pair.server);
	until_end(pair.client);
	close(pair.client);
}

/* The same, but the server has closed when the client reads. */
static void half_closed_late(void)
{
	struct pair pair = connected();

	say(pair.client, POST);
	CHECK(shutdown(pair.client, SHUT_WR));
	until_end(pair.server);
	say(pair.server, OK);
	close(pair.server);
	usleep(20000);
	until_end(pair.client);
	close(pair.client);
}

/* No HTTP (records as FastCGI has them), which is left alone soon; the rest of it, and its end, are read after the connection has ended. */
static void other_protocol_late(void)
{
	struct pair pair = connected();

	for (int i = 0; i < 3; i++) {
		CHECK(write(pair.client, "\1\1\0\1\0\10\0\0\0\1\0\0\0\0\0\0", 16));
		hear(pair.server, 16);
		CHECK(write(pair.server, "\1\3\0\1\0\10\0\0\0\0\0\0\0\0\0\0", 16));
		hear(pair.client, 16);
		usleep(20000);
	}
	CHECK(write(pair.server, "\1\3\0\1\0\10\0\0\0\0\0\0\0\0\0\0", 16));
	CHECK(shutdown(pair.client, SHUT_WR));
	until_end(pair.server);
	close(pair.server);
	usleep(20000);
	until_end(pair.client);
	until_end(pair.client);
	close(pair.client);
}

/* The server ends its direction with the response, and the client goes on sending what it had begun. */
static void half_answered(void)
{
	struct pair pair = connected();

	say(pair.client, "POST /a HTTP/1.1\r\nContent-Length: 20\r\n\r\n");
	hear(pair.server, strlen(POST) - 20);
	say(pair.server, OK);
	CHECK(shutdown(pair.server, SHUT_WR));
	until_end(pair.client);
	say(pair.client, "0123456789abcdefghij");
	hear(pair.server, 20);
	end(pair);
}

static void reset_after(int fd)
{
	struct linger now = {1, 0};

	CHECK(setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now)));
	close(fd);
}

static void resets(void)
{
	struct pair pair = connected();

	answer(pair, GET, OK);
	say(pair.client, GET_B);
	hear(pair.server, strlen(GET_B));
	say(pair.server, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhe");
	hear(pair.client, 10);
	reset_after(pair.server);
	close(pair.client);
}

/* The whole response was there when the reset came; the client reads it after. */
static void reset_late(void)
{
	struct pair pair = connected();

	say(pair.client, GET);
	hear(pair.server, strlen(GET));
	say(pair.server, OK);
	reset_after(pair.server);
	usleep(20000);
	hear(pair.client, strlen(OK));
	close(pair.client);
}

static void ends_with_data(void)
{
	struct pair pair = connected();
	int on = 1;

	answer(pair, GET, OK);
	say(pair.client, GET_B);
	hear(pair.server, strlen(GET_B));
	if (!is_unix)
		CHECK(setsockopt(pair.server, IPPROTO_TCP, TCP_CORK, &on, sizeof(on)));
	say(pair.server, OK_CLOSE);
	close(pair.server);
	usleep(20000);
	until_end(pair.client);
	close(pair.client);
}

/* End of file by recvmsg with flags 0: the connection stays open a while. */
static void ends_in_recvmsg(void)
{
	struct pair pair = connected();
	char buffer[100];
	struct iovec iov = {buffer, sizeof(buffer)};
	struct msghdr message = {.msg_iov = &iov, .msg_iovlen = 1};

	say(pair.client, GET);
	hear(pair.server, strlen(GET));
	say(pair.server, OK_CLOSE);
	close(pair.server);
	while (CHECK(recvmsg(pair.client, &message, 0)) > 0)
		;
	pause();
}

/* A worker dies within its response. */
static void killed(void)
{
	struct pair pair = connected();

	if (!fork()) {
		hear(pair.server, strlen(GET));
		say(pair.server, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhe");
		raise(SIGKILL);
	}
	close(pair.server);
	say(pair.client, GET);
	until_end(pair.client);
	wait(NULL);
	close(pair.client);
}

/* The child runs another program: this one, under the name "exe". */
static void execs(void)
{
	if (!fork()) {
		execl("/proc/self/exe", "exe", "plain", is_unix ? "unix" : "tcp", NULL);
		_exit(9);
	}
	wait(NULL);
}

/* Executes the program that BECOMES names in the midst of a connection, and goes on with it. */
static void becomes(void)
{
	struct pair pair = connected();
	char fds[32];

	answer(pair, GET, OK);
	snprintf(fds, sizeof(fds), "%d %d", pair.client, pair.server);
	setenv("PAIR", fds, 1);
	execl(getenv("BECOMES"), "x", "goes_on", NULL);
	_exit(9);
}

static void goes_on(void)
{
	struct pair pair;

	if (sscanf(getenv("PAIR"), "%d %d", &pair.client, &pair.server) != 2)
		_exit(9);
	answer(pair, GET, OK);
	prctl(PR_SET_NAME, "named-by-itself");
	answer(pair, GET, OK);
	end(pair);
}

/* Forks until its input ends, for 20 seconds at most, so fast that each look finds new processes. */
static void storm(void)
{
	struct pollfd input = {.fd = 0, .events = POLLIN};
	time_t until = time(NULL) + 20;

	signal(SIGCHLD, SIG_IGN);
	puts("ready");
	fflush(stdout);
	while (time(NULL) < until && !poll(&input, 1, 0)) {
		for (int i = 0; i < 4; i++) {
			if (!fork()) {
				usleep(2000);
				_exit(0);
			}
		}
		usleep(2000);
	}
}

static void short_connections(void)
{
	struct sockaddr_storage address;
	socklen_t length;
	int fd = listener(&address, &length);

	for (int i = 0; i < count; i++) {
		struct pair pair;

		pair.client = CHECK(socket(address.ss_family, SOCK_STREAM, protocol));
		CHECK(connect(pair.client, (void *)&address, length));
		pair.server = CHECK(accept(fd, NULL, NULL));
		answer(pair, GET, OK);
		end(pair);
	}
}

/* Connections of no HTTP, closed by their process, which lives on until its input ends. */
static void short_others(void)
{
	struct sockaddr_storage address;
	socklen_t length;
	int fd = listener(&address, &length);
	char line[10];

	for (int i = 0; i < count; i++) {
		struct pair pair;

		pair.client = CHECK(socket(address.ss_family, SOCK_STREAM, protocol));
		CHECK(connect(pair.client, (void *)&address, length));
		pair.server = CHECK(accept(fd, NULL, NULL));
		answer(pair, "\1\1\1\1\1\1\1\1", "\1\3\1\1\1\1\1\1");
		end(pair);
	}
	usleep(100000); /* the kernel closes TCP late */
	puts("done");
	fflush(stdout);
	while (fgets(line, sizeof(line), stdin))
		;
}

static void leaves_open(void)
{
	struct pair pair = connected();

	answer(pair, GET, OK);
	say(pair.client, GET_B);
	hear(pair.server, strlen(GET_B));
	_exit(0);
}

/* Exchanges with a connection that a line on standard input may interrupt; ends with the input. */
static void on_demand(void)
{
	struct pair pair = connected();
	char line[10];

	puts("ready");
	fflush(stdout);
	while (fgets(line, sizeof(line), stdin)) {
		answer(pair, GET, OK);
		puts("done");
		fflush(stdout);
	}
	end(pair);
}

/* One connection, whose port is told first. */
static void on_port(void)
{
	struct sockaddr_storage address;
	socklen_t length;
	int fd = listener(&address, &length);
	char line[10];
	struct pair pair;

	printf("%d\n", ntohs(((struct sockaddr_in *)&address)->sin_port));
	fflush(stdout);
	if (!fgets(line, sizeof(line), stdin))
		return;
	pair.client = CHECK(socket(AF_INET, SOCK_STREAM, 0));
	CHECK(connect(pair.client, (void *)&address, length));
	pair.server = CHECK(accept(fd, NULL, NULL));
	answer(pair, GET, OK);
	end(pair);
	plain(); /* on another port */
}

static const struct {
	const char *name;
	void (*play)(void);
} scenarios[] = {
	{"plain", plain},
	{"parts", parts},
	{"bytes", bytes},
	{"partial_writes", partial_writes},
	{"vectors", vectors},
	{"many_vectors", many_vectors},
	{"messages", messages},
	{"messages_3", messages_3},
	{"messages_20", messages_20},
	{"peeks", peeks},
	{"discards", discards},
	{"dups", dups},
	{"nonblocking", nonblocking},
	{"sends_file", sends_file},
	{"splices", splices},
	{"positioned", positioned},
	{"waits_for_all", waits_for_all},
	{"passes", passes},
	{"forks", forks},
	{"half_closed", half_closed},
	{"half_closed_late", half_closed_late},
	{"half_answered", half_answered},
	{"other_protocol_late", other_protocol_late},
	{"resets", resets},
	{"reset_late", reset_late},
	{"ends_with_data", ends_with_data},
	{"ends_in_recvmsg", ends_in_recvmsg},
	{"killed", killed},
	{"execs", execs},
	{"becomes", becomes},
	{"goes_on", goes_on},
	{"storm", storm},
	{"short_connections", short_connections},
	{"short_others", short_others},
	{"leaves_open", leaves_open},
	{"on_demand", on_demand},
	{"on_port", on_port},
};

int main(int argc, char **argv)
{
	if (argc < 2)
		return 64;
	is_unix = argc > 2 && !strcmp(argv[2], "unix");
	protocol = argc > 2 && !strcmp(argv[2], "mptcp") ? 262 /* IPPROTO_MPTCP */ : 0;
	if (argc > 3)
		count = atoi(argv[3]);
	signal(SIGPIPE, SIG_IGN);
	alarm(30);
	for (size_t i = 0; i < sizeof(scenarios) / sizeof(scenarios[0]); i++) {
		if (!strcmp(argv[1], scenarios[i].name)) {
			scenarios[i].play();
			return 0;
		}
	}
	return 64;
}
