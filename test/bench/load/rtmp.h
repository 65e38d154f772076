// What the load generators need of RTMP's client side: commands, messages, sockets, time. RTMP 1.0 clauses in brackets.
#pragma once
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { HANDSHAKE_BYTES = 1536, OUT_CHUNK = 60000, FIRST_CHUNK = 128, EXTENDED = 0xffffff };
enum { SET_CHUNK_SIZE = 1, AUDIO = 8, VIDEO = 9, DATA = 18, COMMAND = 20 };

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec + t.tv_nsec / 1e9;
}

// Seconds of processor time this process has used: a generator near one second a second is the bottleneck itself.
static double own_cpu(void) {
  struct rusage u;
  getrusage(RUSAGE_SELF, &u);
  return u.ru_utime.tv_sec + u.ru_stime.tv_sec + (u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6;
}

static void allow_many_sockets(void) {
  struct rlimit limit;
  getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

static struct sockaddr_in address_of(const char *host, int port) {
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
  inet_pton(AF_INET, host, &address.sin_addr);
  return address;
}

static void no_delay(int fd) {
  int one = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
}

// ---- AMF0 [AMF0 §2] ----

typedef struct {
  uint8_t bytes[2048];
  int length;
} Amf;

static void amf_put(Amf *to, const void *bytes, int count) {
  memcpy(to->bytes + to->length, bytes, count);
  to->length += count;
}

static void amf_name(Amf *to, const char *text) {
  uint16_t length = htons(strlen(text));
  amf_put(to, &length, 2);
  amf_put(to, text, strlen(text));
}

static void amf_string(Amf *to, const char *text) {
  amf_put(to, "\x02", 1);
  amf_name(to, text);
}

static void amf_number(Amf *to, double value) {
  uint64_t bits;
  memcpy(&bits, &value, 8);
  bits = __builtin_bswap64(bits);
  amf_put(to, "\x00", 1);
  amf_put(to, &bits, 8);
}

static void amf_null(Amf *to) { amf_put(to, "\x05", 1); }

// ---- messages [§5.3.1] ----

typedef struct {
  int type, stream, csid, chunk;
  uint32_t timestamp;
} Head;

static uint8_t *put24(uint8_t *to, uint32_t value) {
  to[0] = value >> 16, to[1] = value >> 8, to[2] = value;
  return to + 3;
}

static uint8_t *put32(uint8_t *to, uint32_t value) {
  to[0] = value >> 24;
  return put24(to + 1, value);
}

// Writes one message as chunks; returns its bytes. `out` needs length + 8 bytes per chunk + 18.
static int write_message(uint8_t *out, Head head, const uint8_t *body, int length) {
  int extended = head.timestamp >= EXTENDED;
  uint8_t *at = out;
  *at++ = head.csid;
  at = put24(at, extended ? EXTENDED : head.timestamp);
  at = put24(at, length);
  *at++ = head.type;
  uint32_t stream = head.stream; // the one little-endian field
  memcpy(at, &stream, 4);
  at += 4;
  if (extended) at = put32(at, head.timestamp);
  for (int from = 0; from < length;) {
    int count = length - from < head.chunk ? length - from : head.chunk;
    if (from > 0) {
      *at++ = 0xc0 | head.csid;
      if (extended) at = put32(at, head.timestamp);
    }
    memcpy(at, body + from, count);
    at += count, from += count;
  }
  return at - out;
}

static int write_command(uint8_t *out, int stream, int chunk, const Amf *body) {
  Head head = {.type = COMMAND, .stream = stream, .csid = 3, .chunk = chunk};
  return write_message(out, head, body->bytes, body->length);
}

static int write_c0c1(uint8_t *out) {
  out[0] = 3;
  memset(out + 1, 0, 8);
  for (int at = 9; at <= HANDSHAKE_BYTES; at++) out[at] = at * 13;
  return HANDSHAKE_BYTES + 1;
}

static int write_connect(uint8_t *out, const char *app, const char *url, int chunk) {
  Amf body = {.length = 0};
  amf_string(&body, "connect");
  amf_number(&body, 1);
  amf_put(&body, "\x03", 1);
  amf_name(&body, "app"), amf_string(&body, app);
  amf_name(&body, "flashVer"), amf_string(&body, "LNX 9,0,124,2");
  amf_name(&body, "tcUrl"), amf_string(&body, url);
  amf_put(&body, "\x00\x00\x09", 3);
  return write_command(out, 0, chunk, &body);
}

static int write_create_stream(uint8_t *out, int chunk) {
  Amf body = {.length = 0};
  amf_string(&body, "createStream");
  amf_number(&body, 2);
  amf_null(&body);
  return write_command(out, 0, chunk, &body);
}
