import { mergedColor, UNSPECIFIED, type Color } from '../media/color.ts';
import type { OtherVideoTrack, TrackId } from '../media/track.ts';
import { writeAv1Config } from './av1/config.ts';
import { withAv1Metadata, type Av1Unit } from './av1/frame.ts';
import { av1CodecString, av1Color, type Av1Sequence } from './av1/sequence.ts';
import { vpCodecString, vpLevel, writeVpConfig, type VpConfig } from './vpx/config.ts';
import { configAt, type VpKeyFrame } from './vpx/key-frame.ts';

/** What of a track its own frames do not tell. */
export interface Said {
  readonly id?: TrackId | undefined;
  /** By the publisher's word. */
  readonly color?: Color | undefined;
}

/** A sequence header OBU that says its size, and what is in it. */
export interface Av1Header {
  readonly unit: Uint8Array;
  readonly sequence: Av1Sequence;
}

/** @param metadata of the unit that the header came with @throws {CodecError} AV1_CONFIG */
export function av1Track(
  { unit, sequence }: Av1Header,
  { id = 'video', color: said }: Said = {},
  metadata: Av1Unit['metadata'] = [],
): OtherVideoTrack {
  const color = mergedColor(said, withAv1Metadata(av1Color(sequence), metadata));
  return {
    id,
    kind: 'video',
    codec: 'av1',
    config: writeAv1Config(unit),
    codecString: av1CodecString(sequence),
    width: sequence.width,
    height: sequence.height,
    ...(color ? { color } : {}),
  };
}

/** @param announced by the publisher's record, if there was one */
export function vpTrack(
  codec: 'vp9' | 'vp8',
  frame: VpKeyFrame,
  { id = 'video', color: said, announced }: Said & { readonly announced?: VpConfig | undefined } = {},
): OtherVideoTrack {
  const { width, height } = frame;
  const config = configAt(frame, announced, vpLevel(announced?.level ?? 0, width, height));
  const color = mergedColor(said, knownColor(config.color));
  return {
    id,
    kind: 'video',
    codec,
    config: writeVpConfig(config),
    codecString: vpCodecString(codec, config),
    width,
    height,
    ...(color ? { color } : {}),
  };
}

/** Colours of which nothing is known are none. */
function knownColor(color: Color): Color | undefined {
  const { primaries, transfer, matrix, fullRange } = color;
  const isKnown = fullRange || [primaries, transfer, matrix].some((point) => point !== UNSPECIFIED);
  return isKnown ? color : undefined;
}
