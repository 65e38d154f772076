import { pathToFileURL } from 'node:url';
import { FlvError } from '../containers/flv/reader.ts';
import { check } from './check/check.ts';
import { detectKind } from './detect.ts';
import { InspectError } from './errors.ts';
import { Findings } from './findings.ts';
import { FlvLook } from './flv-look.ts';
import { lookAtHls } from './hls-look.ts';
import { MAX_PLAYLIST_BYTES, MAX_STREAM_BYTES } from './limits.ts';
import { findInMedia } from './media-findings.ts';
import { MediaLook } from './media-look.ts';
import { rounded } from './numbers.ts';
import { readPlaylist } from './playlist.ts';
import { peek, readFrom, readRest } from './reading.ts';
import { REPORT_FORMAT, type Report, type StreamReport } from './report.ts';
import { openSource, targetUrl } from './open-source.ts';
import type { Source } from './source.ts';
import { TransportLook } from './ts-look.ts';
import { TransportClock } from './ts-packets.ts';

export interface InspectOptions {
  /** How long to look at what has no end of its own. */
  readonly seconds: number;
  /** Ends the look early; what was seen so far is reported. */
  readonly signal?: AbortSignal | undefined;
  /** Follow a playlist as a strict validator does, and put what it breaks into the report. */
  readonly check?: boolean | undefined;
}

/**
 * Looks at a file, an http(s) or a ws(s) URL and tells what is inside.
 *
 * @throws {InspectError} if nothing can be told about it
 */
export async function inspect(target: string, options: InspectOptions): Promise<Report> {
  const { signal } = options;
  if (options.check === true) return check(target, options);
  const url = targetUrl(target, pathToFileURL);
  const opened = await openSource(url, { signal });
  const { answer: kind, source } = await peek(opened, signal, (head, isAll) =>
    detectKind(head, isAll, target),
  );
  const startedAt = Date.now();
  const deadline = startedAt + options.seconds * 1000;
  const findings = new Findings();
  const head = (): { format: typeof REPORT_FORMAT; source: string; lookedSeconds: number } => ({
    format: REPORT_FORMAT,
    source: target,
    lookedSeconds: rounded((Date.now() - startedAt) / 1000, 3),
  });
  if (kind === 'hls') {
    const bytes = await readRest(source, 'the playlist', MAX_PLAYLIST_BYTES, signal);
    const playlist = readPlaylist(bytes.toString('utf8'), source.url);
    const report = await lookAtHls(playlist, source.url, { deadline, signal, findings });
    return { ...head(), ...report, findings: findings.list() };
  }
  const report = await lookAtStream(kind, source, { deadline, signal, findings });
  return { ...head(), ...report, findings: findings.list() };
}

interface StreamLookOptions {
  readonly deadline: number;
  readonly signal?: AbortSignal | undefined;
  readonly findings: Findings;
}

async function lookAtStream(
  kind: 'flv' | 'mpegts',
  source: Source,
  { deadline, signal, findings }: StreamLookOptions,
): Promise<Omit<StreamReport, 'format' | 'source' | 'lookedSeconds' | 'findings'>> {
  const live = source.size === undefined;
  const media = new MediaLook();
  const flv = kind === 'flv' ? new FlvLook(media, findings) : undefined;
  const mpegts = flv ? undefined : new TransportLook({ media, findings, clock: new TransportClock() });
  const limits = { maxBytes: MAX_STREAM_BYTES, deadline: live ? deadline : undefined, signal };
  const { ended, bytes, why } = await readFrom(source, limits, (chunk) => {
    if (flv) pushFlv(flv, chunk);
    else mpegts?.push(chunk);
  });
  if (ended === 'broken' && !media.hasFrames) throw new InspectError('BROKEN', why ?? 'it broke off');
  if (ended === 'broken') findings.add('framing-lost', why ?? 'it broke off');
  if (ended === 'silence') findings.add('silence', 'the stream stood still, and was no longer waited for');
  if (ended === 'limit')
    findings.add('stopped-at-limit', `only the first ${MAX_STREAM_BYTES} bytes were read`);
  (flv ?? mpegts)?.end(ended !== 'end');
  const report = media.report(bytes);
  findInMedia(report, findings);
  flv?.compare(report);
  return { kind, live, ended, bytes, flv: flv?.facts(), mpegts: mpegts?.facts(), ...report };
}

/** What is no longer FLV ends the look, as a broken connection does. */
function pushFlv(look: FlvLook, chunk: Uint8Array): void {
  try {
    look.push(chunk);
  } catch (error) {
    if (!(error instanceof FlvError)) throw error;
    throw new InspectError('BROKEN', error.message, { cause: error });
  }
}
