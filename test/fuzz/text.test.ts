import { spendOn } from './engine/spend.ts';
import { checkPlaylist, checkSegment } from './targets/check.ts';
import { inspectFlv, inspectMp4, inspectTs, playlist } from './targets/inspect.ts';
import { multitrack } from './targets/multitrack.ts';
import { httpRequest, settings } from './targets/text.ts';

spendOn([
  httpRequest,
  playlist,
  inspectTs,
  inspectFlv,
  inspectMp4,
  checkPlaylist,
  checkSegment,
  settings,
  multitrack,
]);
