import type { Track, VideoCodec } from '../../../media/track.ts';
import { box, fullBox } from '../box.ts';
import { Mp4Error } from '../reader.ts';
import type { EntryForm } from './entry.ts';

/** Version and flags of a vpcC box. */
const VPCC_VERSION = 1;
const FULL_BOX_HEAD = 4;
/**
 * VP8 needs no configuration, and some who send it have none: profile 0, no level; 8 bits, 4:2:0, the range of television;
 * colours unspecified; nothing for the decoder's start.
 */
const PLAIN_VPCC = Buffer.of(0, 0, 0x82, 2, 2, 2, 0, 0);

/** A configuration that is a box's contents as it is. */
function plain(codec: VideoCodec, type: string, configType: string): EntryForm {
  return {
    type,
    configType,
    configBox: ({ config }) => box(configType, config),
    readConfig: ({ body }) => ({ codec, config: body }),
  };
}

/** VP Codec ISO Media File Format Binding: version 1. Before it had versions it was something else. */
function vp(codec: VideoCodec, type: string): EntryForm {
  return {
    type,
    configType: 'vpcC',
    configBox: ({ config }: Track) =>
      fullBox('vpcC', VPCC_VERSION, 0, config.length > 0 ? config : PLAIN_VPCC),
    readConfig: ({ body }) => {
      if (body.length < FULL_BOX_HEAD + PLAIN_VPCC.length || body[0] !== VPCC_VERSION)
        throw new Mp4Error(`a vpcC box of ${body.length} bytes, version ${body[0]}`);
      return { codec, config: body.subarray(FULL_BOX_HEAD) };
    },
  };
}

/**
 * AVC and HEVC: ISO/IEC 14496-15 §5.4.2, §8.4.1. Of HEVC `hvc1` and not `hev1`, which Apple's players do not take; parameter sets
 * that stand in frames as well do no harm. AV1: AV1 Codec ISO Media File Format Binding §2.2.
 */
export const PICTURES: Readonly<Record<VideoCodec, EntryForm>> = {
  avc: plain('avc', 'avc1', 'avcC'),
  hevc: plain('hevc', 'hvc1', 'hvcC'),
  av1: plain('av1', 'av01', 'av1C'),
  vp9: vp('vp9', 'vp09'),
  vp8: vp('vp8', 'vp08'),
};
