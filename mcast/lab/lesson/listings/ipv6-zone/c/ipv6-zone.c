// Each link has its own ff02::114. The zone after % says which link is meant:
// it is the interface to join on, and to send through.
//
//	./ipv6-zone receive GROUP%ZONE
//	./ipv6-zone send GROUP%ZONE TEXT
#include <arpa/inet.h>
#include <err.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>

#define PORT 1234

// at reads a group and its zone. (glibc's getaddrinfo knows the names of interfaces after
// ff02::114 and the like, and not after ff05::114.)
static struct sockaddr_in6 at(const char *group)
{
	struct sockaddr_in6 to = {.sin6_family = AF_INET6, .sin6_port = htons(PORT)};
	char text[100];
	snprintf(text, sizeof text, "%s", group);
	char *zone = strchr(text, '%');
	if (zone == NULL)
		errx(1, "%s has no zone, such as %%eth0", group);
	*zone++ = 0;
	if (inet_pton(AF_INET6, text, &to.sin6_addr) != 1)
		errx(1, "%s is no address", text);
	// [
	to.sin6_scope_id = if_nametoindex(zone);
	if (to.sin6_scope_id == 0)
		err(1, "zone %s", zone);
	// ]
	return to;
}

static void receive(const char *group)
{
	struct sockaddr_in6 of = at(group), me = {.sin6_family = AF_INET6, .sin6_port = of.sin6_port};
	int s = socket(AF_INET6, SOCK_DGRAM, 0);
	if (s == -1 || bind(s, (struct sockaddr *)&me, sizeof me) == -1)
		err(1, "bind");
	// [
	struct ipv6_mreq join = {.ipv6mr_multiaddr = of.sin6_addr, .ipv6mr_interface = of.sin6_scope_id};
	if (setsockopt(s, IPPROTO_IPV6, IPV6_JOIN_GROUP, &join, sizeof join) == -1)
		err(1, "join %s", group);
	// ]
	puts("ready");
	for (;;) {
		char text[2000];
		ssize_t n = recv(s, text, sizeof text, 0);
		if (n == -1)
			err(1, "recv");
		printf("heard %.*s\n", (int)n, text);
	}
}

static void send_text(const char *group, const char *text)
{
	struct sockaddr_in6 to = at(group);
	int s = socket(AF_INET6, SOCK_DGRAM, 0), out = to.sin6_scope_id;
	// [
	if (setsockopt(s, IPPROTO_IPV6, IPV6_MULTICAST_IF, &out, sizeof out) == -1)
		err(1, "IPV6_MULTICAST_IF");
	// ]
	if (sendto(s, text, strlen(text), 0, (struct sockaddr *)&to, sizeof to) == -1)
		err(1, "sendto %s", group);
	printf("sent %s\n", text);
}

int main(int argc, char **argv)
{
	setlinebuf(stdout); // each line is seen at once, through a pipe as well
	if (argc == 3 && strcmp(argv[1], "receive") == 0)
		receive(argv[2]);
	else if (argc == 4 && strcmp(argv[1], "send") == 0)
		send_text(argv[2], argv[3]);
	else
		errx(1, "usage: receive GROUP%%ZONE, or send GROUP%%ZONE TEXT");
}
