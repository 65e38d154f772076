/** What {@link spsOf} writes into a sequence parameter set. */
export interface SpsFields {
  readonly profile: number;
  readonly level: number;
  readonly id: number;
  readonly chromaFormat: number;
  readonly bitDepth: number;
  readonly orderType: number;
  readonly cycle: readonly number[];
  readonly macroblocksWide: number;
  readonly mapUnitsHigh: number;
  readonly progressive: boolean;
  readonly crop: { readonly right: number; readonly bottom: number };
  readonly timing: { readonly unitsInTick: number; readonly timeScale: number } | undefined;
}

/** ITU-T H.264 §7.3.2.1.1, from its writer's side: bits as text, in no hurry. */
class Bits {
  #text = '';

  u(value: number, count: number): this {
    this.#text += value.toString(2).padStart(count, '0');
    return this;
  }

  flag(value: boolean): this {
    return this.u(value ? 1 : 0, 1);
  }

  ue(value: number): this {
    const code = (value + 1).toString(2);
    this.#text += '0'.repeat(code.length - 1) + code;
    return this;
  }

  se(value: number): this {
    return this.ue(value > 0 ? 2 * value - 1 : -2 * value);
  }

  /** With the stop bit, and emulation prevention: §7.4.1. */
  done(): Buffer {
    const text = `${this.#text}1`;
    const plain = (text.match(/.{1,8}/g) ?? []).map((byte) => parseInt(byte.padEnd(8, '0'), 2));
    const out: number[] = [];
    for (const byte of plain) {
      if (byte <= 3 && out.at(-1) === 0 && out.at(-2) === 0) out.push(3);
      out.push(byte);
    }
    return Buffer.from(out);
  }
}

const HIGH = new Set([100, 122, 244]);

export function spsOf(sps: SpsFields): { bytes: Buffer; width: number; height: number } {
  const bits = new Bits().u(0x67, 8).u(sps.profile, 8).u(0, 8).u(sps.level, 8).ue(sps.id);
  const isHigh = HIGH.has(sps.profile);
  const format = isHigh ? sps.chromaFormat : 1;
  if (isHigh) {
    bits.ue(format);
    if (format === 3) bits.flag(false);
    bits
      .ue(sps.bitDepth - 8)
      .ue(sps.bitDepth - 8)
      .flag(false)
      .flag(false);
  }
  bits.ue(0).ue(sps.orderType);
  if (sps.orderType === 0) bits.ue(2);
  if (sps.orderType === 1) {
    bits.flag(false).se(-3).se(4).ue(sps.cycle.length);
    for (const offset of sps.cycle) bits.se(offset);
  }
  bits.ue(4).flag(false);
  bits
    .ue(sps.macroblocksWide - 1)
    .ue(sps.mapUnitsHigh - 1)
    .flag(sps.progressive);
  if (!sps.progressive) bits.flag(true);
  bits.flag(true).flag(true).ue(0).ue(sps.crop.right).ue(0).ue(sps.crop.bottom);
  writeVui(bits, sps.timing);
  const fields = sps.progressive ? 1 : 2;
  const unitX = format === 1 || format === 2 ? 2 : 1;
  const unitY = (format === 1 ? 2 : 1) * fields;
  return {
    bytes: bits.done(),
    width: 16 * sps.macroblocksWide - unitX * sps.crop.right,
    height: 16 * sps.mapUnitsHigh * fields - unitY * sps.crop.bottom,
  };
}

function writeVui(bits: Bits, timing: SpsFields['timing']): void {
  bits.flag(timing !== undefined);
  if (!timing) return;
  bits.flag(false).flag(false).flag(false).flag(false).flag(true);
  bits.u(timing.unitsInTick, 32).u(timing.timeScale, 32).flag(true);
  bits.flag(false).flag(false).flag(false).flag(false);
}
