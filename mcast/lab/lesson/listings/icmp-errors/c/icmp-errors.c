// With IP_RECVERR the kernel keeps the ICMP errors that come back about
// datagrams, in a queue of the socket. It works without a connect, and says
// which host or router reports the error. IP_RECVERR is a Linux option.
//
//	./icmp-errors ask ADDRESS PORT MILLISECONDS
#include <arpa/inet.h>
#include <err.h>
#include <linux/errqueue.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static void ask(const char *address, int port, int wait)
{
	int s = socket(AF_INET, SOCK_DGRAM, 0);
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(port)};
	if (s == -1 || inet_pton(AF_INET, address, &to.sin_addr) != 1)
		errx(1, "%s is no address", address);
	// [
	int on = 1;
	if (setsockopt(s, IPPROTO_IP, IP_RECVERR, &on, sizeof on) == -1)
		err(1, "IP_RECVERR");
	// ]
	if (sendto(s, "?", 1, 0, (struct sockaddr *)&to, sizeof to) == -1)
		err(1, "sendto %s", address);
	struct pollfd p = {.fd = s}; // an error needs no events
	if (poll(&p, 1, wait) == 0) {
		puts("silence");
		exit(1);
	}
	char text[2000], about[500];
	struct iovec part = {.iov_base = text, .iov_len = sizeof text};
	struct msghdr m = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = about, .msg_controllen = sizeof about};
	// [
	if (recvmsg(s, &m, MSG_ERRQUEUE) == -1)
		err(1, "recvmsg");
	struct cmsghdr *first = CMSG_FIRSTHDR(&m);
	struct sock_extended_err *e = (struct sock_extended_err *)CMSG_DATA(first);
	struct sockaddr_in *from = (struct sockaddr_in *)SO_EE_OFFENDER(e);
	printf("ICMP type %d, code %d, from %s\n", e->ee_type, e->ee_code, inet_ntoa(from->sin_addr));
	// ]
}

int main(int argc, char **argv)
{
	setlinebuf(stdout); // each line is seen at once, through a pipe as well
	if (argc == 5 && strcmp(argv[1], "ask") == 0)
		ask(argv[2], atoi(argv[3]), atoi(argv[4]));
	else
		errx(1, "usage: ask ADDRESS PORT MILLISECONDS");
}
