/** The parts of m3u8-parser 7 that `inspect` uses; the package has no types of its own. */
declare module 'm3u8-parser' {
  export interface ParsedSegment {
    readonly uri: string;
    readonly duration?: number;
    readonly discontinuity?: boolean;
    readonly byterange?: { readonly length: number; readonly offset: number };
    readonly key?: { readonly method: string };
    readonly map?: {
      readonly uri?: string;
      readonly byterange?: { readonly length: number; readonly offset: number };
    };
    readonly parts?: readonly ParsedPart[];
    /** As written; `programDateTime` is also there where it was only calculated. */
    readonly dateTimeString?: string;
    /** What parsers that were added have found. */
    readonly custom?: Readonly<Record<string, unknown>>;
  }
  export interface ParsedPart {
    readonly uri?: string;
    readonly duration?: number;
    readonly independent?: boolean;
  }
  export interface ParsedVariant {
    readonly uri: string;
    readonly attributes?: {
      readonly BANDWIDTH?: number;
      readonly 'AVERAGE-BANDWIDTH'?: string | number;
      readonly CODECS?: string;
      readonly RESOLUTION?: { readonly width?: number; readonly height?: number };
      readonly 'FRAME-RATE'?: number;
      readonly AUDIO?: string;
    };
  }
  export interface ParsedPlaylist {
    readonly version?: number;
    readonly targetDuration?: number;
    readonly mediaSequence?: number;
    readonly discontinuitySequence?: number;
    readonly playlistType?: string;
    readonly endList?: boolean;
    readonly independentSegments?: boolean;
    readonly segments: readonly ParsedSegment[];
    readonly partTargetDuration?: number;
    readonly serverControl?: {
      readonly canBlockReload?: boolean;
      readonly canSkipUntil?: number;
      readonly holdBack?: number;
      readonly partHoldBack?: number;
    };
    /** What stands behind the last whole segment. */
    readonly preloadSegment?: {
      readonly dateTimeString?: string;
      readonly parts?: readonly ParsedPart[];
      readonly preloadHints?: readonly { readonly uri?: string; readonly type?: string }[];
    };
    readonly renditionReports?: readonly { readonly uri?: string }[];
    readonly playlists?: readonly ParsedVariant[];
    readonly mediaGroups?: {
      readonly AUDIO: Readonly<Record<string, Readonly<Record<string, { readonly uri?: string }>>>>;
    };
  }
  export class Parser {
    readonly manifest: ParsedPlaylist;
    constructor(options?: { readonly uri?: string });
    on(name: 'warn' | 'info', listener: (event: { readonly message: string }) => void): void;
    /** `segment`: what it finds belongs to the segment behind it. */
    addParser(parser: {
      readonly expression: RegExp;
      readonly customType: string;
      readonly segment?: boolean;
    }): void;
    push(text: string): void;
    end(): void;
  }
}
