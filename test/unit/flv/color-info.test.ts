import assert from 'node:assert/strict';
import { test } from 'node:test';
import { encodeAmf0 } from '../../../src/amf/amf0-writer.ts';
import { AmfError } from '../../../src/amf/errors.ts';
import { AmfObject, type AmfValue } from '../../../src/amf/value.ts';
import { readColorInfo, writeColorInfo } from '../../../src/containers/flv/color-info.ts';
import { COLOR_INFO } from '../../support/enhanced-bodies.ts';

const read = (info: AmfValue) => readColorInfo(encodeAmf0('colorInfo', info));
const config = (values: Record<string, AmfValue>) =>
  read(AmfObject.of({ colorConfig: AmfObject.of(values) }))?.color;

test('HDR10 as encoders send it', () => {
  assert.deepEqual(readColorInfo(COLOR_INFO), {
    color: {
      primaries: 9,
      transfer: 16,
      matrix: 9,
      fullRange: false,
      bitDepth: 10,
      mastering: {
        red: { x: 0.708, y: 0.292 },
        green: { x: 0.17, y: 0.797 },
        blue: { x: 0.131, y: 0.046 },
        white: { x: 0.3127, y: 0.329 },
        maxLuminance: 1000,
        minLuminance: 0.0001,
      },
      light: { maxCll: 1000, maxFall: 400 },
    },
  });
});

test('undefined and an empty object take back what was said; other names say nothing', () => {
  assert.deepEqual(read(undefined), { color: undefined });
  assert.deepEqual(read(AmfObject.of({})), { color: undefined });
  assert.deepEqual(read('HDR'), { color: undefined });
  assert.equal(readColorInfo(encodeAmf0('mood', AmfObject.of({ colorConfig: 1 }))), undefined);
  assert.equal(readColorInfo(Buffer.alloc(0)), undefined);
  const two = Buffer.concat([encodeAmf0('mood', 'blue'), COLOR_INFO]);
  assert.equal(readColorInfo(two)?.color?.transfer, 16, 'pairs before it are passed over');
});

test('an ECMA array will do', () => {
  const values = AmfObject.of({ transferCharacteristics: 18 }, 'ecma-array');
  assert.equal(read(AmfObject.of({ colorConfig: values }, 'ecma-array'))?.color?.transfer, 18);
});

test('what is missing, no number, or outside its range is not known', () => {
  const plain = { primaries: 2, transfer: 2, matrix: 2, fullRange: false };
  assert.deepEqual(config({}), plain);
  assert.deepEqual(
    config({ colorPrimaries: 256, transferCharacteristics: -1, matrixCoefficients: 1.5 }),
    plain,
  );
  assert.deepEqual(config({ colorPrimaries: NaN, transferCharacteristics: '16', bitDepth: 1e9 }), plain);
  const incomplete = AmfObject.of({ redX: 0.7, maxLuminance: 1000 });
  assert.deepEqual(read(AmfObject.of({ hdrMdcv: incomplete })), { color: undefined });
  const tooMuch = AmfObject.of({ maxCLL: 1e6, maxFall: 1 });
  assert.deepEqual(read(AmfObject.of({ hdrCll: tooMuch })), { color: undefined });
});

test('cut anywhere, it is refused as AMF that is cut', () => {
  for (let end = 1; end < COLOR_INFO.length; end++) {
    try {
      const color = readColorInfo(COLOR_INFO.subarray(0, end))?.color;
      assert.equal(color, undefined, `${end} bytes`);
    } catch (error) {
      assert.ok(error instanceof AmfError, String(error));
    }
  }
});

test('what is written is read again', () => {
  const hdr = readColorInfo(COLOR_INFO)?.color;
  assert.deepEqual(readColorInfo(writeColorInfo(hdr)), { color: hdr });
  const plain = { primaries: 1, transfer: 1, matrix: 1, fullRange: false };
  assert.deepEqual(readColorInfo(writeColorInfo(plain)), { color: plain });
  assert.deepEqual(readColorInfo(writeColorInfo(undefined)), { color: undefined }, 'taken back');
});
