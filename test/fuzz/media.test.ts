import { spendOn } from './engine/spend.ts';
import { aacConfig, avcConfig, sps } from './targets/codecs.ts';
import { flv, flvBodies, flvColors } from './targets/flv.ts';
import { av1, hevcConfig, intakes, soundFrames } from './targets/modern.ts';
import { nal } from './targets/nal.ts';
import { publisher, webSocketFrame } from './targets/publisher.ts';

spendOn([flv, flvBodies, flvColors, avcConfig, sps, aacConfig, nal, publisher, webSocketFrame]);
spendOn([hevcConfig, av1, soundFrames, intakes]);
