// A UDP socket is connected. That sends nothing: the kernel looks up the
// route, and with it the address that datagrams will come from.
//
//	./connect receive
//	./connect connect ADDRESS
//	./connect send ADDRESS TEXT
#include <arpa/inet.h>
#include <err.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define PORT 1234

static void receive(void)
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
		printf("heard %.*s from %s\n", (int)n, text, inet_ntoa(from.sin_addr));
	}
}

static int connected(const char *address)
{
	int s = socket(AF_INET, SOCK_DGRAM, 0);
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(PORT)};
	if (s == -1 || inet_pton(AF_INET, address, &to.sin_addr) != 1)
		errx(1, "%s is no address", address);
	// [
	if (connect(s, (struct sockaddr *)&to, sizeof to) == -1)
		err(1, "connect to %s", address);
	struct sockaddr_in me;
	socklen_t size = sizeof me;
	if (getsockname(s, (struct sockaddr *)&me, &size) == -1)
		err(1, "getsockname");
	printf("connected, from %s\n", inet_ntoa(me.sin_addr));
	// ]
	return s;
}

static void send_text(const char *address, const char *text)
{
	if (send(connected(address), text, strlen(text), 0) == -1)
		err(1, "send");
	printf("sent %s\n", text);
}

int main(int argc, char **argv)
{
	setlinebuf(stdout); // each line is seen at once, through a pipe as well
	if (argc == 2 && strcmp(argv[1], "receive") == 0)
		receive();
	else if (argc == 3 && strcmp(argv[1], "connect") == 0)
		close(connected(argv[2]));
	else if (argc == 4 && strcmp(argv[1], "send") == 0)
		send_text(argv[2], argv[3]);
	else
		errx(1, "usage: receive, or connect ADDRESS, or send ADDRESS TEXT");
}
