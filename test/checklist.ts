/**
 * The checklist: what users of live-streaming gateways have run into, one line each, and the tests that keep it from
 * happening here. `npm run checklist` runs just these tests and prints the table.
 */
export interface ChecklistLine {
  readonly line: number;
  /** What it looks like to those who suffer from it. */
  readonly symptom: string;
  /** By file, below `test`: exact names of tests; `*` where a test's name has a value in it that differs. */
  readonly tests: Readonly<Record<string, readonly string[]>>;
  /** What is not tested yet, and why. */
  readonly later?: string;
}

export const CHECKLIST: readonly ChecklistLine[] = [
  {
    line: 1,
    symptom: 'A strict encoder connects and never says what it wants to publish',
    tests: {
      'unit/rtmp/server-session-replies.test.ts': [
        'Larix is deaf to replies on other chunk streams: control on 2, calls on 3, status on 5, each header byte for byte',
        'the control messages of connect, byte for byte',
        'connect: window, bandwidth and chunk size on chunk stream 2, the result on 3',
        'cameras send control messages on any chunk stream: they count all the same',
      ],
      'unit/rtmp-out/rtmp-format.test.ts': [
        'a frame on the wire, written by hand from RTMP 1.0 §5.3.1',
        'audio, video and data have chunk streams and types of their own',
      ],
    },
  },
  {
    line: 2,
    symptom: 'A client ends the connection after the handshake: “S2 is not C1”',
    tests: {
      'unit/rtmp/handshake.test.ts': [
        'clients compare S2 with C1: the plain handshake gives it back byte for byte, S1 without a version',
        'Flash-era clients need digests, scheme *: S1 and S2 carry the signatures a player checks',
        'the handshake comes one byte at a time: the same answer after C1, the end after C2',
        'C0, C1 and C2 may be cut anywhere, and what is glued behind C2 is handed on',
        'a first byte of * is refused at once, in words',
      ],
    },
  },
  {
    line: 3,
    symptom: 'A hardware encoder waits for ever for the answer to a call',
    tests: {
      'unit/rtmp/server-session-replies.test.ts': [
        'encoders wait for the answer to * with transaction *',
        'commands before connect are not carried out',
      ],
    },
  },
  {
    line: 4,
    symptom: 'Stopping the encoder makes the server fall over, or publishes a second time',
    tests: {
      'unit/rtmp/server-session.test.ts': [
        'Wirecast stops with publish(*): it ends publishing, once, and is nothing without a publisher',
        'publish({}), publish(5) and the like are refused, and nothing is thrown',
        'the same publish again changes nothing; another name on the same stream is refused, the first goes on',
      ],
      'e2e/hostile.test.ts': ['every command with every wrong kind of argument'],
    },
  },
  {
    line: 5,
    symptom: 'The stream breaks after 4 hours and 39 minutes',
    tests: {
      'unit/rtmp/chunk-reader.test.ts': [
        'extended timestamps: each format, repeated or not, every chunk size, around 2^24 and 2^32',
        'a type 3 chunk may repeat the timestamp or not, cut anywhere',
        'time runs through 2^24 and 2^32 in small steps',
      ],
      'unit/time/wraps.test.ts': [
        'the stream dies after 4 h 39 m: encoders that send headers of type *',
        'a difference of 2^24 ms and more is a difference, not a time',
      ],
    },
  },
  {
    line: 6,
    symptom: 'Times explode where sound and picture share a chunk stream',
    tests: {
      'unit/rtmp/chunk-reader.test.ts': [
        'reads a delta below zero (audio and video on one chunk stream), wherever it is cut',
      ],
      'unit/time/wraps.test.ts': [
        'times explode: sound and picture share a chunk stream, so differences are below zero',
        'a clock that goes back a little and forth again: no frame is lost, none goes back',
      ],
      'unit/inputs/timeline.test.ts': [
        'negative deltas: late frames are never earlier than the one before, and the clock recovers',
      ],
    },
  },
  {
    line: 7,
    symptom: 'An unusual chunk header, and from there on everything is read as rubbish',
    tests: {
      'unit/rtmp/chunk-reader.test.ts': [
        'reads format 1 as the first of its chunk stream, wherever it is cut',
        'reads formats 2 and 3 as the first of their chunk streams: empty, of no type, wherever it is cut',
        'reads formats 1, 2 and 3 building on the header before, wherever it is cut',
        'reads format 3 after format 0: its time is the delta (§5.3.1.2.4), wherever it is cut',
        'keeps chunk stream * apart through all formats',
        'ends with RTMP_DESYNCHRONISED at noise instead of headers',
        '64 chunk streams are served, the 65th ends the connection',
      ],
    },
  },
  {
    line: 8,
    symptom: 'An encoder that sets an unusual chunk size, or sets it late, is refused or not understood',
    tests: {
      'unit/rtmp/chunk-reader.test.ts': [
        'a chunk size of * is taken as *',
        'Set Chunk Size takes effect at once, also in the middle of a message',
      ],
      'unit/rtmp/server-session.test.ts': [
        '“no track”: a chunk size that is set between publish and metadata is heeded, from the next chunk on',
      ],
    },
  },
  {
    line: 9,
    symptom: 'The encoder stops sending after some 4 GB',
    tests: {
      'unit/rtmp/acknowledgement.test.ts': [
        'encoders stop at 4 GB: the acknowledged sequence number runs over 2^32, again and again',
        'acknowledges although the peer never named a window, and although it named 0',
      ],
      'unit/rtmp/server-session.test.ts': [
        'acknowledges by the window that the peer names, and by our own if it names none',
      ],
    },
  },
  {
    line: 10,
    symptom: 'Metadata of a kind that nobody expected ends the connection, or the process',
    tests: {
      'unit/amf/amf0.test.ts': [
        'reads *',
        'refuses *',
        'nesting up to the limit is read and written, one more is not',
        'rubbish is an AmfError or values, never anything else',
      ],
      'unit/rtmp/server-session.test.ts': ['data * is *', 'a command * ends the connection with *'],
      'unit/rtmp/server-session-replies.test.ts': [
        'commands in AMF3 messages (type 17) are read as AMF0 behind a zero',
      ],
    },
  },
  {
    line: 11,
    symptom: 'No picture or no sound, because the metadata lied, came late or did not come',
    tests: {
      'e2e/tracks.test.ts': [
        'sound alone, though the metadata promises a picture',
        'a picture alone, though the metadata promises sound',
        'a configuration alone is no track',
        'sound that comes late',
        'lying, stringy and empty metadata, also in mid-stream: viewers are told what is true',
      ],
      'unit/stream/stream.test.ts': [
        'facts come from frames, not from what the publisher says',
        'or after a second of media if only one kind comes',
      ],
    },
  },
  {
    line: 12,
    symptom: 'Empty and odd media messages end the connection',
    tests: {
      'unit/inputs/flv-input.test.ts': [
        'command frames, ends of sequence and empty bodies are passed over without a word',
      ],
      'unit/tracks/aac.test.ts': [
        'empty audio messages, and AAC messages of one or two bytes, are nothing',
        'AAC before any header is left out, and the reason is told: once to the log, as a count to the API',
      ],
      'unit/rtmp/server-session.test.ts': ['empty audio and video are dropped and counted'],
      'e2e/hostile.test.ts': ['empty and broken media, with people watching'],
      'e2e/tracks.test.ts': ['`57 00`, empty audio and two bytes of AAC in between: nobody notices'],
    },
  },
  {
    line: 13,
    symptom: 'Black until the second key frame: what was sent before the verdict is lost',
    tests: {
      'unit/rtmp/server-session.test.ts': [
        'the first key frame is lost: media that comes before the verdict waits for it and is then delivered, in order, data as the rest of the gateway knows it',
        'media held for a publisher that is refused is gone',
        'a publisher that pours before it is let in is cut off: by bytes and by messages',
      ],
      'e2e/hostile.test.ts': ['media before the verdict'],
    },
  },
  {
    line: 14,
    symptom: 'The same URL means another stream in another encoder',
    tests: {
      'unit/rtmp/url.test.ts': ['address: *', 'address refused in words: *'],
      'unit/rtmp/server-session.test.ts': [
        'what the publisher is called, and by whom, from all that it said',
        'an address that is none is refused by the session, in words',
      ],
    },
  },
  {
    line: 15,
    symptom: 'A codec that is not carried leaves the encoder running and the viewers in the dark',
    tests: {
      'unit/inputs/flv-input.test.ts': [
        'codecs that are not carried are refused by name, with what to set instead',
      ],
      'e2e/tracks.test.ts': [
        'a codec that is not carried is refused by name, in the text that OBS shows, with what to set instead',
      ],
      'e2e/codecs-bad-input.test.ts': ['a publisher of * is told so by its name'],
      'e2e/codecs.test.ts': ['*: out of every door as it went in'],
    },
  },
  {
    line: 16,
    symptom: 'Green, garbled pictures: a length taken for a start code',
    tests: {
      'unit/avc/nal.test.ts': ['a unit of 256 to 511 bytes looks like a start code and is none'],
      'unit/tracks/framing.test.ts': [
        'NAL units of 256 to 511 bytes look like start codes and are none, in a stream that has shown its lengths',
        'start codes of 3 and 4 bytes inside AVCC: every output gets its own framing',
        'once Annex B, always Annex B: a frame that also reads as lengths is no exception',
        'a frame cut short whose length looks like a start code is left out, not taken for Annex B',
      ],
    },
  },
  {
    line: 17,
    symptom: 'Black on one phone, fine on the next: delimiters and parameter sets',
    tests: {
      'unit/mpegts/ts-muxer.test.ts': [
        'access unit: *',
        'a recovery point that starts a GOP gets the parameter sets too',
        'a set that changed in band stays in force for later key frames',
      ],
      'unit/tracks/framing.test.ts': [
        'what is in no transport stream: delimiters, filler, ends, alpha; one delimiter and the sets in force are',
      ],
      'unit/tracks/in-band.test.ts': [
        'a phone is turned: new sets in front of a key frame, no new sequence header',
      ],
    },
  },
  {
    line: 18,
    symptom: 'RTMP over TLS needs a helper in front, and the chain is incomplete',
    tests: {
      'e2e/tls.test.ts': [
        'ffmpeg publishes and plays over RTMPS when it can follow the chain to its root, and refuses another one',
      ],
      'e2e/tls-connections.test.ts': [
        'a client that does not trust the certificate is told to the operator',
        'another certificate is taken while viewers watch, as a pair or not at all',
      ],
    },
  },
  {
    line: 19,
    symptom: 'The stream or the player dies after 4.6 hours, 26.5 hours, 24.8 or 49.7 days',
    tests: {
      'unit/time/wraps.test.ts': [
        '*: RTMP, HTTP-FLV, WebSocket and HLS go on evenly; *',
        'HLS stops after 26.5 h (2^33 ticks): all times of the transport stream wrap together',
      ],
      'unit/mpegts/ts-muxer.test.ts': ['times wrap at 33 bits, all of them'],
      'unit/stream/sixty-days.test.ts': [
        'the player dies after 24.8 days: sixty days of *, viewers joining throughout, and no time reaches 2^31',
        'a publisher whose clock races: hours of it in one read, and no time reaches 2^31',
        'HLS over sixty days: its times wrap every 26.5 h, 54 times, without a seam',
      ],
      'e2e/time.test.ts': ['an encoder’s clock *: HLS and HTTP-FLV show every picture, the very same'],
    },
  },
  {
    line: 20,
    symptom: 'Decode times behind presentation times: composition times below zero',
    tests: {
      'unit/time/composition.test.ts': [
        'DTS is greater than PTS, the iPad refuses: composition times down to −* frames',
      ],
      'unit/inputs/flv-input.test.ts': ['composition time is signed'],
      'unit/mpegts/real-clip.test.ts': ['composition times below zero, as some encoders send them'],
      'e2e/time.test.ts': ['an encoder’s clock *: HLS and HTTP-FLV show every picture, the very same'],
    },
  },
  {
    line: 21,
    symptom:
      'Giant or negative durations after a jump of the clock; players wait for the other track for ever',
    tests: {
      'unit/time/jumps.test.ts': [
        'giant or negative durations: * jump by * between key frames',
        'players wait for sound for ever: *, but both come together',
        'sound follows the pictures’ jump *, with *: one new time line, one discontinuity',
      ],
      'unit/inputs/timeline.test.ts': [
        'both tracks jump by * ms, * first: one new time line, in step, close behind',
      ],
      'e2e/time.test.ts': ['an encoder’s clock *: HLS and HTTP-FLV show every picture, the very same'],
    },
  },
  {
    line: 22,
    symptom: 'Clicks in the sound, and sound that drifts from the picture over hours',
    tests: {
      'unit/inputs/sample-clock.test.ts': [
        '* samples at * Hz: six hours of truncated ms, and never a ms wrong',
        'three days at 44.1 kHz: the count is exact to the tick, as errors do not add up',
      ],
      'unit/time/sound.test.ts': [
        'clicks and drift: an hour of * is never a millisecond off its samples, nor a tick from frame to frame',
      ],
    },
  },
  {
    line: 23,
    symptom: 'Segments that do not start with a key frame, and lengths that do not add up',
    tests: {
      'unit/hls/hls-output.test.ts': [
        'a well-behaved stream: two seconds each, every one from a key frame, named from the clock',
        'lengths add up to the media, to the last frame',
      ],
      'unit/hls/real-clip.test.ts': ['a clip with B-frames as HLS, read by ffmpeg and by mux.js'],
      'e2e/judges.test.ts': [
        'each segment starts on an IDR picture, and the sum of EXTINF is the span of PTS to the millisecond',
      ],
    },
  },
  {
    line: 24,
    symptom: 'A discontinuity with every segment, because the encoder repeats its headers',
    tests: {
      'e2e/tracks.test.ts': [
        'the same configuration every second changes nothing anywhere',
        'another picture size in the middle: one discontinuity, and the configuration in line',
        'another size, told in band alone: ffmpeg decodes every frame in either size',
      ],
      'unit/inputs/flv-input.test.ts': [
        'the same configuration again is no change: the very same track object',
      ],
      'unit/tracks/in-band.test.ts': ['no change: *'],
      'unit/hls/hls-output.test.ts': [
        'another configuration: at its key frame, one discontinuity, and no frame of it in an old segment',
      ],
      'e2e/check.test.ts': [
        'nothing is wrong when the picture gets another size: one discontinuity, at the right segment',
      ],
    },
  },
  {
    line: 25,
    symptom: 'Players freeze when the publisher comes back: numbers went back, names were used again',
    tests: {
      'e2e/lives.test.ts': [
        'a publisher dies and comes back within the grace time: everybody stays and goes on',
        'names of segments are never used again, though the first show ran faster than time',
      ],
      'e2e/restart.test.ts': [
        'kill -9 in the middle of a stream, started again *: numbers go on and no name comes twice',
      ],
      'unit/lives/number-reserve.test.ts': [
        'whatever happens to the clock and to the process, no stream begins with a number that was used',
      ],
      'e2e/check.test.ts': [
        'nothing is wrong when the publisher is killed and comes back: numbers go on, names are new',
      ],
    },
  },
  {
    line: 26,
    symptom: '“Already publishing” for minutes after the Wi-Fi was gone',
    tests: {
      'e2e/takeover.test.ts': [
        'a half-open publisher is taken over at once by the same encoder; viewers of all four protocols stay',
        'what the old connection still sends after the takeover reaches nobody',
        'an encoder that connects twenty times in a second: the last one is on air, viewers stay',
      ],
    },
  },
  {
    line: 27,
    symptom: 'Low-latency HLS: players stop for good when parts are longer than promised',
    tests: {
      'unit/hls/low-latency.test.ts': [
        '* pictures a second, times in whole milliseconds, *',
        'jittered pictures keep the rule, whatever their times',
        'a hole in everything, a reconnect, another configuration: constants stay, the seam is told once',
        'sound alone',
      ],
      'unit/http/hls-blocking.test.ts': [
        'a part, a segment and what was before: each is waited for as long as it takes, and no longer',
        'numbers that nobody can wait for are refused at once, in words that a page may read',
        'when the source stalls, who waits is told so before the target duration is over',
      ],
      'e2e/low-latency.test.ts': [
        'real pictures: parts are told of as they are made, decode alone and together, and are the segment',
        'numbers far ahead and garbage are refused at once, numbers long past are answered at once',
      ],
      'browser/low-latency.test.ts': [
        'hls.js and the page are at most 2 s behind the encoder, without a stall',
      ],
    },
  },
  {
    line: 28,
    symptom: 'Players stall because TARGETDURATION changes, or is too small for GOPs of ten seconds',
    tests: {
      'unit/hls/hls-output.test.ts': ['TARGETDURATION never changes, whatever the key frames do'],
      'unit/time/stalls.test.ts': [
        'players stall or sit 24 s behind: a GOP of ten seconds is a TARGETDURATION of ten, which is so and stays so',
        'one key frame and then nothing at all for * s: a stall is no GOP',
      ],
    },
  },
  {
    line: 29,
    symptom: 'Players and proxies refuse the answers: HEAD, Range, OPTIONS, gzip',
    tests: {
      'e2e/http-answers.test.ts': [
        'OPTIONS tells what is allowed; other methods are 405',
        'a playlist: headers, ETag and 304, gzip and Vary',
        'a segment: Range, If-Range, 416, ETag',
        'HTTP-FLV: no chunks, no length, ends with the connection; HEAD; HTTP/1.0',
        'what is not there is 404 with a sentence, to GET and HEAD',
      ],
      'unit/http/hls-route.test.ts': ['gzip where asked for and switched on, with an entity tag of its own'],
    },
  },
  {
    line: 30,
    symptom: 'Segments are asked for without the token of the playlist',
    tests: {
      'e2e/gate-http.test.ts': [
        'HLS, closed: a token in the first address reaches everything, and its end cuts nobody',
      ],
    },
  },
  {
    line: 31,
    symptom: 'One viewer who does not read fills the memory, or holds up everybody',
    tests: {
      'unit/stream/slow-viewer.test.ts': [
        'a viewer that reads nothing for 10 minutes is closed within two minutes, and nothing is heaped up for it',
        'a viewer that reads at half the stream’s speed gets about every second GOP, whole, for half an hour, and is not closed',
        'a viewer that pauses for a minute and goes on gets the end of its GOP, then the newest, and is live again at once',
        'GOPs of 10 s at 20 Mb/s, far over the queue’s limit: who is quick enough loses nothing, not even when joining',
      ],
      'unit/http/slow-segment.test.ts': [
        'an HLS player that stops reading an answer is closed when nothing has moved for the time allowed',
        'an HLS player that reads an answer slowly, for much longer than that, gets all of it',
      ],
      'e2e/slow-viewer.test.ts': [
        '*: a viewer that stops reading for a while loses whole GOPs and goes on at a key frame; nobody else notices',
        '*: a viewer that never reads again is closed with the reason',
        'viewers that read at half the stream’s speed are not closed, get whole GOPs, and the quick one everything',
        '200 viewers who read nothing share what waits for them: the memory of about one, and the publisher is not held up',
        'what a viewer at half the speed was given can be decoded without a complaint',
      ],
    },
  },
  {
    line: 32,
    symptom: 'A stream of sound alone, or without key frames, fills the memory',
    tests: {
      'unit/stream/gop-cache.test.ts': [
        'out of memory after a day of sound alone: 24 hours, never more than a second kept, and always something to start from',
        'each bound by itself: just within stays, one more empties it until the next key frame',
        'out of memory: a publisher that never sends a second key frame, and one that never sends any',
      ],
    },
  },
  {
    line: 33,
    symptom: 'Long answers and silent WebSockets are cut off by time-outs, ours or those of a proxy',
    tests: {
      'e2e/behind-nginx.test.ts': [
        "FLV over HTTP and WebSocket outlasts nginx's time-outs as long as pictures come",
        'a WebSocket viewer who waits silently for a publisher is kept by pings',
      ],
    },
  },
  {
    line: 34,
    symptom: 'An encoder that is refused tries again for ever, or thinks it is on the air',
    tests: {
      'unit/rtmp/server-session-replies.test.ts': [
        'a refused publisher is told why, and never Publish.Start',
      ],
      'e2e/lives.test.ts': ['publishing from another machine is refused with the reason and never started'],
    },
    later: 'what OBS itself says is seen by `npm run test:obs`',
  },
  {
    line: 35,
    symptom: 'A name with .. in it reaches files that are not the gateway’s',
    tests: {
      'e2e/http-answers.test.ts': [
        'names with .. and other names that are not allowed are refused over HTTP, plain or encoded',
        'names with .. are refused over RTMP, plain or encoded, to publishers and players, and leave no stream',
        'odd request lines get an answer, and the gateway lives',
      ],
      'unit/http/stream-name.test.ts': [
        'whatever is accepted is one segment of a URL that means the same after any decoding',
      ],
      'unit/http/media-url.test.ts': [
        'whatever the path, nothing throws and no name gets through that could leave its folder',
      ],
    },
  },
  {
    line: 36,
    symptom: 'A few bytes that announce 16 MB each take all the memory',
    tests: {
      'unit/rtmp/budget.test.ts': [
        '64 messages of 16 MB announced at a time are refused; of the largest allowed, two fit',
        'what is announced costs its first space only; what has come costs at most twice its length',
      ],
      'unit/rtmp/chunk-reader.test.ts': ['ends with RTMP_MESSAGE_LENGTH at a message over 8 MiB'],
      'e2e/under-attack.test.ts': [
        '16 MB announced on each of 64 chunk streams, by 250 peers: a publisher and 20 viewers notice nothing, newcomers get in, memory is bounded',
      ],
    },
  },
  {
    line: 37,
    symptom: 'Rubbish from one peer ends the process for all',
    tests: {
      'e2e/hostile.test.ts': [
        'random bytes at both ports',
        'each kind of bad message ends its connection with its reason',
        'WebSocket frames that nobody may send',
      ],
      'unit/rtmp/chunk-reader.test.ts': [
        'rubbish ends in a ProtocolError or in messages, never in anything else',
      ],
      'fuzz/doors.test.ts': [
        'random bytes, broken chunks and broken commands at the RTMP port: the process lives, viewers go on',
        'broken requests at the HTTP port: the process lives, viewers go on',
        'garbage on an open WebSocket, and broken upgrades: the process lives, viewers go on',
      ],
      'e2e/under-attack.test.ts': [
        'random bytes at both ports: a publisher and 20 viewers notice nothing, newcomers get in, memory is bounded',
      ],
    },
  },
  {
    line: 38,
    symptom: 'Streams that are over are never forgotten',
    tests: {
      'e2e/cycles.test.ts': [
        '1,000 publish and unpublish cycles leave the heap flat, and no timers, sockets or listeners',
      ],
      'unit/stream/registry.test.ts': ['a thousand publishers come and go and nothing is left behind'],
    },
  },
  {
    line: 39,
    symptom: 'Stopping the service leaves players hanging',
    tests: {
      'e2e/command.test.ts': ['* in the middle of a stream ends it properly'],
      'e2e/endings.test.ts': [
        'the gateway stops: everybody who waits for a stream or a first segment gets an answer, at once',
      ],
    },
  },
  {
    line: 40,
    symptom: 'A recording cannot be played after the machine lost its power',
    tests: {
      'e2e/recording-crash.test.ts': [
        'what is there plays as it is, up to the last second, and is what the source has',
        'the next start closes the files as if they had been closed',
      ],
    },
  },
];
