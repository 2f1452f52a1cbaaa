// One question to a group, and a reply of each member, to the asker alone.
// Nobody knows how many there will be: the asker reads until its deadline.
//
//	./ask-a-group answer GROUP INTERFACE
//	./ask-a-group ask GROUP INTERFACE MILLISECONDS
#include <arpa/inet.h>
#include <err.h>
#include <net/if.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define PORT 1234

static void answer(const char *group, const char *interface)
{
	int s = socket(AF_INET, SOCK_DGRAM, 0);
	struct sockaddr_in me = {.sin_family = AF_INET, .sin_port = htons(PORT)};
	if (s == -1 || bind(s, (struct sockaddr *)&me, sizeof me) == -1)
		err(1, "bind");
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
		if (sendto(s, text, n, 0, (struct sockaddr *)&from, size) == -1)
			warn("sendto %s", inet_ntoa(from.sin_addr));
	}
}

static long milliseconds(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void ask(const char *group, const char *interface, int wait)
{
	int s = socket(AF_INET, SOCK_DGRAM, 0);
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(PORT)};
	if (s == -1 || inet_pton(AF_INET, group, &to.sin_addr) != 1)
		errx(1, "%s is no address", group);
	struct ip_mreqn out = {.imr_ifindex = if_nametoindex(interface)};
	if (out.imr_ifindex == 0) // with 0 the kernel would choose one
		err(1, "%s", interface);
	if (setsockopt(s, IPPROTO_IP, IP_MULTICAST_IF, &out, sizeof out) == -1)
		err(1, "send through %s", interface);
	// [
	if (sendto(s, "?", 1, 0, (struct sockaddr *)&to, sizeof to) == -1)
		err(1, "sendto %s", group);
	// ]
	char text[2000];
	struct sockaddr_in from;
	int replies = 0;
	struct pollfd p = {.fd = s, .events = POLLIN};
	// [
	long deadline = milliseconds() + wait, left;
	while ((left = deadline - milliseconds()) > 0 && poll(&p, 1, left) > 0) {
		socklen_t size = sizeof from;
		if (recvfrom(s, text, sizeof text, 0, (struct sockaddr *)&from, &size) == -1)
			err(1, "recvfrom");
		printf("reply from %s\n", inet_ntoa(from.sin_addr));
		replies++;
	}
	// ]
	printf("replies: %d\n", replies);
	exit(replies == 0);
}

int main(int argc, char **argv)
{
	setlinebuf(stdout); // each line is seen at once, through a pipe as well
	if (argc == 4 && strcmp(argv[1], "answer") == 0)
		answer(argv[2], argv[3]);
	else if (argc == 5 && strcmp(argv[1], "ask") == 0)
		ask(argv[2], argv[3], atoi(argv[4]));
	else
		errx(1, "usage: answer GROUP INTERFACE, or ask GROUP INTERFACE MILLISECONDS");
}
