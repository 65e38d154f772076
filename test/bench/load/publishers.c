// publishers HOST PORT APP PREFIX FILE.flv COUNT SECONDS [HTTP_PORT PATH]
// COUNT publishers replay one FLV file in real time, over and over, to PREFIX0, PREFIX1, ... With a PATH, one viewer of it by
// HTTP-FLV measures how long each video frame takes from the publisher's send to the viewer's read. They begin spread over one GOP,
// as strangers do: in step, all would send their key frames, and all segments would be cut, at the same moment.
// Prints {"event":"publishing"}, then {"event":"second", ...} for each second of the probe, then {"event":"done", ...}.
#include "rtmp.h"
#include <poll.h>

enum { TABLE = 1 << 16, MAX_TAG = 1 << 22, MAX_SAMPLES = 1 << 20, PROBE_AFTER = 4, SPREAD_MS = 2000 };
// A publisher that the server has held up for longer than this sends late, and its viewers wait from when the frame was due.
static const double HELD_UP_SECONDS = 0.005;

typedef struct {
  uint32_t timestamp;
  int type, length;
  const uint8_t *body;
} Tag;

static Tag *tags;
static int tag_count;
static uint32_t file_ms;

// ---- the file ----

static uint32_t get24(const uint8_t *at) { return at[0] << 16 | at[1] << 8 | at[2]; }

static void read_file(const char *path) {
  FILE *file = fopen(path, "rb");
  if (!file) {
    perror(path);
    exit(1);
  }
  fseek(file, 0, SEEK_END);
  long size = ftell(file);
  rewind(file);
  uint8_t *bytes = malloc(size);
  if (fread(bytes, 1, size, file) != (size_t)size) exit(1);
  fclose(file);
  for (long at = 13; at + 11 < size;) {
    int length = get24(bytes + at + 1);
    if (at + 15 + length > size) break;
    if (tag_count % 4096 == 0) tags = realloc(tags, (tag_count + 4096) * sizeof *tags);
    uint32_t timestamp = get24(bytes + at + 4) | (uint32_t)bytes[at + 7] << 24;
    tags[tag_count++] = (Tag){timestamp, bytes[at] & 31, length, bytes + at + 11};
    at += 15 + length;
  }
  file_ms = tags[tag_count - 1].timestamp + 33;
}

static int is_configuration(const Tag *tag) {
  return (tag->type == VIDEO && tag->body[1] == 0) || (tag->type == AUDIO && tag->body[1] == 0) || tag->type == DATA;
}

// ---- publishing ----

static void send_all(int fd, const uint8_t *bytes, int count) {
  while (count > 0) {
    ssize_t sent = send(fd, bytes, count, MSG_NOSIGNAL);
    if (sent < 0) {
      perror("a publisher was cut off");
      exit(1);
    }
    bytes += sent, count -= sent;
  }
}

static void skip(int fd, int count) {
  static uint8_t rest[4096];
  while (count > 0) {
    ssize_t got = read(fd, rest, count < 4096 ? count : 4096);
    if (got <= 0) {
      fprintf(stderr, "the server closed the connection\n");
      exit(1);
    }
    count -= got;
  }
}

// Waits until the server has answered, however long its answer is.
static void await_answer(int fd) {
  static uint8_t rest[65536];
  struct pollfd one = {fd, POLLIN, 0};
  if (poll(&one, 1, 5000) > 0 && recv(fd, rest, sizeof rest, 0) <= 0) exit(1);
  usleep(5000);
  while (recv(fd, rest, sizeof rest, MSG_DONTWAIT) > 0) {
  }
}

static int start_publisher(struct sockaddr_in address, const char *app, const char *url, const char *name) {
  static uint8_t out[8192];
  static const uint8_t c2[HANDSHAKE_BYTES], chunk_size[4] = {0, 0, OUT_CHUNK >> 8, OUT_CHUNK & 0xff};
  int fd = socket(AF_INET, SOCK_STREAM, 0);
  no_delay(fd);
  if (connect(fd, (void *)&address, sizeof address)) {
    perror("connect");
    exit(1);
  }
  send_all(fd, out, write_c0c1(out));
  skip(fd, 2 * HANDSHAKE_BYTES + 1);
  send_all(fd, c2, sizeof c2);
  send_all(fd, out, write_message(out, (Head){.type = SET_CHUNK_SIZE, .csid = 2, .chunk = FIRST_CHUNK}, chunk_size, 4));
  send_all(fd, out, write_connect(out, app, url, OUT_CHUNK));
  await_answer(fd);
  send_all(fd, out, write_create_stream(out, OUT_CHUNK));
  await_answer(fd);
  Amf publish = {.length = 0};
  amf_string(&publish, "publish"), amf_number(&publish, 3), amf_null(&publish);
  amf_string(&publish, name), amf_string(&publish, "live");
  send_all(fd, out, write_command(out, 1, OUT_CHUNK, &publish));
  await_answer(fd);
  return fd;
}

static int write_tag(uint8_t *out, const Tag *tag, uint32_t timestamp) {
  static uint8_t data[MAX_TAG];
  Head head = {.type = tag->type, .stream = 1, .csid = tag->type == VIDEO ? 6 : 4, .chunk = OUT_CHUNK, .timestamp = timestamp};
  if (tag->type != DATA) return write_message(out, head, tag->body, tag->length);
  Amf name = {.length = 0};
  amf_string(&name, "@setDataFrame");
  memcpy(data, name.bytes, name.length);
  memcpy(data + name.length, tag->body, tag->length);
  return write_message(out, head, data, name.length + tag->length);
}

// ---- the probe: when was the frame with this body sent, and when did it arrive? ----

static struct { uint64_t key; double at; } sent[TABLE];
static double samples[MAX_SAMPLES], joined, first_picture;
static int sample_count, second_from;

static uint64_t key_of(const uint8_t *body, int length) {
  uint64_t key = 14695981039346656037u ^ length;
  for (int at = 0; at < length && at < 256; at++) key = (key ^ body[at]) * 1099511628211u;
  return key;
}

static void note_sent(const Tag *tag, double due) {
  uint64_t key = key_of(tag->body, tag->length);
  double time = now();
  sent[key % TABLE].key = key;
  sent[key % TABLE].at = time - due > HELD_UP_SECONDS ? due : time;
}

static void note_arrived(const uint8_t *body, int length, double at) {
  uint64_t key = key_of(body, length);
  if (first_picture == 0) first_picture = at;
  // What was sent before the viewer came is the GOP it starts with.
  if (sent[key % TABLE].key == key && sent[key % TABLE].at > joined && sample_count < MAX_SAMPLES)
    samples[sample_count++] = at - sent[key % TABLE].at;
}

typedef struct {
  int fd, header_seen, chunked, left, in_size;
  uint8_t *bytes;
  int count;
} Probe;

static Probe open_probe(struct sockaddr_in address, int port, const char *path) {
  char request[1024];
  Probe probe = {.fd = socket(AF_INET, SOCK_STREAM, 0), .bytes = malloc(4 * MAX_TAG), .in_size = 1};
  address.sin_port = htons(port);
  no_delay(probe.fd);
  joined = now();
  if (connect(probe.fd, (void *)&address, sizeof address)) {
    perror("probe");
    exit(1);
  }
  int count = snprintf(request, sizeof request, "GET %s HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", path);
  send_all(probe.fd, (uint8_t *)request, count);
  return probe;
}

// Appends what came, without the framing of chunked answers (some servers use it).
static void append(Probe *probe, const uint8_t *bytes, int count) {
  if (!probe->chunked) {
    memcpy(probe->bytes + probe->count, bytes, count);
    probe->count += count;
    return;
  }
  for (int at = 0; at < count;) {
    if (probe->in_size) {
      int digit = bytes[at++];
      if (digit == '\n') probe->in_size = probe->left == 0; // the empty line after a chunk's data has no digits
      else if (digit != '\r') probe->left = probe->left * 16 + (digit <= '9' ? digit - '0' : (digit | 32) - 'a' + 10);
      continue;
    }
    int take = count - at < probe->left ? count - at : probe->left;
    memcpy(probe->bytes + probe->count, bytes + at, take);
    probe->count += take, at += take, probe->left -= take;
    probe->in_size = probe->left == 0;
  }
}

static int skip_head(Probe *probe) {
  if (!probe->header_seen) {
    uint8_t *end = memmem(probe->bytes, probe->count, "\r\n\r\n", 4);
    if (!end) return 0;
    int head = end + 4 - probe->bytes, rest = probe->count - head;
    if (memmem(probe->bytes, 12, " 200", 4) == 0) {
      fprintf(stderr, "the probe was answered %.15s\n", probe->bytes);
      exit(1);
    }
    probe->chunked = memmem(probe->bytes, head, "chunked", 7) != 0;
    uint8_t *copy = malloc(rest + 1);
    memcpy(copy, end + 4, rest);
    probe->count = 0, probe->header_seen = 1;
    append(probe, copy, rest);
    free(copy);
  }
  if (probe->header_seen == 1 && probe->count >= 13) {
    memmove(probe->bytes, probe->bytes + 13, probe->count -= 13);
    probe->header_seen = 2;
  }
  return probe->header_seen == 2;
}

static void read_probe(Probe *probe) {
  static uint8_t buffer[1 << 18];
  ssize_t count = recv(probe->fd, buffer, sizeof buffer, MSG_DONTWAIT);
  if (count == 0) {
    fprintf(stderr, "the probe was cut off\n");
    exit(1);
  }
  if (count < 0) return;
  double at = now();
  append(probe, buffer, count);
  if (!skip_head(probe)) return;
  int from = 0;
  while (probe->count - from >= 15) {
    const uint8_t *tag = probe->bytes + from;
    int length = get24(tag + 1);
    if (probe->count - from < 15 + length) break;
    if ((tag[0] & 31) == VIDEO && tag[12] == 1) note_arrived(tag + 11, length, at);
    from += 15 + length;
  }
  memmove(probe->bytes, probe->bytes + from, probe->count -= from);
}

// ---- figures ----

static int by_value(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return x < y ? -1 : x > y;
}

static void print_distribution(double *values, int count) {
  qsort(values, count, sizeof *values, by_value);
  printf("{\"frames\":%d", count);
  if (count > 0)
    printf(",\"p50\":%.3f,\"p95\":%.3f,\"p99\":%.3f,\"max\":%.3f", values[count / 2] * 1e3, values[count * 95 / 100] * 1e3,
           values[count * 99 / 100] * 1e3, values[count - 1] * 1e3);
  printf("}");
}

static void print_curve(const double *sorted, int count) {
  static const double percents[] = {0, 1, 5, 10, 25, 50, 75, 90, 95, 98, 99, 99.5, 99.9, 100};
  int points = sizeof percents / sizeof *percents;
  printf(",\"curve\":[");
  for (int at = 0; at < points && count > 0; at++)
    printf("%s[%g,%.3f]", at ? "," : "", percents[at], sorted[(int)((count - 1) * percents[at] / 100)] * 1e3);
  printf("]");
}

static void end_second(int second) {
  static double copy[MAX_SAMPLES];
  int count = sample_count - second_from;
  memcpy(copy, samples + second_from, count * sizeof *copy);
  second_from = sample_count;
  printf("{\"event\":\"second\",\"second\":%d,\"latencyMs\":", second);
  print_distribution(copy, count);
  printf("}\n");
  fflush(stdout);
}

// ---- in real time ----

typedef struct {
  int fd, at;
  uint32_t base; // ms of the loops before this one
  double begun;
} Publisher;

static double latest;

// Sends what is due. Configurations are sent once: what follows of them in later loops is the same.
static void send_due(Publisher *one, int is_probed) {
  static uint8_t out[MAX_TAG + (1 << 16)];
  for (;;) {
    const Tag *tag = &tags[one->at];
    uint32_t timestamp = one->base + tag->timestamp;
    double due = one->begun + timestamp / 1e3, time = now();
    if (time < due) return;
    if (one->base == 0 || !is_configuration(tag)) {
      int length = write_tag(out, tag, timestamp);
      if (time - due > latest) latest = time - due;
      if (is_probed && tag->type == VIDEO) note_sent(tag, due);
      send_all(one->fd, out, length);
    }
    if (++one->at == tag_count) one->at = 0, one->base += file_ms;
  }
}

static void drain_answers(const Publisher *all, int count) {
  static uint8_t answers[65536];
  for (int index = 0; index < count; index++) {
    while (recv(all[index].fd, answers, sizeof answers, MSG_DONTWAIT) > 0) {
    }
  }
}

int main(int argc, char **argv) {
  if (argc != 8 && argc != 10)
    return fprintf(stderr, "usage: publishers HOST PORT APP PREFIX FILE.flv COUNT SECONDS [HTTP_PORT PATH]\n"), 2;
  struct sockaddr_in address = address_of(argv[1], atoi(argv[2]));
  int count = atoi(argv[6]), has_probe = argc == 10, probing = 0, second = 0;
  double seconds = atof(argv[7]), drained = 0;
  char url[512], name[256];
  Probe probe;
  allow_many_sockets();
  read_file(argv[5]);
  Publisher *all = calloc(count, sizeof *all);
  snprintf(url, sizeof url, "rtmp://%s:%s/%s", argv[1], argv[2], argv[3]);
  for (int index = 0; index < count; index++) {
    snprintf(name, sizeof name, "%s%d", argv[4], index);
    all[index].fd = start_publisher(address, argv[3], url, name);
  }
  printf("{\"event\":\"publishing\"}\n");
  fflush(stdout);
  double begun = now(), cpu_before = own_cpu();
  for (int index = 0; index < count; index++) all[index].begun = begun + SPREAD_MS / 1e3 * index / count;
  for (double time; (time = now() - begun) < seconds;) {
    if (has_probe && !probing && time > PROBE_AFTER) probe = open_probe(address, atoi(argv[8]), argv[9]), probing = 1;
    for (int index = 0; index < count; index++) send_due(&all[index], has_probe && index == 0);
    if (probing) {
      struct pollfd one = {probe.fd, POLLIN, 0};
      if (poll(&one, 1, 1) > 0) read_probe(&probe);
    } else usleep(500);
    if (probing && time >= second + 1) end_second(second = time);
    if (time - drained > 0.1) drain_answers(all, count), drained = time;
  }
  printf("{\"event\":\"done\",\"publishers\":%d,\"seconds\":%.1f,\"latestMs\":%.2f,\"ownCpuSeconds\":%.3f", count, seconds, latest * 1e3,
         own_cpu() - cpu_before);
  if (has_probe) {
    printf(",\"firstPictureMs\":%.2f,\"latencyMs\":", (first_picture - joined) * 1e3);
    print_distribution(samples, sample_count);
    print_curve(samples, sample_count);
  }
  printf("}\n");
  return 0;
}
