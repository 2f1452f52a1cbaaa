/* The plainest echo server there is, to be measured against. It prints its port. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <sys/socket.h>

int main(void)
{
	static char data[65536];
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t size = sizeof at;
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	if (fd < 0 || bind(fd, (struct sockaddr *)&at, size) < 0 || getsockname(fd, (struct sockaddr *)&at, &size) < 0) {
		perror("echo");
		return 1;
	}
	printf("%d\n", ntohs(at.sin_port));
	fflush(stdout);
	for (;;) {
		struct sockaddr_in from;
		socklen_t length = sizeof from;
		ssize_t n = recvfrom(fd, data, sizeof data, 0, (struct sockaddr *)&from, &length);

		if (n < 0 || sendto(fd, data, n, 0, (struct sockaddr *)&from, length) < 0)
			perror("echo");
	}
}
