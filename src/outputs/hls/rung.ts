import type { HlsContainer } from './file-names.ts';
import type { Variant } from './multivariant.ts';
import type { RenditionId } from './rendition-id.ts';

/** What is asked of a multivariant playlist. */
export interface HlsAsk {
  readonly container?: HlsContainer | undefined;
  readonly dvr: boolean;
}

/** Texts without quotes and line breaks. */
export interface SoundLabel {
  readonly name?: string;
  /** RFC 5646: `en`, `pt-BR`. */
  readonly language?: string;
}

/** A rendition as a multivariant playlist needs to know it. */
export interface Rung {
  /** Which of its stream's renditions. */
  readonly id: RenditionId;
  /** GROUP-ID of the sounds that go with it: renditions of one stream share them. */
  readonly group: string;
  readonly soundLabel: SoundLabel;
  readonly usualContainer: HlsContainer;
  /** Segments made so far. */
  readonly made: number;
  readonly isEnded: boolean;
  /** All segments start where a decoder can start. */
  readonly isIndependent: boolean;
  /** Another one whenever a multivariant playlist would say something else of it; no two renditions have the same. */
  readonly stamp: number;
  /** Undefined before the first segment, and where {@link refusal} says why not. */
  variant(ask: HlsAsk): Variant | undefined;
  /** Why there is no playlist in this container, in words; undefined: there is, or there may be. */
  refusal(ask: HlsAsk): string | undefined;
  /**
   * Calls back once, when so many segments have been made or it has ended without: at once if that is so now. Returns how to
   * give up, at any time.
   */
  whenMade(count: number, callback: () => void): () => void;
}
