/*
 * The plainest receiver and sender of datagrams with recvmmsg and sendmmsg, to be
 * measured against:
 *
 *     twin receive|detail GROUP PORT INTERFACE COUNT SIZE
 *     twin send GROUP PORT INTERFACE COUNT SIZE
 *
 * "detail" also asks for TTL and timestamp. For each line of its input it handles
 * COUNT datagrams, and prints how many it did, and the CPU time and the time in
 * nanoseconds.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

enum { BATCH = 64, KEPT = 2048, CONTROL = 192 };

static struct mmsghdr msgs[BATCH];
static struct iovec iovs[BATCH];
static struct sockaddr_in names[BATCH];
static _Alignas(8) char control[BATCH][CONTROL];
static struct datagram {
	struct sockaddr_in from;
	struct in_addr to;
	int interface, hops;
	struct timespec at;
	char *data;
	unsigned size;
} got[BATCH];

static void check(int failed, const char *what)
{
	if (failed) {
		perror(what);
		exit(1);
	}
}

static void set(int fd, int level, int option, int value, const char *what)
{
	check(setsockopt(fd, level, option, &value, sizeof value) < 0, what);
}

static long long now(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return t.tv_sec * 1000000000LL + t.tv_nsec;
}

static int receive(int fd, int count)
{
	int have = 0;

	while (have < count) {
		int i, n;

		for (i = 0; i < BATCH; i++) {
			msgs[i].msg_hdr.msg_namelen = sizeof names[i];
			msgs[i].msg_hdr.msg_controllen = CONTROL;
		}
		n = recvmmsg(fd, msgs, count - have < BATCH ? count - have : BATCH, MSG_WAITFORONE, NULL);
		check(n < 0, "recvmmsg");
		for (i = 0; i < n; i++) {
			struct msghdr *h = &msgs[i].msg_hdr;
			struct cmsghdr *c;
			struct datagram *d = &got[i];

			d->from = names[i];
			d->data = iovs[i].iov_base;
			d->size = msgs[i].msg_len;
			for (c = CMSG_FIRSTHDR(h); c; c = CMSG_NXTHDR(h, c)) {
				if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_PKTINFO) {
					struct in_pktinfo *p = (struct in_pktinfo *)CMSG_DATA(c);

					d->to = p->ipi_addr;
					d->interface = p->ipi_ifindex;
				} else if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_TTL) {
					memcpy(&d->hops, CMSG_DATA(c), sizeof d->hops);
				} else if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_TIMESTAMPNS) {
					memcpy(&d->at, CMSG_DATA(c), sizeof d->at);
				}
			}
		}
		have += n;
	}
	return have;
}

static int transmit(int fd, int count)
{
	int done = 0;

	while (done < count) {
		int n = sendmmsg(fd, msgs, count - done < BATCH ? count - done : BATCH, 0);

		check(n < 0, "sendmmsg");
		done += n;
	}
	return done;
}

int main(int argc, char **argv)
{
	static char data[BATCH][KEPT];
	struct sockaddr_in at = {.sin_family = AF_INET};
	int detail, sends, count, size, i, fd = socket(AF_INET, SOCK_DGRAM, 0);
	struct ip_mreqn group = {0};
	char line[16];

	check(argc != 7 || fd < 0, "twin");
	detail = !strcmp(argv[1], "detail");
	sends = !strcmp(argv[1], "send");
	inet_pton(AF_INET, argv[2], &group.imr_multiaddr);
	at.sin_port = htons(atoi(argv[3]));
	group.imr_ifindex = if_nametoindex(argv[4]);
	count = atoi(argv[5]);
	size = atoi(argv[6]);
	for (i = 0; i < BATCH; i++) {
		struct msghdr *h = &msgs[i].msg_hdr;

		iovs[i] = (struct iovec){data[i], sends ? size : KEPT};
		h->msg_iov = &iovs[i];
		h->msg_iovlen = 1;
		h->msg_name = &names[i];
		h->msg_namelen = sizeof names[i];
		h->msg_control = control[i];
		if (sends) {
			struct cmsghdr *c = (struct cmsghdr *)control[i];
			struct in_pktinfo *p = (struct in_pktinfo *)CMSG_DATA(c);

			names[i] = at;
			names[i].sin_addr = group.imr_multiaddr;
			c->cmsg_level = IPPROTO_IP;
			c->cmsg_type = IP_PKTINFO;
			c->cmsg_len = CMSG_LEN(sizeof *p);
			p->ipi_ifindex = group.imr_ifindex;
			inet_pton(AF_INET, "127.0.0.1", &p->ipi_spec_dst);
			h->msg_controllen = CMSG_SPACE(sizeof *p);
		}
	}
	if (!sends) {
		set(fd, SOL_SOCKET, SO_REUSEADDR, 1, "SO_REUSEADDR");
		set(fd, SOL_SOCKET, SO_RCVBUFFORCE, 512 << 20, "SO_RCVBUFFORCE");
		set(fd, IPPROTO_IP, IP_PKTINFO, 1, "IP_PKTINFO");
		if (detail) {
			set(fd, IPPROTO_IP, IP_RECVTTL, 1, "IP_RECVTTL");
			set(fd, SOL_SOCKET, SO_TIMESTAMPNS, 1, "SO_TIMESTAMPNS");
		}
		check(bind(fd, (struct sockaddr *)&at, sizeof at) < 0, "bind");
		check(setsockopt(fd, IPPROTO_IP, IP_ADD_MEMBERSHIP, &group, sizeof group) < 0, "join");
	}
	puts("ready");
	fflush(stdout);
	while (fgets(line, sizeof line, stdin)) {
		long long cpu = now(CLOCK_PROCESS_CPUTIME_ID), start = now(CLOCK_MONOTONIC);
		int n = sends ? transmit(fd, count) : receive(fd, count);

		printf("%d %lld %lld 0\n", n, now(CLOCK_PROCESS_CPUTIME_ID) - cpu, now(CLOCK_MONOTONIC) - start);
		fflush(stdout);
	}
	return 0;
}
