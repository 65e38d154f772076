import type { BitReader } from '../../bytes/bit-reader.ts';
import type { Color } from '../../media/color.ts';
import { pixelAspect, readSignal } from '../nal/vui.ts';

export interface HevcVui {
  readonly pixelAspect?: number;
  readonly frameRate?: number;
  readonly color?: Color;
}

/** ITU-T H.265 §E.2.1, as far as the timing. */
export function readHevcVui(bits: BitReader): HevcVui {
  const aspect = pixelAspect(bits);
  const color = readSignal(bits);
  const frameRate = tryFrameRate(bits);
  return {
    ...(aspect === undefined ? {} : { pixelAspect: aspect }),
    ...(frameRate === undefined ? {} : { frameRate }),
    ...(color ? { color } : {}),
  };
}

/** The colours stand in front of it and stay, where the rest is cut short. */
function tryFrameRate(bits: BitReader): number | undefined {
  try {
    if (bits.flag()) {
      bits.ue(); //                                chroma_sample_loc_type_top_field
      bits.ue(); //                                chroma_sample_loc_type_bottom_field
    }
    bits.skip(3); //                               neutral chroma, fields, their pictures' timing
    if (bits.flag()) for (let side = 0; side < 4; side++) bits.ue(); // default display window
    if (!bits.flag()) return undefined; //         vui_timing_info_present_flag
    const unitsInTick = bits.bits(32);
    const timeScale = bits.bits(32);
    return unitsInTick > 0 && timeScale > 0 ? timeScale / unitsInTick : undefined;
  } catch {
    return undefined;
  }
}
