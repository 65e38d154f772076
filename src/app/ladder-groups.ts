import { streamName, type StreamName } from '../media/stream-name.ts';
import { streamPattern, type StreamPattern } from '../media/stream-pattern.ts';

/** As in the settings; patterns have been checked. */
export interface GroupRule {
  readonly match: string;
  readonly suffixes: readonly string[];
}

interface Rule {
  readonly pattern: StreamPattern;
  readonly suffixes: readonly string[];
}

/** Which streams are one in HLS, by their names: `cam`, `cam_720` and `cam_480` are the ladder `cam`. */
export class LadderGroups {
  readonly #rules: () => readonly GroupRule[];
  #read: readonly GroupRule[] = [];
  #patterns: readonly Rule[] = [];

  /** @param rules in force now: they may change, and are another list then */
  constructor(rules: () => readonly GroupRule[]) {
    this.#rules = rules;
  }

  get isEmpty(): boolean {
    return this.#rules().length === 0;
  }

  /** Streams that a ladder may have, its namesake first; only that where no rule is for it. */
  members(name: StreamName): readonly StreamName[] {
    const rule = this.#all().find(({ pattern }) => pattern.matches(name));
    const beside = (rule?.suffixes ?? []).flatMap((suffix) => {
      const member = streamName(name.app, name.stream + suffix);
      return 'refused' in member ? [] : [member];
    });
    return [name, ...beside];
  }

  /** The ladder that a stream is in; undefined: in none. By its suffix before its own name. */
  ladderOf({ app, stream, path }: StreamName): StreamName | undefined {
    let own: StreamName | undefined;
    for (const { pattern, suffixes } of this.#all()) {
      for (const suffix of suffixes) {
        if (!stream.endsWith(suffix)) continue;
        const ladder = streamName(app, stream.slice(0, -suffix.length));
        // Of several rules for a ladder the first one counts.
        if (!('refused' in ladder) && this.members(ladder).some((member) => member.path === path))
          return ladder;
      }
      if (pattern.matches({ app, stream, path })) own ??= { app, stream, path };
    }
    return own;
  }

  #all(): readonly Rule[] {
    const rules = this.#rules();
    if (rules === this.#read) return this.#patterns;
    this.#read = rules;
    this.#patterns = rules.flatMap(({ match, suffixes }) => {
      const pattern = streamPattern(match);
      return 'refused' in pattern ? [] : [{ pattern, suffixes }];
    });
    return this.#patterns;
  }
}
