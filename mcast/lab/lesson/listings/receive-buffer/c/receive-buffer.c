// Datagrams wait in the socket's receive buffer until the program reads them.
// What finds it full is dropped, and the kernel counts that. The program asks
// for a buffer of so many bytes, and is busy until a line comes on standard
// input.
//
//	./receive-buffer receive GROUP INTERFACE BYTES
//	./receive-buffer send GROUP COUNT
#include <arpa/inet.h>
#include <err.h>
#include <linux/sock_diag.h>
#include <net/if.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>

#define PORT 1234

static void receive(const char *group, const char *interface, int bytes)
{
	int s = socket(AF_INET, SOCK_DGRAM, 0);
	struct sockaddr_in me = {.sin_family = AF_INET, .sin_port = htons(PORT)};
	if (s == -1 || bind(s, (struct sockaddr *)&me, sizeof me) == -1)
		err(1, "bind");
	// [
	if (setsockopt(s, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes) == -1)
		err(1, "SO_RCVBUF");
	socklen_t size = sizeof bytes;
	getsockopt(s, SOL_SOCKET, SO_RCVBUF, &bytes, &size); // twice what is granted
	printf("buffer of %d bytes\n", bytes);
	// ]
	struct ip_mreqn join = {.imr_ifindex = if_nametoindex(interface)};
	if (join.imr_ifindex == 0) // with 0 the kernel would choose one
		err(1, "%s", interface);
	inet_pton(AF_INET, group, &join.imr_multiaddr);
	if (setsockopt(s, IPPROTO_IP, IP_ADD_MEMBERSHIP, &join, sizeof join) == -1)
		err(1, "join %s on %s", group, interface);
	puts("ready");
	getchar(); // busy
	char text[2000];
	int n = 0;
	struct timeval quiet = {.tv_usec = 100000}; // then nothing is waiting any more
	setsockopt(s, SOL_SOCKET, SO_RCVTIMEO, &quiet, sizeof quiet);
	while (recv(s, text, sizeof text, 0) != -1)
		n++;
	// [
	uint32_t mem[SK_MEMINFO_VARS];
	size = sizeof mem;
	if (getsockopt(s, SOL_SOCKET, SO_MEMINFO, mem, &size) == -1)
		err(1, "SO_MEMINFO");
	// ]
	uint32_t dropped = mem[SK_MEMINFO_DROPS];
	printf("of %d datagrams %s dropped\n", n + (int)dropped, dropped > 0 ? "some were" : "none was");
}

static void send_many(const char *group, int count)
{
	int s = socket(AF_INET, SOCK_DGRAM, 0);
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(PORT)};
	if (s == -1 || inet_pton(AF_INET, group, &to.sin_addr) != 1)
		errx(1, "%s is no address", group);
	for (int i = 0; i < count; i++)
		if (sendto(s, "burst", 5, 0, (struct sockaddr *)&to, sizeof to) == -1)
			err(1, "sendto");
	printf("sent %d\n", count);
}

int main(int argc, char **argv)
{
	setlinebuf(stdout); // each line is seen at once, through a pipe as well
	if (argc == 5 && strcmp(argv[1], "receive") == 0)
		receive(argv[2], argv[3], atoi(argv[4]));
	else if (argc == 4 && strcmp(argv[1], "send") == 0)
		send_many(argv[2], atoi(argv[3]));
	else
		errx(1, "usage: receive GROUP INTERFACE BYTES, or send GROUP COUNT");
}
