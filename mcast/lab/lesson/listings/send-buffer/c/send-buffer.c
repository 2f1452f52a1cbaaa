// A datagram counts against the send buffer until the interface has sent it.
// Where the buffer is full, sendto waits. With MSG_DONTWAIT it returns EAGAIN
// instead.
//
//	./send-buffer receive
//	./send-buffer send ADDRESS BYTES COUNT
#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PORT 1234

static void receive(void)
{
	int s = socket(AF_INET, SOCK_DGRAM, 0);
	struct sockaddr_in me = {.sin_family = AF_INET, .sin_port = htons(PORT)};
	if (s == -1 || bind(s, (struct sockaddr *)&me, sizeof me) == -1)
		err(1, "bind");
	puts("ready");
	for (;;) {
		static char text[65536];
		struct sockaddr_in from;
		socklen_t size = sizeof from;
		ssize_t n = recvfrom(s, text, sizeof text, 0, (struct sockaddr *)&from, &size);
		if (n == -1)
			err(1, "recvfrom");
		printf("heard %zd bytes from %s\n", n, inet_ntoa(from.sin_addr));
	}
}

static void send_many(const char *address, int bytes, int count)
{
	static char text[65536];
	int s = socket(AF_INET, SOCK_DGRAM, 0);
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(PORT)};
	if (s == -1 || inet_pton(AF_INET, address, &to.sin_addr) != 1)
		errx(1, "%s is no address", address);
	// [
	int room = 8192;
	if (setsockopt(s, SOL_SOCKET, SO_SNDBUF, &room, sizeof room) == -1)
		err(1, "SO_SNDBUF");
	socklen_t size = sizeof room;
	getsockopt(s, SOL_SOCKET, SO_SNDBUF, &room, &size); // twice as much
	printf("send buffer of %d bytes\n", room);
	for (int i = 0; i < count; i++) {
		ssize_t n = sendto(s, text, bytes, MSG_DONTWAIT, (struct sockaddr *)&to, sizeof to);
		if (n == -1 && errno == EAGAIN) {
			puts("the send buffer is full");
			exit(1);
		}
		if (n == -1)
			err(1, "sendto");
	}
	// ]
	printf("all %d were sent\n", count);
}

int main(int argc, char **argv)
{
	setlinebuf(stdout); // each line is seen at once, through a pipe as well
	if (argc == 2 && strcmp(argv[1], "receive") == 0)
		receive();
	else if (argc == 5 && strcmp(argv[1], "send") == 0 && atoi(argv[3]) <= 65507)
		send_many(argv[2], atoi(argv[3]), atoi(argv[4]));
	else
		errx(1, "usage: receive, or send ADDRESS BYTES COUNT");
}
