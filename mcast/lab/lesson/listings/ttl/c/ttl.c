// A datagram to a group has TTL 1 unless its program sets another one. Each
// router takes 1 off, and forwards nothing that would be left with 0.
//
//	./ttl receive GROUP INTERFACE
//	./ttl send GROUP INTERFACE TTL TEXT
#include <arpa/inet.h>
#include <err.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PORT 1234

static void receive(const char *group, const char *interface)
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
		printf("heard %.*s from %s\n", (int)n, text, inet_ntoa(from.sin_addr));
	}
}

static void send_text(const char *group, const char *interface, const char *number, const char *text)
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
	int ttl = atoi(number); // 0 to 255
	if (setsockopt(s, IPPROTO_IP, IP_MULTICAST_TTL, &ttl, sizeof ttl) == -1)
		err(1, "TTL %d", ttl);
	if (sendto(s, text, strlen(text), 0, (struct sockaddr *)&to, sizeof to) == -1)
		err(1, "sendto %s", group);
	// ]
	printf("sent %s\n", text);
}

int main(int argc, char **argv)
{
	setlinebuf(stdout); // each line is seen at once, through a pipe as well
	if (argc == 4 && strcmp(argv[1], "receive") == 0)
		receive(argv[2], argv[3]);
	else if (argc == 6 && strcmp(argv[1], "send") == 0)
		send_text(argv[2], argv[3], argv[4], argv[5]);
	else
		errx(1, "usage: receive GROUP INTERFACE, or send GROUP INTERFACE TTL TEXT");
}
