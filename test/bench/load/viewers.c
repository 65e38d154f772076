// viewers MODE HOST PORT PATH COUNT SECONDS PER_SECOND [REST_MS]
// Opens COUNT viewers of one stream, PER_SECOND each second, and reads all they are given. MODE: flv, ws or rtmp.
// Prints {"event":"steady"} when all have been there for three seconds, and the figures of the SECONDS after that; with SECONDS 0
// it goes on until it is stopped. A number on standard input makes the crowd grow to that many. Each second it prints
// {"event":"second", ...} with sums since the start. REST_MS: a rest between two rounds of reading, so that ten thousand viewers
// cost their machine little; a viewer then reads several frames at once.
#include "rtmp.h"
#include <sys/epoll.h>

enum { PONG_SECONDS = 8, READ_BYTES = 1 << 18, SETTLE_SECONDS = 3, MAX_VIEWERS = 20000, MAX_EVENTS = 4096, FROM_INPUT = UINT32_MAX };

typedef enum { CONNECTING, GREETING, CONNECTED, CREATING, WATCHING, CLOSED } State;

typedef struct {
  int fd;
  State state;
  uint64_t bytes, steady, asked_at, at_last_second;
  double opened, first; // seconds; `first` when media came
} Viewer;

typedef struct {
  const char *mode, *host, *path;
  char app[256], url[512];
  const char *stream;
  int port, count, per_second, rest_ms;
  double seconds;
} Job;

static Viewer *viewers;
static Job job;
static int poller, closed_early;

static void read_job(char **argv) {
  job = (Job){.mode = argv[1], .host = argv[2], .port = atoi(argv[3]), .path = argv[4], .count = atoi(argv[5]),
              .seconds = atof(argv[6]), .per_second = atoi(argv[7]), .rest_ms = argv[8] ? atoi(argv[8]) : 0};
  const char *slash = strchr(job.path, '/');
  if (strcmp(job.mode, "rtmp") || !slash) return;
  snprintf(job.app, sizeof job.app, "%.*s", (int)(slash - job.path), job.path);
  snprintf(job.url, sizeof job.url, "rtmp://%s:%d/%s", job.host, job.port, job.app);
  job.stream = slash + 1;
}

static void leave(Viewer *one) {
  if (one->state == CLOSED) return;
  close(one->fd);
  one->state = CLOSED;
  closed_early++;
}

static void tell(Viewer *one, const void *bytes, int count) {
  if (send(one->fd, bytes, count, MSG_NOSIGNAL) != count) leave(one); // a socket takes a few kilobytes at once
}

static void open_viewer(int index) {
  struct sockaddr_in address = address_of(job.host, job.port);
  Viewer *one = &viewers[index];
  struct epoll_event event = {.events = EPOLLOUT | EPOLLIN, .data.u32 = index};
  one->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
  if (one->fd < 0) {
    perror("socket");
    exit(1);
  }
  one->opened = now();
  no_delay(one->fd);
  connect(one->fd, (void *)&address, sizeof address);
  epoll_ctl(poller, EPOLL_CTL_ADD, one->fd, &event);
}

static void greet(Viewer *one, int index) {
  static uint8_t request[4096];
  const char *upgrade = strcmp(job.mode, "ws") ? ""
    : "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
      "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
  struct epoll_event event = {.events = EPOLLIN, .data.u32 = index};
  int error = 0, count;
  socklen_t size = sizeof error;
  getsockopt(one->fd, SOL_SOCKET, SO_ERROR, &error, &size);
  if (error) return leave(one);
  epoll_ctl(poller, EPOLL_CTL_MOD, one->fd, &event);
  one->state = strcmp(job.mode, "rtmp") ? WATCHING : GREETING;
  if (one->state == GREETING) count = write_c0c1(request);
  else count = snprintf((char *)request, sizeof request, "GET %s HTTP/1.1\r\nHost: %s\r\n%s\r\n", job.path, job.host, upgrade);
  tell(one, request, count);
}

// The next step of an RTMP player, once the answer to the one before is there.
static void go_on(Viewer *one) {
  static uint8_t out[4096];
  static const uint8_t c2[HANDSHAKE_BYTES];
  if (one->state == GREETING && one->bytes >= 2 * HANDSHAKE_BYTES + 1) {
    one->state = CONNECTED; // first: a connection that is lost while we speak stays CLOSED
    tell(one, c2, sizeof c2);
    tell(one, out, write_connect(out, job.app, job.url, FIRST_CHUNK));
  } else if (one->state == CONNECTED && one->bytes > 2 * HANDSHAKE_BYTES + 200) {
    one->asked_at = one->bytes;
    one->state = CREATING;
    tell(one, out, write_create_stream(out, FIRST_CHUNK));
  } else if (one->state == CREATING && one->bytes > one->asked_at) {
    Amf play = {.length = 0};
    amf_string(&play, "play"), amf_number(&play, 3), amf_null(&play), amf_string(&play, job.stream);
    one->asked_at = one->bytes;
    one->state = WATCHING;
    tell(one, out, write_command(out, 1, FIRST_CHUNK, &play));
  }
}

static void receive(Viewer *one, int is_steady) {
  static uint8_t buffer[READ_BYTES];
  // What is only counted need not be copied out of the kernel: MSG_TRUNC throws it away there [tcp(7)].
  ssize_t count = recv(one->fd, buffer, sizeof buffer, one->state == WATCHING && one->first > 0 ? MSG_TRUNC : 0);
  if (count < 0 && errno == EAGAIN) return;
  if (count <= 0) return leave(one);
  one->bytes += count;
  if (is_steady) one->steady += count;
  if (one->state == WATCHING) {
    if (one->first == 0 && one->bytes > one->asked_at + 1000) one->first = now();
  } else go_on(one);
}

// Starved: watching, and nothing came for a second.
static void end_second(int opened) {
  uint64_t bytes = 0;
  int starved = 0;
  for (int index = 0; index < opened; index++) {
    Viewer *one = &viewers[index];
    bytes += one->bytes;
    if (one->first > 0 && one->state != CLOSED && one->bytes == one->at_last_second) starved++;
    one->at_last_second = one->bytes;
  }
  printf("{\"event\":\"second\",\"at\":%.3f,\"viewers\":%d,\"bytes\":%llu,\"starved\":%d,\"closed\":%d,\"ownCpuSeconds\":%.3f}\n", now(),
         opened - closed_early, (unsigned long long)bytes, starved, closed_early, own_cpu());
  fflush(stdout);
}

// What is not read cannot be answered, so a WebSocket viewer says that it is there before it is asked [RFC 6455 5.5.3]: a server
// closes one that never answers a ping. In turns, an eighth of them each second.
static void say_alive(int opened, int second) {
  static const uint8_t pong[] = {0x8a, 0x80, 0, 0, 0, 0};
  if (strcmp(job.mode, "ws")) return;
  for (int index = second % PONG_SECONDS; index < opened; index += PONG_SECONDS)
    if (viewers[index].state == WATCHING && viewers[index].first > 0) tell(&viewers[index], pong, sizeof pong);
}

static void read_input(void) {
  char text[256];
  ssize_t count = read(0, text, sizeof text - 1);
  if (count <= 0) exit(0); // whoever started this is gone
  text[count] = 0;
  int wanted = atoi(text);
  if (wanted > job.count) job.count = wanted < MAX_VIEWERS ? wanted : MAX_VIEWERS;
}

static int by_value(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return x < y ? -1 : x > y;
}

static void report(double seconds, double cpu) {
  uint64_t least = UINT64_MAX, most = 0, total = 0;
  double *waits = malloc(job.count * sizeof *waits);
  int fed = 0, shown = 0;
  for (int index = 0; index < job.count; index++) {
    Viewer *one = &viewers[index];
    if (one->state == CLOSED) continue;
    if (one->steady > 1000) fed++;
    if (one->steady < least) least = one->steady;
    if (one->steady > most) most = one->steady;
    if (one->first > 0) waits[shown++] = (one->first - one->opened) * 1000;
    total += one->steady;
  }
  qsort(waits, shown, sizeof *waits, by_value);
  printf("{\"event\":\"done\",\"viewers\":%d,\"fed\":%d,\"closed\":%d,\"seconds\":%.3f,\"bytes\":%llu,\"least\":%llu,\"most\":%llu,"
         "\"firstMs\":{\"p50\":%.2f,\"p99\":%.2f,\"max\":%.2f},\"ownCpuSeconds\":%.3f}\n",
         job.count, fed, closed_early, seconds, (unsigned long long)total, (unsigned long long)least, (unsigned long long)most,
         shown ? waits[shown / 2] : -1, shown ? waits[shown * 99 / 100] : -1, shown ? waits[shown - 1] : -1, cpu);
}

int main(int argc, char **argv) {
  if (argc != 8 && argc != 9) return fprintf(stderr, "usage: viewers flv|ws|rtmp HOST PORT PATH COUNT SECONDS PER_SECOND [REST_MS]\n"), 2;
  read_job(argv);
  allow_many_sockets();
  viewers = calloc(MAX_VIEWERS, sizeof *viewers);
  poller = epoll_create1(0);
  struct epoll_event input = {.events = EPOLLIN, .data.u32 = FROM_INPUT};
  epoll_ctl(poller, EPOLL_CTL_ADD, 0, &input); // fails where standard input is a file: then nobody will say anything
  int opened = 0, second = 0;
  double begun = now(), steady_since = 0, cpu_before = 0, settled = job.count / (double)job.per_second + SETTLE_SECONDS, next_open = begun;
  for (;;) {
    static struct epoll_event events[MAX_EVENTS];
    double time = now();
    if (opened == job.count) next_open = time;
    for (; opened < job.count && time >= next_open; next_open += 1.0 / job.per_second) open_viewer(opened++);
    if (time - begun >= second + 1) end_second(opened), say_alive(opened, second = time - begun);
    if (steady_since == 0 && opened == job.count && time - begun > settled) {
      steady_since = time;
      cpu_before = own_cpu();
      printf("{\"event\":\"steady\"}\n");
      fflush(stdout);
    }
    if (job.seconds > 0 && steady_since > 0 && time - steady_since >= job.seconds) break;
    int count = epoll_wait(poller, events, MAX_EVENTS, 5);
    for (int at = 0; at < count; at++) {
      if (events[at].data.u32 == FROM_INPUT) {
        read_input();
        continue;
      }
      Viewer *one = &viewers[events[at].data.u32];
      if (one->state == CONNECTING && events[at].events & (EPOLLOUT | EPOLLERR)) greet(one, events[at].data.u32);
      if (one->state != CLOSED && events[at].events & (EPOLLIN | EPOLLHUP | EPOLLERR)) receive(one, steady_since > 0);
    }
    if (job.rest_ms > 0 && count < MAX_EVENTS) usleep(job.rest_ms * 1000);
  }
  report(now() - steady_since, own_cpu() - cpu_before);
  return 0;
}
