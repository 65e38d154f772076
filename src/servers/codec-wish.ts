import { AUDIO_CODECS, Tailoring, UNTAILORED, VIDEO_CODECS, type Codec } from '../outputs/flv/tailoring.ts';
import { announced } from '../outputs/rtmp/announced.ts';
import type { Enhanced } from '../protocols/rtmp/session/enhanced.ts';
import type { Query } from './http/media-url.ts';

/** Codecs by the names that people and specifications use in `?codecs=`, in small letters. */
const BY_NAME: ReadonlyMap<string, Codec> = new Map<string, Codec>([
  ...(['avc', 'h264', 'avc1'] as const).map((name) => [name, 'avc'] as const),
  ...(['hevc', 'h265', 'hvc1', 'hev1'] as const).map((name) => [name, 'hevc'] as const),
  ...(['av1', 'av01'] as const).map((name) => [name, 'av1'] as const),
  ...(['vp9', 'vp09'] as const).map((name) => [name, 'vp9'] as const),
  ...(['vp8', 'vp08'] as const).map((name) => [name, 'vp8'] as const),
  ...(['aac', 'mp4a'] as const).map((name) => [name, 'aac'] as const),
  ['opus', 'opus'],
  ['flac', 'flac'],
  ...(['ac3', 'ac-3'] as const).map((name) => [name, 'ac3'] as const),
  ...(['eac3', 'ec-3'] as const).map((name) => [name, 'eac3'] as const),
  ...(['mp3', '.mp3'] as const).map((name) => [name, 'mp3'] as const),
]);
/** Longest list that is looked at, characters. */
const MAX_LIST = 256;

/** What a viewer has asked for in its address. */
export interface CodecWish {
  /** Undefined: it has not said. */
  readonly codecs: ReadonlySet<Codec> | 'any' | undefined;
  readonly legacyHevc: boolean;
}

/**
 * `?codecs=avc,hevc,opus` names what a viewer can play (a kind of which none is named is not restricted), `?codecs=any` says
 * that it takes everything; `?hevc=legacy` wants HEVC by codec id 12. A text says what is wrong.
 */
export function codecWish(query: Query): CodecWish | string {
  const hevc = query.get('hevc');
  if (hevc !== null && hevc !== 'legacy' && hevc !== 'enhanced') return 'hevc is legacy or enhanced';
  const legacyHevc = hevc === 'legacy';
  const list = query.get('codecs');
  if (list === null || list === '') return { codecs: undefined, legacyHevc };
  if (list === 'any' || list === '*') return { codecs: 'any', legacyHevc };
  const names = list.slice(0, MAX_LIST).split(/[\s,]+/);
  const named = names.map((name) => BY_NAME.get(name.toLowerCase()));
  if (named.includes(undefined))
    return 'codecs is any, or a list out of avc, hevc, av1, vp9, vp8, aac, opus, flac, ac3, eac3, mp3';
  const codecs = new Set(named.filter((codec) => codec !== undefined));
  for (const kind of [VIDEO_CODECS, AUDIO_CODECS])
    if (!kind.some((codec) => codecs.has(codec))) for (const codec of kind) codecs.add(codec);
  return { codecs, legacyHevc };
}

const LEGACY_HEVC = new Tailoring({ legacyHevc: true });

/** What a viewer is given. `peer`: what it announced, where there is a way to; else who says nothing gets everything. */
export function tailoringFor({ codecs, legacyHevc }: CodecWish, peer?: Enhanced): Tailoring {
  if (codecs === undefined && peer) return announced(peer, legacyHevc);
  if (codecs === 'any' || codecs === undefined) return legacyHevc ? LEGACY_HEVC : UNTAILORED;
  return new Tailoring({ codecs, legacyHevc });
}
