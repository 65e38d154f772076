import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import type {
  HlsAsk,
  AnyHlsFile,
  HlsFile,
  HlsPlaylist,
  HlsSource,
  PlaylistForm,
  PlaylistPlace,
} from '../../src/servers/http/hls-source.ts';
import type { RenderedPlaylist } from '../../src/servers/http/playlist-answers.ts';

export function rendered(text: string): RenderedPlaylist {
  const etag = `"${createHash('sha256').update(text).digest('base64url').slice(0, 22)}"`;
  return { bytes: Buffer.from(text), etag, gzipped: () => gzipSync(text) };
}

/** A playlist of low latency that grows when the test says so: each segment has three parts. */
class FakePlaylist implements HlsPlaylist {
  ended = false;
  newest: { readonly msn: number; readonly parts: number } | undefined = { msn: 7, parts: 1 };
  lowLatency: HlsPlaylist['lowLatency'] = { targetDuration: 2, partTarget: 0.5 };
  /** How often it was asked to wake somebody up, and how many of these wait. */
  asked = 0;
  readonly waiting = new Map<() => void, PlaylistPlace>();
  /** What {@link rendered} was called with, each once for a change. */
  renderings: string[] = [];
  readonly #made = new Map<string, RenderedPlaylist>();

  rendered({ skip, dvr }: PlaylistForm): RenderedPlaylist | undefined {
    if (!this.newest) return undefined;
    const key = `${skip ? 'skip' : 'full'} ${dvr ? 'dvr' : 'short'}`;
    let made = this.#made.get(key);
    if (!made) {
      const { msn, parts } = this.newest;
      made = rendered(`#EXTM3U ${key} ${msn}.${parts}${this.ended ? ' end' : ''}`);
      this.#made.set(key, made);
      this.renderings.push(key);
    }
    return made;
  }

  has({ msn, part }: PlaylistPlace): boolean {
    const { newest } = this;
    if (!newest) return false;
    if (msn < newest.msn) return true;
    if (msn === newest.msn) return part === undefined || part < 3 || newest.parts > 0;
    return msn === newest.msn + 1 && part !== undefined && part < newest.parts;
  }

  when(place: PlaylistPlace, callback: () => void): () => void {
    this.asked++;
    if (this.ended || this.has(place)) {
      callback();
      return () => undefined;
    }
    this.waiting.set(callback, place);
    return () => this.waiting.delete(callback);
  }

  /** One more part; the third makes the segment whole. */
  grow(): void {
    const { msn, parts } = this.newest ?? { msn: 6, parts: 2 };
    this.newest = parts === 2 ? { msn: msn + 1, parts: 0 } : { msn, parts: parts + 1 };
    this.#changed();
  }

  end(): void {
    this.ended = true;
    this.#changed();
  }

  /** Others of its stream go on, and it is there no more. */
  leave(): void {
    this.newest = undefined;
    this.end();
  }

  #changed(): void {
    this.#made.clear();
    this.renderings = [];
    for (const [callback, place] of [...this.waiting]) {
      if (!this.ended && !this.has(place)) continue;
      this.waiting.delete(callback);
      callback();
    }
  }
}

/** A stream's HLS as the HTTP door sees it, which does what the test says. */
export class FakeHls implements HlsSource {
  readonly media = new FakePlaylist();
  readonly playlists = new Map<string, HlsPlaylist>([['media.m3u8', this.media]]);
  readonly files = new Map<string, HlsFile>([
    ['1.ts', { bytes: Buffer.from('0123456789'), etag: '"seg"', type: 'video/mp2t' }],
    ['7.m4s', { bytes: Buffer.from('segment'), etag: '"m4s"', type: 'video/mp4' }],
    ['init-1.mp4', { bytes: Buffer.from('init'), etag: '"init"', type: 'video/mp4' }],
  ]);
  readonly promised = new Map<string, ((file: AnyHlsFile | undefined) => void) | undefined>();
  readonly asks: HlsAsk[] = [];
  isReady = true;
  /** Segments in its playlists. */
  made = 6;
  readonly waiting = new Set<() => void>();

  multivariant(ask: HlsAsk): RenderedPlaylist | undefined {
    this.asks.push(ask);
    return this.isReady ? rendered('#EXTM3U multivariant') : undefined;
  }

  playlist(file: string): HlsPlaylist | undefined {
    return this.isReady ? this.playlists.get(file) : undefined;
  }

  file(name: string): HlsFile | undefined {
    return this.files.get(name);
  }

  whenFile(name: string, callback: (file: AnyHlsFile | undefined) => void): (() => void) | undefined {
    if (!this.promised.has(name)) return undefined;
    this.promised.set(name, callback);
    return () => this.promised.set(name, undefined);
  }

  whenReady(callback: () => void, segments = 1): () => void {
    if (this.isReady && this.made >= segments) {
      callback();
      return () => undefined;
    }
    this.waiting.add(callback);
    return () => this.waiting.delete(callback);
  }

  /** The first playlist is there, or with false the stream has ended without one. */
  settle(isReady: boolean): void {
    this.isReady = isReady;
    const waiting = [...this.waiting];
    this.waiting.clear();
    for (const callback of waiting) callback();
  }
}
