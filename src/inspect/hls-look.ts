import { InspectError } from './errors.ts';
import type { Findings } from './findings.ts';
import { MAX_PLAYLISTS } from './limits.ts';
import { bitsPerSecond } from './numbers.ts';
import { PlaylistLook, type PlaylistLookOptions } from './playlist-look.ts';
import type { MediaPlaylist, MultivariantPlaylist, Variant } from './playlist.ts';
import type { HlsReport } from './report.ts';
import type { PlaylistReport, VariantReport } from './report-playlist.ts';

export type HlsBody = Pick<HlsReport, 'kind' | 'playlistKind' | 'variants' | 'playlists' | 'live' | 'bytes'>;

/** Looks at a playlist that has been read already, and at all that it names. */
export async function lookAtHls(
  playlist: MediaPlaylist | MultivariantPlaylist,
  url: URL,
  options: PlaylistLookOptions,
): Promise<HlsBody> {
  if (playlist.kind === 'media') {
    const uri = url.pathname.slice(url.pathname.lastIndexOf('/') + 1) || url.href;
    const report = await new PlaylistLook(url, uri, options).run(playlist);
    return hlsBody('media', [], [report]);
  }
  for (const warning of playlist.warnings) options.findings.add('playlist-parser', warning);
  const playlists = await lookAtAll(playlist, options);
  const variants = playlist.variants.map((variant) => compareVariant(variant, playlists, options.findings));
  return hlsBody('multivariant', variants, playlists);
}

export function hlsBody(
  playlistKind: HlsReport['playlistKind'],
  variants: VariantReport[],
  playlists: PlaylistReport[],
): HlsBody {
  const bytes = playlists.flatMap((one) => one.segments).reduce((sum, segment) => sum + segment.bytes, 0);
  return { kind: 'hls', playlistKind, variants, playlists, live: playlists.some((one) => one.live), bytes };
}

/** All at once, because a live stream does not wait. One that fails is a finding, unless all do. */
async function lookAtAll(
  playlist: MultivariantPlaylist,
  options: PlaylistLookOptions,
): Promise<PlaylistReport[]> {
  const named = new Map([...playlist.variants, ...playlist.renditions].map(({ uri, url }) => [uri, url]));
  const chosen = [...named].slice(0, MAX_PLAYLISTS);
  if (chosen.length === 0) throw new InspectError('BROKEN', 'the multivariant playlist names no playlist');
  if (named.size > chosen.length) {
    const message = `only ${MAX_PLAYLISTS} of ${named.size} playlists were looked at`;
    options.findings.add('playlist-not-looked-at', message);
  }
  const looks = await Promise.allSettled(
    chosen.map(([uri, url]) => new PlaylistLook(url, uri, options).run()),
  );
  const reports = looks.filter((look) => look.status === 'fulfilled').map((look) => look.value);
  looks.forEach((look, index) => {
    if (look.status === 'fulfilled') return;
    if (!(look.reason instanceof InspectError) || reports.length === 0) throw look.reason;
    options.findings.add('playlist-unreachable', look.reason.message, chosen[index]![0]);
  });
  return reports;
}

/** What the multivariant playlist promises, beside what was found. */
export function compareVariant(
  variant: Variant,
  playlists: readonly PlaylistReport[],
  findings: Findings,
): VariantReport {
  const playlist = playlists.find((one) => one.uri === variant.uri);
  const readBytes = playlist?.segments.reduce((sum, segment) => sum + segment.bytes, 0) ?? 0;
  const measured = {
    measuredPeak: playlist?.peakSegmentBitsPerSecond,
    measuredAverage: readBytes === 0 ? undefined : bitsPerSecond(readBytes, playlist?.extinfSumSeconds ?? 0),
  };
  if (playlist) {
    findInRates(variant, measured, playlist.live ? LIVE_TOLERANCE : 1, findings);
    findInTracks(variant, playlist, findings);
  }
  return {
    uri: variant.uri,
    bandwidth: variant.bandwidth,
    averageBandwidth: variant.averageBandwidth,
    codecs: variant.codecs,
    width: variant.width,
    height: variant.height,
    frameRate: variant.frameRate,
    ...measured,
  };
}

/** A live stream's rates were promised before these segments were made; Apple's authoring rules forgive as much. */
const LIVE_TOLERANCE = 1.1;

function findInRates(
  variant: Variant,
  measured: Pick<VariantReport, 'measuredPeak' | 'measuredAverage'>,
  tolerance: number,
  findings: Findings,
): void {
  const pairs = [
    ['BANDWIDTH', variant.bandwidth, measured.measuredPeak],
    ['AVERAGE-BANDWIDTH', variant.averageBandwidth, measured.measuredAverage],
  ] as const;
  for (const [name, said, found] of pairs) {
    if (said === undefined || found === undefined || found <= said * tolerance) continue;
    findings.add('bandwidth-exceeded', `${name} is ${said}, measured were ${found} bit/s`, variant.uri);
  }
}

function findInTracks(variant: Variant, playlist: PlaylistReport, findings: Findings): void {
  const withFrames = playlist.tracks.filter((track) => track.frames > 0);
  const found = withFrames.map((track) => track.codecString).filter((codec) => codec !== undefined);
  const said = variant.codecs?.split(',').map((codec) => codec.trim());
  if (said && found.length > 0 && !found.every((codec) => said.some((one) => sameCodec(one, codec)))) {
    findings.add(
      'codecs-differ',
      `CODECS is "${said.join(',')}", found was "${found.join(',')}"`,
      variant.uri,
    );
  }
  const video = withFrames.find((track) => track.kind === 'video');
  if (!video) return;
  if (variant.width !== undefined && (variant.width !== video.width || variant.height !== video.height)) {
    const message = `RESOLUTION is ${variant.width}x${variant.height ?? '?'}, found was ${video.width ?? '?'}x${video.height ?? '?'}`;
    findings.add('resolution-differs', message, variant.uri);
  }
  if (
    variant.frameRate !== undefined &&
    video.fps !== undefined &&
    Math.abs(variant.frameRate - video.fps) > 1
  ) {
    const message = `FRAME-RATE is ${variant.frameRate}, measured were ${video.fps}`;
    findings.add('frame-rate-differs', message, variant.uri);
  }
}

/** ADTS cannot say that SBR or parametric stereo is in it: mp4a.40.5 and .29 look like .2 there. */
function sameCodec(said: string, found: string): boolean {
  const plain = (codec: string): string => codec.toLowerCase().replace(/^mp4a\.40\.(5|29)$/, 'mp4a.40.2');
  return plain(said) === plain(found);
}
