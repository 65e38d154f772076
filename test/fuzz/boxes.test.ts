import { spendOn } from './engine/spend.ts';
import { clipQuery, dvrIndex, flatMovie } from './targets/clip.ts';
import { mp4 } from './targets/mp4.ts';
import { tsCarriage } from './targets/ts-carriage.ts';

spendOn([mp4, tsCarriage, flatMovie, clipQuery, dvrIndex]);
