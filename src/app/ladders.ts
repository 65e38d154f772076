import { streamName, type StreamName } from '../media/stream-name.ts';
import type { HlsOutput } from '../outputs/hls/hls-output.ts';
import { Ladder } from '../outputs/hls/ladder.ts';
import type { AnyHlsFile, HlsAsk, HlsPlaylist, HlsSource } from '../servers/http/hls-source.ts';
import type { LadderReport } from '../servers/http/stream-report.ts';
import type { HlsLives } from './hls-lives.ts';
import type { LadderGroups } from './ladder-groups.ts';

export interface LaddersOptions {
  readonly groups: LadderGroups;
  /** A stream's own HLS. */
  readonly find: (path: string) => HlsLives | undefined;
}

/** Streams that are one in HLS: a multivariant playlist over the media playlists of all that are there. */
export class Ladders {
  readonly #options: LaddersOptions;
  readonly #sources = new Map<string, LadderSource>();

  constructor(options: LaddersOptions) {
    this.#options = options;
  }

  /** What is asked for by this name: a ladder if one of its members is there, or the stream alone. */
  find(path: string): HlsSource | undefined {
    const { groups, find } = this.#options;
    const own = find(path);
    if (groups.isEmpty) return own;
    const known = this.#sources.get(path);
    const members = this.members(path);
    if (members.length < 2 || !members.some((member) => member !== path && find(member))) {
      this.#sources.delete(path);
      return own;
    }
    return known ?? this.#open(path);
  }

  /** Names of the streams that may be in a ladder; its namesake alone where there is none. */
  members(path: string): readonly string[] {
    const name = nameOf(path);
    return name ? this.#options.groups.members(name).map((member) => member.path) : [path];
  }

  /** Whoever plays the one may play the other, as a part of it. */
  covers(ladder: string, path: string): boolean {
    return !this.#options.groups.isEmpty && this.members(ladder).includes(path);
  }

  /** The ladder that a stream is in under another name; undefined: in none. */
  above(path: string): string | undefined {
    const name = nameOf(path);
    const ladder = name && this.#options.groups.ladderOf(name);
    return ladder && ladder.path !== path ? ladder.path : undefined;
  }

  /** Other members of the ladder that a stream is in, as far as they are on the air. */
  beside(name: StreamName): readonly HlsLives[] {
    const { groups, find } = this.#options;
    const ladder = groups.isEmpty ? undefined : groups.ladderOf(name);
    if (!ladder) return [];
    const others = groups.members(ladder).filter(({ path }) => path !== name.path);
    return others.flatMap(({ path }) => {
      const lives = find(path);
      return lives && !lives.newest.main.isEnded ? [lives] : [];
    });
  }

  /** What a stream's report says of its ladder; undefined: it is in none that shows more than itself. */
  report(name: StreamName, viewers: (path: string) => number): LadderReport | undefined {
    const { groups, find } = this.#options;
    const ladder = groups.isEmpty ? undefined : groups.ladderOf(name);
    if (!ladder) return undefined;
    const members = groups.members(ladder).flatMap(({ path }) => (find(path) ? [path] : []));
    if (members.every((path) => path === ladder.path)) return undefined;
    return { path: ladder.path, members, hlsViewers: viewers(ladder.path) };
  }

  #open(path: string): LadderSource {
    for (const known of this.#sources.keys())
      if (!this.members(known).some((member) => this.#options.find(member))) this.#sources.delete(known);
    const source = new LadderSource({
      own: () => this.#options.find(path),
      members: () => this.members(path).flatMap((member) => this.#options.find(member) ?? []),
    });
    this.#sources.set(path, source);
    return source;
  }
}

interface LadderSourceOptions {
  /** Of the stream that has the ladder's name. */
  readonly own: () => HlsLives | undefined;
  readonly members: () => readonly HlsLives[];
}

/** One ladder. Its files are those of its namesake; those of the others are asked for by their own names. */
class LadderSource implements HlsSource {
  readonly #options: LadderSourceOptions;
  readonly #ladder: Ladder;

  constructor(options: LadderSourceOptions) {
    this.#options = options;
    this.#ladder = new Ladder(() => this.#outputs());
  }

  multivariant(ask: HlsAsk): ReturnType<HlsSource['multivariant']> {
    return this.#ladder.multivariant(ask);
  }

  refusal(ask: HlsAsk): string | undefined {
    return this.#ladder.refusal(ask);
  }

  playlist(file: string): HlsPlaylist | undefined {
    return this.#options.own()?.playlist(file);
  }

  file(name: string): ReturnType<HlsSource['file']> {
    return this.#options.own()?.file(name);
  }

  whenFile(
    name: string,
    callback: (file: AnyHlsFile | undefined) => void,
  ): ReturnType<HlsSource['whenFile']> {
    return this.#options.own()?.whenFile(name, callback);
  }

  whenReady(callback: () => void, segments?: number): () => void {
    return this.#ladder.whenReady(callback, segments);
  }

  /** Members that have come to their end are not offered beside others that go on. */
  #outputs(): readonly HlsOutput[] {
    const lives = this.#options.members().map(({ newest }) => newest);
    const going = lives.filter(({ main }) => !main.isEnded);
    return (going.length > 0 ? going : lives).flatMap(({ rungs }) => rungs);
  }
}

function nameOf(path: string): StreamName | undefined {
  const [app = '', stream = ''] = path.split('/');
  const name = streamName(app, stream);
  return 'refused' in name ? undefined : name;
}
