// One read returns one datagram. What does not fit into the buffer is lost:
// recvmsg sets the flag MSG_TRUNC then, and recv and recvfrom say nothing.
//
//	./truncation receive BYTES
//	./truncation send ADDRESS TEXT
#include <arpa/inet.h>
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PORT 1234

static void receive(size_t bytes)
{
	int s = socket(AF_INET, SOCK_DGRAM, 0);
	struct sockaddr_in me = {.sin_family = AF_INET, .sin_port = htons(PORT)};
	if (s == -1 || bind(s, (struct sockaddr *)&me, sizeof me) == -1)
		err(1, "bind");
	char *text = malloc(bytes);
	if (text == NULL)
		err(1, "malloc");
	puts("ready");
	for (;;) {
		// [
		struct iovec into = {.iov_base = text, .iov_len = bytes};
		struct msghdr message = {.msg_iov = &into, .msg_iovlen = 1};
		ssize_t n = recvmsg(s, &message, 0);
		if (n == -1)
			err(1, "recvmsg");
		const char *rest = message.msg_flags & MSG_TRUNC ? "the rest is lost" : "and no more";
		// ]
		printf("%zd bytes of %.*s, %s\n", n, (int)n, text, rest);
	}
}

static void send_text(const char *address, const char *text)
{
	int s = socket(AF_INET, SOCK_DGRAM, 0);
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(PORT)};
	if (s == -1 || inet_pton(AF_INET, address, &to.sin_addr) != 1)
		errx(1, "%s is no address", address);
	ssize_t n = sendto(s, text, strlen(text), 0, (struct sockaddr *)&to, sizeof to);
	if (n == -1)
		err(1, "sendto %s", address);
	printf("sent %zd bytes\n", n);
}

int main(int argc, char **argv)
{
	setlinebuf(stdout); // each line is seen at once, through a pipe as well
	if (argc == 3 && strcmp(argv[1], "receive") == 0)
		receive(strtoul(argv[2], NULL, 10));
	else if (argc == 4 && strcmp(argv[1], "send") == 0)
		send_text(argv[2], argv[3]);
	else
		errx(1, "usage: receive BYTES, or send ADDRESS TEXT");
}
