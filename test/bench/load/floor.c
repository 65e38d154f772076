// floor PORT BYTES_PER_SECOND PERIOD_MS
// The physical limit of fan-out: a server that does nothing but send one shared buffer to every viewer once a period.
// Viewers connect and are fed; what they ask is not read.
#include "rtmp.h"

enum { MAX_VIEWERS = 20000 };

static int listen_on(int port) {
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), one = 1;
  struct sockaddr_in address = address_of("127.0.0.1", port);
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
  if (bind(fd, (void *)&address, sizeof address) || listen(fd, 2048)) {
    perror("floor");
    exit(1);
  }
  return fd;
}

static void sleep_until(struct timespec *at, double period_ms) {
  at->tv_nsec += period_ms * 1e6;
  while (at->tv_nsec >= 1000000000) at->tv_nsec -= 1000000000, at->tv_sec++;
  clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, at, 0);
}

int main(int argc, char **argv) {
  if (argc != 4) return fprintf(stderr, "usage: floor PORT BYTES_PER_SECOND PERIOD_MS\n"), 2;
  double period_ms = atof(argv[3]);
  int size = atof(argv[2]) * period_ms / 1000, door = listen_on(atoi(argv[1])), count = 0;
  static int viewers[MAX_VIEWERS];
  char *batch = calloc(1, size);
  struct timespec at;
  allow_many_sockets();
  clock_gettime(CLOCK_MONOTONIC, &at);
  for (;;) {
    for (int fd; count < MAX_VIEWERS && (fd = accept4(door, 0, 0, SOCK_NONBLOCK)) >= 0;) {
      no_delay(fd);
      viewers[count++] = fd;
    }
    for (int index = 0; index < count; index++) {
      if (send(viewers[index], batch, size, MSG_NOSIGNAL) >= 0 || errno == EAGAIN) continue;
      close(viewers[index]);
      viewers[index--] = viewers[--count];
    }
    sleep_until(&at, period_ms);
  }
}
