// A program receives the group that it has joined, and not the groups that
// others have joined on the same port. "plain" is a program without that: it
// receives them as well. IP_MULTICAST_ALL is a Linux option.
//
//	./only-my-group receive GROUP INTERFACE
//	./only-my-group plain GROUP INTERFACE
//	./only-my-group send GROUP TEXT
#include <arpa/inet.h>
#include <err.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>

#define PORT 1234

static void receive(const char *group, const char *interface, int plain)
{
	int s = socket(AF_INET, SOCK_DGRAM, 0), on = 1;
	struct sockaddr_in me = {.sin_family = AF_INET, .sin_port = htons(PORT)};
	if (setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == -1)
		err(1, "SO_REUSEADDR");
	if (bind(s, (struct sockaddr *)&me, sizeof me) == -1)
		err(1, "bind");
	struct ip_mreqn join = {.imr_ifindex = if_nametoindex(interface)};
	if (join.imr_ifindex == 0) // with 0 the kernel would choose one
		err(1, "%s", interface);
	inet_pton(AF_INET, group, &join.imr_multiaddr);
	if (setsockopt(s, IPPROTO_IP, IP_ADD_MEMBERSHIP, &join, sizeof join) == -1)
		err(1, "join %s on %s", group, interface);
	if (!plain) {
		// [
		int all = 0; // the default on Linux is 1
		if (setsockopt(s, IPPROTO_IP, IP_MULTICAST_ALL, &all, sizeof all) == -1)
			err(1, "IP_MULTICAST_ALL");
		// ]
	}
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

static void send_text(const char *group, const char *text)
{
	int s = socket(AF_INET, SOCK_DGRAM, 0);
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(PORT)};
	if (s == -1 || inet_pton(AF_INET, group, &to.sin_addr) != 1)
		errx(1, "%s is no address", group);
	if (sendto(s, text, strlen(text), 0, (struct sockaddr *)&to, sizeof to) == -1)
		err(1, "sendto %s", group);
	printf("sent %s\n", text);
}

int main(int argc, char **argv)
{
	setlinebuf(stdout); // each line is seen at once, through a pipe as well
	if (argc == 4 && strcmp(argv[1], "receive") == 0)
		receive(argv[2], argv[3], 0);
	else if (argc == 4 && strcmp(argv[1], "plain") == 0)
		receive(argv[2], argv[3], 1);
	else if (argc == 4 && strcmp(argv[1], "send") == 0)
		send_text(argv[2], argv[3]);
	else
		errx(1, "usage: receive GROUP INTERFACE, or plain GROUP INTERFACE, or send GROUP TEXT");
}
