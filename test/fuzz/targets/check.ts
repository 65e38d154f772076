import assert from 'node:assert/strict';
import { BlockingReload, hasPlace } from '../../../src/inspect/check/blocking-reload.ts';
import { readMedia, type CheckedMedia } from '../../../src/inspect/check/checked-playlist.ts';
import { differenceBreaches, withSkipped } from '../../../src/inspect/check/delta.ts';
import { PartWatch } from '../../../src/inspect/check/part-watch.ts';
import { Standings } from '../../../src/inspect/check/standings.ts';
import { readMultivariant } from '../../../src/inspect/check/checked-multivariant.ts';
import { PlaylistHistory } from '../../../src/inspect/check/history.ts';
import { isMultivariant } from '../../../src/inspect/check/lines.ts';
import { scanPackets } from '../../../src/inspect/check/packet-scan.ts';
import { readText } from '../../../src/inspect/check/playlist-text.ts';
import { RULES, type Breach } from '../../../src/inspect/check/rules.ts';
import { dateBreaches, extinfBreaches } from '../../../src/inspect/check/seams.ts';
import { segmentBreaches } from '../../../src/inspect/check/segment-rules.ts';
import { textBreaches } from '../../../src/inspect/check/text-rules.ts';
import { InspectError } from '../../../src/inspect/errors.ts';
import { Findings } from '../../../src/inspect/findings.ts';
import { MediaLook } from '../../../src/inspect/media-look.ts';
import { TransportLook } from '../../../src/inspect/ts-look.ts';
import { TransportClock } from '../../../src/inspect/ts-packets.ts';
import { outcome, type Target } from '../engine/target.ts';
import { inspectTs, LIST_URL, MEDIA_PLAYLIST, playlist } from './inspect.ts';

/** Between two loads of the same playlist. */
const NEXT_LOAD = 0;
/** Longest sentence about one breach beside what it quotes. */
const MOST_WORDS = 2000;

function checkBreaches(breaches: readonly Breach[], bytes: number): void {
  assert.ok(breaches.length <= 4 * bytes + 16, `${breaches.length} breaches in ${bytes} bytes`);
  for (const { code, message } of breaches) {
    assert.ok(code in RULES, `rule ${code}`);
    assert.ok(message.length > 0 && message.length <= bytes + MOST_WORDS, `${message.length} letters`);
  }
}

function loadsOf(bytes: Buffer): Buffer[] {
  const loads: Buffer[] = [];
  for (let at = 0; at <= bytes.length;) {
    const end = bytes.indexOf(NEXT_LOAD, at);
    loads.push(bytes.subarray(at, end < 0 ? bytes.length : end));
    at = end < 0 ? bytes.length + 1 : end + 1;
  }
  return loads;
}

const LOW_LATENCY = `#EXTM3U
#EXT-X-VERSION:9
#EXT-X-TARGETDURATION:1
#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,CAN-SKIP-UNTIL=6,HOLD-BACK=3,PART-HOLD-BACK=1.5
#EXT-X-PART-INF:PART-TARGET=0.5
#EXT-X-MEDIA-SEQUENCE:5
#EXT-X-MAP:URI="i.mp4"
#EXTINF:1,
5.m4s
#EXT-X-PART:DURATION=0.5,URI="6.0.m4s",INDEPENDENT=YES
#EXT-X-PART:DURATION=0.5,URI="6.1.m4s"
#EXTINF:1,
6.m4s
#EXT-X-PART:DURATION=0.5,URI="7.0.m4s",INDEPENDENT=YES
#EXT-X-PRELOAD-HINT:TYPE=PART,URI="7.1.m4s"
#EXT-X-RENDITION-REPORT:URI="other.m3u8",LAST-MSN=7,LAST-PART=0
`;

export const checkPlaylist: Target = {
  name: 'check-playlist',
  holds:
    'playlists that the checker follows, load after load: any text is judged or refused with an InspectError, in sentences that are bounded',
  maxBytes: 16_384,
  deadlineMs: 150,
  seeds: () => [
    ...playlist.seeds(),
    Buffer.from(`${MEDIA_PLAYLIST}\0${MEDIA_PLAYLIST}`),
    Buffer.from(
      `${MEDIA_PLAYLIST.replace('#EXT-X-ENDLIST\n', '')}\0${MEDIA_PLAYLIST.replace(':5', ':6').replace('5.ts', '8.ts')}`,
    ),
    Buffer.from(`#EXTM3U\n#EXT-X-TARGETDURATION:1\n${'#EXTINF:1,\na\n'.repeat(40)}`),
    Buffer.from(
      `${LOW_LATENCY}\0${LOW_LATENCY.replace('#EXT-X-MAP:URI="i.mp4"\n#EXTINF:1,\n5.m4s', '#EXT-X-SKIP:SKIPPED-SEGMENTS=1')}`,
    ),
  ],
  words: [
    ...(playlist.words ?? []),
    '\0',
    '#EXT-X-MEDIA-SEQUENCE:',
    '#EXT-X-DISCONTINUITY\n',
    'a\n',
    '#EXT-X-SKIP:SKIPPED-SEGMENTS=',
  ],
  run(bytes) {
    const history = new PlaylistHistory();
    const parts = new PartWatch();
    const reloads = new BlockingReload(LIST_URL);
    const standings = new Standings();
    let last: CheckedMedia | undefined;
    let loads = 0;
    for (const load of loadsOf(bytes)) {
      const { text, lines, isUtf8 } = readText(load);
      checkBreaches(textBreaches(text, lines, isUtf8), bytes.length);
      outcome([InspectError], () => {
        if (isMultivariant(lines)) {
          readMultivariant(lines, LIST_URL);
          return;
        }
        const whole = withSkipped(last, readMedia(lines, LIST_URL));
        checkBreaches(whole.breaches, bytes.length);
        if (whole.lost) return;
        const { media } = whole;
        const change = history.see(media);
        checkBreaches(change.breaches, bytes.length);
        checkBreaches(dateBreaches(media.segments, 0), bytes.length);
        checkBreaches(parts.see(media), bytes.length);
        checkBreaches(last ? differenceBreaches(last, media) : [], bytes.length);
        const reload = reloads.next(media);
        assert.match(reload.url.protocol, /^http:$/, 'the same playlist is asked for');
        if (reload.place) assert.ok(!hasPlace(media, reload.place), 'what is asked for is not there yet');
        const claims: Breach[] = [];
        const times = { requestedAt: 2 * loads, arrivedAt: 2 * loads + 1, ageMs: 0 };
        standings.see(LIST_URL, { media, times }, (told) => claims.push(...told));
        checkBreaches(claims, bytes.length);
        last = media;
        loads++;
      });
    }
  },
};

const ONE_SEGMENT = readMedia(readText(Buffer.from(MEDIA_PLAYLIST)).lines, LIST_URL).segments[0]!;

export const checkSegment: Target = {
  name: 'check-segment',
  holds:
    'segments that the checker reads: any bytes are judged or refused with an InspectError, in sentences that are bounded',
  maxBytes: inspectTs.maxBytes,
  deadlineMs: 250,
  seeds: inspectTs.seeds,
  ...(inspectTs.words && { words: inspectTs.words }),
  run(bytes) {
    const scan = scanPackets(bytes);
    outcome([InspectError], () => {
      const look = new TransportLook({
        media: new MediaLook(),
        findings: new Findings(),
        clock: new TransportClock(),
      });
      look.push(bytes);
      look.end(false);
      const facts = { segment: ONE_SEGMENT, bytes: bytes.length, scan, look, independent: true };
      checkBreaches([...segmentBreaches(facts), ...extinfBreaches(facts, undefined)], bytes.length);
    });
  },
};
