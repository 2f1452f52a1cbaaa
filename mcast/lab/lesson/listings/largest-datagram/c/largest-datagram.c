// The IP header takes 20 bytes of a packet and the UDP header 8. Of an
// Ethernet's 1500 bytes 1472 are left for the payload; a larger datagram is
// cut into fragments. No datagram of IPv4 has more than 65507 bytes.
//
//	./largest-datagram receive GROUP INTERFACE
//	./largest-datagram send GROUP BYTES
#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
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
		static char text[65507];
		struct sockaddr_in from;
		socklen_t size = sizeof from;
		ssize_t n = recvfrom(s, text, sizeof text, 0, (struct sockaddr *)&from, &size);
		if (n == -1)
			err(1, "recvfrom");
		printf("heard %zd bytes from %s\n", n, inet_ntoa(from.sin_addr));
	}
}

static void send_bytes(const char *group, size_t bytes)
{
	static char text[70000];
	if (bytes > sizeof text)
		errx(1, "at most %zu bytes", sizeof text);
	int s = socket(AF_INET, SOCK_DGRAM, 0);
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(PORT)};
	if (s == -1 || inet_pton(AF_INET, group, &to.sin_addr) != 1)
		errx(1, "%s is no address", group);
	// [
	if (sendto(s, text, bytes, 0, (struct sockaddr *)&to, sizeof to) == -1) {
		if (errno != EMSGSIZE)
			err(1, "sendto %s", group);
		printf("%zu bytes are too many\n", bytes);
		exit(1);
	}
	// 1480 bytes of each packet are for UDP: its header once, then the payload
	printf("sent %zu bytes, packets: %zu\n", bytes, (8 + bytes + 1479) / 1480);
	// ]
}

int main(int argc, char **argv)
{
	setlinebuf(stdout); // each line is seen at once, through a pipe as well
	if (argc == 4 && strcmp(argv[1], "receive") == 0)
		receive(argv[2], argv[3]);
	else if (argc == 4 && strcmp(argv[1], "send") == 0)
		send_bytes(argv[2], strtoul(argv[3], NULL, 10));
	else
		errx(1, "usage: receive GROUP INTERFACE, or send GROUP BYTES");
}
