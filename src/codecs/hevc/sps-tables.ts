import type { BitReader } from '../../bytes/bit-reader.ts';
import { CodecError } from '../codec-error.ts';

/** num_short_term_ref_pic_sets is 0 to 64, num_long_term_ref_pics_sps 0 to 32: ITU-T H.265 §7.4.3.2.1. */
const MAX_SHORT_SETS = 64;
const MAX_LONG = 32;
/** Pictures in a set: as many as the buffer of decoded pictures holds. */
const MAX_PICTURES = 16;

/** scaling_list_data: ITU-T H.265 §7.3.4. */
export function skipScalingLists(bits: BitReader): void {
  for (let size = 0; size < 4; size++) {
    for (let matrix = 0; matrix < 6; matrix += size === 3 ? 3 : 1) {
      if (!bits.flag()) {
        bits.ue(); //                              scaling_list_pred_matrix_id_delta
        continue;
      }
      if (size > 1) bits.se(); //                  scaling_list_dc_coef_minus8
      const coefficients = Math.min(64, 1 << (4 + (size << 1)));
      for (let index = 0; index < coefficients; index++) bits.se();
    }
  }
}

/** The short-term reference picture sets and the long-term ones; `orderBits`: of a picture order count's lower part. */
export function skipReferenceSets(bits: BitReader, orderBits: number): void {
  const count = bits.ue();
  if (count > MAX_SHORT_SETS) throw new CodecError('HEVC_SPS', `${count} reference picture sets`);
  let pictures = 0;
  for (let index = 0; index < count; index++) pictures = skipReferenceSet(bits, index, pictures);
  if (!bits.flag()) return; //                     long_term_ref_pics_present_flag
  const long = bits.ue();
  if (long > MAX_LONG || orderBits > 16) throw new CodecError('HEVC_SPS', `${long} long-term pictures`);
  bits.skip(long * (orderBits + 1));
}

/** st_ref_pic_set: ITU-T H.265 §7.3.7. `former`: the pictures of the set before; the result: those of this one. */
function skipReferenceSet(bits: BitReader, index: number, former: number): number {
  if (index > 0 && bits.flag()) {
    bits.skip(1); //                               delta_rps_sign
    bits.ue(); //                                  abs_delta_rps_minus1
    let pictures = 0;
    for (let each = 0; each <= former; each++) if (bits.flag() || bits.flag()) pictures++;
    return pictures;
  }
  const negative = bits.ue();
  const positive = bits.ue();
  const pictures = negative + positive;
  if (pictures > MAX_PICTURES) throw new CodecError('HEVC_SPS', `a reference set of ${pictures} pictures`);
  for (let each = 0; each < pictures; each++) {
    bits.ue(); //                                  delta_poc_minus1
    bits.skip(1); //                               used_by_curr_pic_flag
  }
  return pictures;
}
