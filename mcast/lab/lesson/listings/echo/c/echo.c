// The server sends each datagram back to where it came from. It accepts nobody
// and keeps no list of clients. The client gives each question a number and a
// deadline: a late reply is not taken for the reply to the next question.
//
//	./echo server
//	./echo client ADDRESS MILLISECONDS COUNT
#include <arpa/inet.h>
#include <err.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define PORT 1234

static void server(void)
{
	int s = socket(AF_INET, SOCK_DGRAM, 0);
	struct sockaddr_in me = {.sin_family = AF_INET, .sin_port = htons(PORT)};
	if (s == -1 || bind(s, (struct sockaddr *)&me, sizeof me) == -1)
		err(1, "bind");
	puts("ready");
	for (;;) {
		char text[2000];
		// [
		struct sockaddr_in from;
		socklen_t size = sizeof from;
		ssize_t n = recvfrom(s, text, sizeof text, 0, (struct sockaddr *)&from, &size);
		// ]
		if (n == -1)
			err(1, "recvfrom");
		// [
		if (sendto(s, text, n, 0, (struct sockaddr *)&from, size) == -1)
			warn("sendto %s", inet_ntoa(from.sin_addr));
		// ]
	}
}

static long milliseconds(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

// reply waits for the reply to a question, and reports whether it came in time.
static int reply(int s, int question, long deadline)
{
	struct pollfd p = {.fd = s, .events = POLLIN};
	for (;;) {
		// [
		long left = deadline - milliseconds();
		if (left <= 0 || poll(&p, 1, left) == 0)
			return 0;
		// ]
		char text[2000] = "";
		if (recv(s, text, sizeof text - 1, 0) == -1)
			err(1, "recv");
		// [
		if (atoi(text) == question)
			return 1;
		// ]
		printf("reply to %d came late\n", atoi(text));
	}
}

static void client(const char *address, int wait, int count)
{
	int s = socket(AF_INET, SOCK_DGRAM, 0);
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(PORT)};
	if (s == -1 || inet_pton(AF_INET, address, &to.sin_addr) != 1)
		errx(1, "%s is no address", address);
	if (connect(s, (struct sockaddr *)&to, sizeof to) == -1)
		err(1, "connect to %s", address);
	int replies = 0;
	for (int question = 1; question <= count; question++) {
		if (dprintf(s, "%d HELLO!!", question) == -1) // one datagram
			err(1, "send");
		if (reply(s, question, milliseconds() + wait)) {
			printf("reply to %d\n", question);
			replies++;
		} else {
			printf("no reply to %d in time\n", question);
		}
	}
	exit(replies == 0);
}

int main(int argc, char **argv)
{
	setlinebuf(stdout); // each line is seen at once, through a pipe as well
	if (argc == 2 && strcmp(argv[1], "server") == 0)
		server();
	else if (argc == 5 && strcmp(argv[1], "client") == 0)
		client(argv[2], atoi(argv[3]), atoi(argv[4]));
	else
		errx(1, "usage: server, or client ADDRESS MILLISECONDS COUNT");
}
