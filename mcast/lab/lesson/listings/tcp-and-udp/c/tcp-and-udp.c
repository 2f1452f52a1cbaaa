// connect is the same call for UDP and for TCP. With UDP it stores the peer's
// address in the socket and sends nothing. With TCP it sends a SYN and waits
// for the other host.
//
//	./tcp-and-udp server
//	./tcp-and-udp connect udp|tcp ADDRESS
#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PORT 1234

static void server(void)
{
	int s = socket(AF_INET, SOCK_STREAM, 0), on = 1;
	struct sockaddr_in me = {.sin_family = AF_INET, .sin_port = htons(PORT)};
	setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
	if (s == -1 || bind(s, (struct sockaddr *)&me, sizeof me) == -1 || listen(s, 8) == -1)
		err(1, "listen");
	puts("ready");
	for (;;) {
		struct sockaddr_in from;
		socklen_t size = sizeof from;
		int c = accept(s, (struct sockaddr *)&from, &size);
		if (c == -1)
			err(1, "accept");
		printf("accepted %s\n", inet_ntoa(from.sin_addr));
		close(c);
	}
}

static void connect_to(const char *kind, const char *address)
{
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(PORT)};
	if (inet_pton(AF_INET, address, &to.sin_addr) != 1)
		errx(1, "%s is no address", address);
	// [
	int type = strcmp(kind, "tcp") == 0 ? SOCK_STREAM : SOCK_DGRAM; // the only difference
	int s = socket(AF_INET, type, 0);
	if (connect(s, (struct sockaddr *)&to, sizeof to) == -1 && errno == ECONNREFUSED) {
		printf("%s: refused\n", kind);
		exit(1);
	}
	// ]
	struct sockaddr_in me;
	socklen_t size = sizeof me;
	if (getpeername(s, (struct sockaddr *)&to, &size) == -1) // another error
		err(1, "connect to %s", address);
	size = sizeof me;
	// [
	getsockname(s, (struct sockaddr *)&me, &size);
	printf("%s: connected, from %s\n", kind, inet_ntoa(me.sin_addr));
	// ]
}

int main(int argc, char **argv)
{
	setlinebuf(stdout); // each line is seen at once, through a pipe as well
	if (argc == 2 && strcmp(argv[1], "server") == 0)
		server();
	else if (argc == 4 && strcmp(argv[1], "connect") == 0)
		connect_to(argv[2], argv[3]);
	else
		errx(1, "usage: server, or connect udp|tcp ADDRESS");
}
