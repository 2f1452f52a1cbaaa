// A socket receives datagrams to the address that it is bound to. 0.0.0.0
// stands for every address. Several programs can have one port if each of them
// sets SO_REUSEADDR; "alone" does not set it.
//
//	./bind receive ADDRESS GROUP INTERFACE
//	./bind alone
//	./bind send ADDRESS TEXT
#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PORT 1234

static void receive(const char *address, const char *group, const char *interface)
{
	// [
	int s = socket(AF_INET, SOCK_DGRAM, 0), on = 1;
	struct sockaddr_in me = {.sin_family = AF_INET, .sin_port = htons(PORT)};
	inet_pton(AF_INET, address, &me.sin_addr);
	if (setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == -1)
		err(1, "SO_REUSEADDR");
	if (bind(s, (struct sockaddr *)&me, sizeof me) == -1)
		err(1, "bind to %s", address);
	// ]
	struct ip_mreqn join = {.imr_ifindex = if_nametoindex(interface)};
	if (join.imr_ifindex == 0) // with 0 the kernel would choose one
		err(1, "%s", interface);
	inet_pton(AF_INET, group, &join.imr_multiaddr);
	if (setsockopt(s, IPPROTO_IP, IP_ADD_MEMBERSHIP, &join, sizeof join) == -1)
		err(1, "join %s on %s", group, interface);
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

static void alone(void)
{
	int s = socket(AF_INET, SOCK_DGRAM, 0);
	struct sockaddr_in me = {.sin_family = AF_INET, .sin_port = htons(PORT)};
	if (bind(s, (struct sockaddr *)&me, sizeof me) == -1) {
		if (errno != EADDRINUSE)
			err(1, "bind");
		puts("the port is in use");
		exit(1);
	}
	puts("the port is mine");
	close(s);
}

static void send_text(const char *address, const char *text)
{
	int s = socket(AF_INET, SOCK_DGRAM, 0);
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(PORT)};
	if (s == -1 || inet_pton(AF_INET, address, &to.sin_addr) != 1)
		errx(1, "%s is no address", address);
	if (sendto(s, text, strlen(text), 0, (struct sockaddr *)&to, sizeof to) == -1)
		err(1, "sendto %s", address);
	printf("sent %s\n", text);
}

int main(int argc, char **argv)
{
	setlinebuf(stdout); // each line is seen at once, through a pipe as well
	if (argc == 5 && strcmp(argv[1], "receive") == 0)
		receive(argv[2], argv[3], argv[4]);
	else if (argc == 2 && strcmp(argv[1], "alone") == 0)
		alone();
	else if (argc == 4 && strcmp(argv[1], "send") == 0)
		send_text(argv[2], argv[3]);
	else
		errx(1, "usage: receive ADDRESS GROUP INTERFACE, or alone, or send ADDRESS TEXT");
}
