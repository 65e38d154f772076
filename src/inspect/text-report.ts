import type { EndReason, MediaReport, TrackReport } from './report-media.ts';
import type { HlsReport, Report, StreamReport } from './report.ts';
import type { PlaylistReport, SegmentReport } from './report-playlist.ts';
import { colors, latency, movies } from './text-latency.ts';
import { COLUMNS, cut, cutFront, fixed, table, wrap } from './text-table.ts';

/** A report for people: at most {@link COLUMNS} columns wide. */
export function textReport(report: Report): string {
  const body = report.kind === 'hls' ? hls(report) : stream(report);
  return [...body, '', ...findings(report), ''].map(printable).join('\n');
}

/** Names come from the other end: a control character in one must not reach the terminal. */
export function printable(line: string): string {
  return line.replace(/[\p{Cc}\p{Cf}]/gu, '?');
}

const ENDED: Readonly<Record<EndReason, string>> = {
  end: 'read to its end',
  time: 'followed until the time was up',
  silence: 'followed until it stood still',
  stopped: 'followed until stopped',
  limit: 'read up to the limit',
  broken: 'read until it broke off',
};

function stream(report: StreamReport): string[] {
  const kind = report.kind === 'flv' ? 'FLV' : 'MPEG-TS';
  const how = `${report.live ? 'live, ' : ''}${ENDED[report.ended]}`;
  return [
    cutFront(report.source, COLUMNS),
    `${kind}, ${how}: ${size(report.bytes)}, ${fixed(report.spanSeconds)} s of media in ${fixed(report.lookedSeconds, 1)} s`,
    '',
    ...media(report),
    ...container(report),
  ];
}

function container({ flv, mpegts }: StreamReport): string[] {
  if (flv) {
    const flags = [flv.flags.video ? 'video' : '', flv.flags.audio ? 'audio' : '']
      .filter(Boolean)
      .join(' and ');
    const metadata = Object.entries(flv.metadata ?? {}).map(([name, value]) => `${name} ${String(value)}`);
    return [
      `FLV       ${flv.tags} tags; the header announces ${flags || 'nothing'}`,
      ...wrap('metadata  ', metadata.join(', ') || 'none'),
    ];
  }
  if (!mpegts) return [];
  const pcr = mpegts.longestPcrIntervalSeconds;
  const clock = pcr === undefined ? 'no PCR' : `PCR at most ${fixed(pcr)} s apart`;
  return [`MPEG-TS   ${mpegts.packets} packets; ${clock}; ${mpegts.continuityErrors} continuity errors`];
}

function hls(report: HlsReport): string[] {
  const what = `HLS ${report.playlistKind} playlist${report.live ? ', live' : ''}`;
  return [
    cutFront(report.source, COLUMNS),
    `${what}: ${size(report.bytes)} of segments in ${fixed(report.lookedSeconds, 1)} s`,
    ...(report.variants.length > 0 ? ['', ...variants(report)] : []),
    ...report.playlists.flatMap((one) => ['', ...playlist(one)]),
  ];
}

function variants(report: HlsReport): string[] {
  const columns = [
    { title: 'variant' },
    { title: 'BANDWIDTH', align: 'right' },
    { title: 'peak', align: 'right' },
    { title: 'AVERAGE', align: 'right' },
    { title: 'mean', align: 'right' },
    { title: 'RESOLUTION' },
    { title: 'RATE', align: 'right' },
    { title: 'CODECS' },
  ] as const;
  const rows = report.variants.map((one) => [
    cutFront(one.uri, 22),
    kilobits(one.bandwidth),
    kilobits(one.measuredPeak),
    kilobits(one.averageBandwidth),
    kilobits(one.measuredAverage),
    one.width === undefined ? '' : `${one.width}x${one.height ?? '?'}`,
    one.frameRate === undefined ? '' : String(one.frameRate),
    one.codecs ?? '',
  ]);
  return [
    'Variants (kbit/s; BANDWIDTH and AVERAGE as declared, peak segment and mean as measured)',
    ...table(columns, rows),
  ];
}

function playlist(one: PlaylistReport): string[] {
  const facts = [
    one.version === undefined ? '' : `version ${one.version}`,
    one.playlistType ?? '',
    `target duration ${one.targetDuration ?? '?'} s`,
    `media sequence ${one.firstMediaSequence}` +
      (one.lastMediaSequence === one.firstMediaSequence ? '' : ` to ${one.lastMediaSequence}`),
    one.independentSegments ? 'independent segments' : '',
    `read ${one.loads === 1 ? 'once' : `${one.loads} times`}`,
    one.live ? 'no end' : 'ended',
  ].filter(Boolean);
  const sums = `${fixed(one.extinfSumSeconds)} s by EXTINF, ${fixed(one.mediaSumSeconds)} s of media`;
  return [
    cut(`Playlist ${one.uri}`, COLUMNS),
    ...wrap('  ', facts.join('; ')),
    `  ${one.segments.length} segments, ${ENDED[one.ended]}: ${sums}`,
    '',
    ...segments(one.segments),
    '',
    ...media(one),
    ...movies(one),
    ...latency(one),
  ];
}

/** A long playlist is shown by its beginning and its end; `--json` has all of it. */
const SHOWN_AT_EACH_END = 15;

function segments(all: readonly SegmentReport[]): string[] {
  const columns = [
    { title: 'segment', align: 'right' },
    { title: 'EXTINF', align: 'right' },
    { title: 'media', align: 'right' },
    { title: 'off by ms', align: 'right' },
    { title: 'size', align: 'right' },
    { title: 'kbit/s', align: 'right' },
    { title: 'video', align: 'right' },
    { title: 'audio', align: 'right' },
    { title: 'starts with' },
    { title: '' },
  ] as const;
  const hidden = all.length - 2 * SHOWN_AT_EACH_END;
  const shown = hidden > 1 ? [...all.slice(0, SHOWN_AT_EACH_END), ...all.slice(-SHOWN_AT_EACH_END)] : all;
  const lines = table(columns, shown.map(segmentRow));
  if (hidden > 1) lines.splice(1 + SHOWN_AT_EACH_END, 0, `  … ${hidden} more …`);
  return lines;
}

function segmentRow(one: SegmentReport): string[] {
  const starts = [
    one.startsWithPat ? 'PAT' : '',
    one.startsWithPmt ? 'PMT' : '',
    one.fragments === undefined ? '' : one.fragments === 1 ? 'moof' : `${one.fragments} moof`,
    one.startsWithParameterSets && one.fragments === undefined ? 'SPS' : '',
    one.startsWithIdr ? (one.fragments === undefined ? 'IDR' : 'key') : '',
  ];
  const off = one.differenceSeconds;
  return [
    String(one.sequence),
    fixed(one.extinfSeconds),
    one.mediaSeconds === undefined ? '' : fixed(one.mediaSeconds),
    off === undefined ? '' : fixed(off * 1000, 1),
    size(one.bytes),
    kilobits(one.bitsPerSecond),
    one.video ? String(one.video.frames) : '',
    one.audio ? String(one.audio.frames) : '',
    starts.filter(Boolean).join(' '),
    one.error ?? (one.discontinuity ? 'discontinuity' : ''),
  ];
}

function media(report: MediaReport): string[] {
  const columns = [
    { title: 'track' },
    { title: 'codec' },
    { title: 'what' },
    { title: 'frames', align: 'right' },
    { title: 'kbit/s', align: 'right' },
    { title: 'first', align: 'right' },
    { title: 'last', align: 'right' },
    { title: 'span s', align: 'right' },
    { title: 'time' },
  ] as const;
  const rows = report.tracks.map((track) => [
    track.id.startsWith(track.kind) ? track.id : `${track.kind} ${track.id.replace(/^(pid|track) /, '')}`,
    track.codecString ?? cut(track.codec, 24),
    shape(track),
    String(track.frames),
    kilobits(track.bitsPerSecond),
    track.firstDtsSeconds === undefined ? '' : fixed(track.firstDtsSeconds),
    track.lastDtsSeconds === undefined ? '' : fixed(track.lastDtsSeconds),
    fixed(track.spanSeconds),
    timeline(track),
  ]);
  const { mean, peakSecond } = report.bitrate;
  const peak = peakSecond === undefined ? '' : `, ${kilobits(peakSecond)} kbit/s in the fullest second`;
  return [
    ...(rows.length > 0 ? [...table(columns, rows, ''), ''] : []),
    ...report.tracks.flatMap(colors),
    ...gops(report),
    ...(mean === undefined ? [] : [`bitrate   ${kilobits(mean)} kbit/s${peak}`]),
    ...start(report),
  ];
}

function shape(track: TrackReport): string {
  if (track.kind === 'audio') {
    if (track.sampleRate === undefined) return '';
    return `${track.sampleRate} Hz, ${track.channels === undefined ? '?' : track.channels} ch`;
  }
  const picture = track.width === undefined ? '' : `${track.width}x${track.height ?? '?'}`;
  return [picture, track.fps === undefined ? '' : `${Math.round(track.fps * 100) / 100} fps`]
    .filter(Boolean)
    .join(' ');
}

function timeline(track: TrackReport): string {
  if (track.frames === 0) return '';
  const odd = [
    track.jumpsBack.length > 0 ? `${track.jumpsBack.length} back` : '',
    track.gaps.length > 0 ? `${track.gaps.length} gaps` : '',
  ].filter(Boolean);
  return odd.join(', ') || 'steady';
}

function gops({ gops: found }: MediaReport): string[] {
  if (!found) return [];
  const { count, shortestSeconds, longestSeconds, meanSeconds, startsWithKeyFrame } = found;
  const lengths =
    shortestSeconds === undefined || longestSeconds === undefined || meanSeconds === undefined
      ? ''
      : shortestSeconds === longestSeconds
        ? `, each ${fixed(meanSeconds)} s`
        : `, ${fixed(shortestSeconds)} to ${fixed(longestSeconds)} s, mean ${fixed(meanSeconds)} s`;
  const begins = startsWithKeyFrame ? 'begins with a key frame' : 'does not begin with a key frame';
  return [`GOPs      ${count}${lengths}; ${begins}`];
}

function start({ audioStartsLaterSeconds: later }: MediaReport): string[] {
  if (later === undefined) return [];
  if (later === 0) return ['A/V       audio and video begin together'];
  return [`A/V       the ${later > 0 ? 'audio' : 'video'} begins ${fixed(Math.abs(later))} s later`];
}

function findings(report: Report): string[] {
  if (report.findings.length === 0) return ['Nothing odd was found.'];
  const lines = report.findings.flatMap(({ code, where, message }) =>
    wrap('  ', `${code}: ${where === undefined ? '' : `${where}: `}${message}`),
  );
  return ['Oddities', ...lines];
}

function kilobits(bits: number | undefined): string {
  return bits === undefined ? '' : String(Math.round(bits / 1000));
}

function size(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`;
  return bytes < 1e6 ? `${(bytes / 1e3).toFixed(1)} kB` : `${(bytes / 1e6).toFixed(2)} MB`;
}
