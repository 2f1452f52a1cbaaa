// A program joins a group for one source. What others send to the group is not
// for it.
//
//	./source-specific receive SOURCE GROUP INTERFACE
//	./source-specific send GROUP TEXT
#include <arpa/inet.h>
#include <err.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>

#define PORT 1234

static void receive(const char *source, const char *group, const char *interface)
{
	int s = socket(AF_INET, SOCK_DGRAM, 0);
	struct sockaddr_in me = {.sin_family = AF_INET, .sin_port = htons(PORT)};
	if (s == -1 || bind(s, (struct sockaddr *)&me, sizeof me) == -1)
		err(1, "bind");
	// [
	struct group_source_req join = {.gsr_interface = if_nametoindex(interface)};
	struct sockaddr_in *of = (struct sockaddr_in *)&join.gsr_group;
	struct sockaddr_in *from = (struct sockaddr_in *)&join.gsr_source;
	of->sin_family = from->sin_family = AF_INET;
	inet_pton(AF_INET, group, &of->sin_addr);
	inet_pton(AF_INET, source, &from->sin_addr);
	if (setsockopt(s, IPPROTO_IP, MCAST_JOIN_SOURCE_GROUP, &join, sizeof join) == -1)
		err(1, "join %s of %s on %s", group, source, interface);
	// ]
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
	if (argc == 5 && strcmp(argv[1], "receive") == 0)
		receive(argv[2], argv[3], argv[4]);
	else if (argc == 4 && strcmp(argv[1], "send") == 0)
		send_text(argv[2], argv[3]);
	else
		errx(1, "usage: receive SOURCE GROUP INTERFACE, or send GROUP TEXT");
}
