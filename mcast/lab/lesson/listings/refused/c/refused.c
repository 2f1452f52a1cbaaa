// Nobody listens on the port. The first send of a connected socket succeeds
// all the same. The other host answers with an ICMP message, and the next call
// on the socket fails with ECONNREFUSED: here the one that waits for a reply.
//
//	./refused server
//	./refused client ADDRESS TEXT
#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>

#define PORT 1234

static void server(void)
{
	int s = socket(AF_INET, SOCK_DGRAM, 0);
	struct sockaddr_in me = {.sin_family = AF_INET, .sin_port = htons(PORT)};
	if (s == -1 || bind(s, (struct sockaddr *)&me, sizeof me) == -1)
		err(1, "bind");
	puts("ready");
	for (;;) {
		char text[2000];
		struct sockaddr_in from;
		socklen_t size = sizeof from;
		ssize_t n = recvfrom(s, text, sizeof text, 0, (struct sockaddr *)&from, &size);
		if (n == -1)
			err(1, "recvfrom");
		if (sendto(s, text, n, 0, (struct sockaddr *)&from, size) == -1)
			warn("sendto %s", inet_ntoa(from.sin_addr));
	}
}

static void client(const char *address, const char *text)
{
	int s = socket(AF_INET, SOCK_DGRAM, 0);
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(PORT)};
	if (s == -1 || inet_pton(AF_INET, address, &to.sin_addr) != 1)
		errx(1, "%s is no address", address);
	struct timeval deadline = {.tv_sec = 20};
	setsockopt(s, SOL_SOCKET, SO_RCVTIMEO, &deadline, sizeof deadline);
	// [
	if (connect(s, (struct sockaddr *)&to, sizeof to) == -1)
		err(1, "connect to %s", address);
	if (send(s, text, strlen(text), 0) == -1)
		err(1, "send");
	// ]
	printf("sent %s\n", text);
	char reply[2000];
	// [
	ssize_t n = recv(s, reply, sizeof reply, 0);
	if (n == -1 && errno == ECONNREFUSED) {
		puts("refused: no program has this port");
		exit(1);
	}
	// ]
	if (n == -1)
		err(1, "recv");
	printf("reply %.*s\n", (int)n, reply);
}

int main(int argc, char **argv)
{
	setlinebuf(stdout); // each line is seen at once, through a pipe as well
	if (argc == 2 && strcmp(argv[1], "server") == 0)
		server();
	else if (argc == 4 && strcmp(argv[1], "client") == 0)
		client(argv[2], argv[3]);
	else
		errx(1, "usage: server, or client ADDRESS TEXT");
}
