/*
 * Plays both ends of two HTTP conversations as a 32-bit program, by system calls alone: it is built without a C library
 * (clang -m32 -nostdlib). compat_calls [tcp|unix]. Exit code 77: the kernel runs no such programs.
 */
typedef unsigned int u32;
typedef unsigned short u16;

struct iovec32 {
	const char *base;
	u32 length;
};
struct message32 {
	void *name;
	u32 name_length;
	struct iovec32 *vector;
	u32 count;
	void *control;
	u32 control_length, flags;
};

enum { EXIT = 1, READ = 3, WRITE = 4, CLOSE = 6, READV = 145, WRITEV = 146, SOCKET = 359, BIND = 361, CONNECT = 362,
       LISTEN = 363, ACCEPT4 = 364, GETSOCKNAME = 367, SENDTO = 369, SENDMSG = 370, RECVFROM = 371, RECVMSG = 372 };

#define GET	"GET /a HTTP/1.1\r\nHost: example\r\n\r\n"
#define GET_B	"GET /b HTTP/1.1\r\nHost: example\r\n\r\n"
#define OK	"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"
#define CREATED "HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n"
#define SIZE(text) (sizeof(text) - 1)

static long call(long number, long a, long b, long c, long d, long e)
{
	long result;

	__asm__ volatile("push %%ebp; xor %%ebp, %%ebp; int $0x80; pop %%ebp"
			 : "=a"(result)
			 : "a"(number), "b"(a), "c"(b), "d"(c), "S"(d), "D"(e)
			 : "memory");
	return result;
}

static long check(long result)
{
	if (result < 0)
		call(EXIT, 1, 0, 0, 0, 0);
	return result;
}

static char buffer[1000];

static void hear(int fd, u32 length)
{
	while (length > 0) {
		long moved = check(call(RECVFROM, fd, (long)buffer, length, 0, 0));

		if (!moved)
			call(EXIT, 2, 0, 0, 0, 0);
		length -= moved;
	}
}

void play(int is_unix);
void play(int is_unix)
{
	struct {
		u16 family;
		char rest[14];
	} address = {is_unix ? 1 : 2, {0}};
	u32 size = is_unix ? 10 : 16;
	int listener = check(call(SOCKET, is_unix ? 1 : 2, 1, 0, 0, 0)), client, server;
	struct iovec32 vector[2];
	struct message32 message = {0, 0, vector, 2, 0, 0, 0};

	if (is_unix) /* an abstract name: one run at a time */
		for (int i = 1; i < 8; i++)
			address.rest[i] = "compat32"[i];
	else
		address.rest[2] = 127, address.rest[5] = 1;
	check(call(BIND, listener, (long)&address, size, 0, 0));
	check(call(LISTEN, listener, 5, 0, 0, 0));
	if (!is_unix)
		check(call(GETSOCKNAME, listener, (long)&address, (long)&size, 0, 0));
	client = check(call(SOCKET, is_unix ? 1 : 2, 1, 0, 0, 0));
	check(call(CONNECT, client, (long)&address, size, 0, 0));
	server = check(call(ACCEPT4, listener, 0, 0, 0, 0));
	check(call(CLOSE, listener, 0, 0, 0, 0));

	check(call(WRITE, client, (long)GET, SIZE(GET), 0, 0));
	check(call(READ, server, (long)buffer, sizeof(buffer), 0, 0));
	vector[0] = (struct iovec32){OK, 20};
	vector[1] = (struct iovec32){&OK[20], SIZE(OK) - 20};
	check(call(WRITEV, server, (long)vector, 2, 0, 0));
	hear(client, SIZE(OK));

	vector[0] = (struct iovec32){GET_B, 3};
	vector[1] = (struct iovec32){&GET_B[3], SIZE(GET_B) - 3};
	check(call(SENDMSG, client, (long)&message, 0, 0, 0));
	vector[0] = (struct iovec32){buffer, 10};
	vector[1] = (struct iovec32){buffer + 10, 900};
	check(call(RECVMSG, server, (long)&message, 0, 0, 0));
	check(call(SENDTO, server, (long)CREATED, SIZE(CREATED), 0, 0));
	vector[0] = (struct iovec32){buffer, 10};
	vector[1] = (struct iovec32){buffer + 10, 900};
	check(call(READV, client, (long)vector, 2, 0, 0));
	check(call(CLOSE, client, 0, 0, 0, 0));
	check(call(CLOSE, server, 0, 0, 0, 0));
	call(EXIT, 0, 0, 0, 0, 0);
}

/* The stack holds the number of arguments, and then these; "unix" is told by its first letter. */
__asm__(".globl _start\n_start: mov %esp, %eax; xor %ecx, %ecx; cmpl $2, (%eax); jl 1f; mov 8(%eax), %edx; cmpb $'u', (%edx); sete %cl\n"
	"1: push %ecx; call play");
