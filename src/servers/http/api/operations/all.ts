import type { Operation } from '../operation.ts';
import { eventOperations } from './events.ts';
import { keyOperations } from './keys.ts';
import { multitrackOperations } from './multitrack.ts';
import { playbackOperations } from './playback.ts';
import { recordingOperations } from './recordings.ts';
import { relayOperations } from './relays.ts';
import { serverOperations } from './server.ts';
import { streamOperations } from './streams.ts';
import { visitOperations } from './visits.ts';

/** The table: routes, validation and the OpenAPI document all come from it. */
export const OPERATIONS: readonly Operation[] = [
  ...serverOperations,
  ...streamOperations,
  ...visitOperations,
  ...keyOperations,
  ...recordingOperations,
  ...relayOperations,
  ...playbackOperations,
  ...multitrackOperations,
  ...eventOperations,
];
