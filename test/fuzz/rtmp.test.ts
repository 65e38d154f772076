import { spendOn } from './engine/spend.ts';
import { amf0 } from './targets/amf0.ts';
import { chunkTarget } from './targets/chunks.ts';
import { clientSession, handshake } from './targets/client-session.ts';
import { enhancedConnect } from './targets/enhanced.ts';
import { serverSession } from './targets/server-session.ts';
import { rtmpUrl } from './targets/text.ts';

spendOn([handshake, chunkTarget, amf0, serverSession, clientSession, rtmpUrl, enhancedConnect]);
