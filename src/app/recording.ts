import { join, resolve } from 'node:path';
import type { Settings } from '../config/schema.ts';
import { streamPattern } from '../media/stream-pattern.ts';
import type { EventFeed } from '../observe/events.ts';
import type { Log } from '../observe/log.ts';
import { Library } from '../outputs/recorder/library.ts';
import { RecorderRefusal } from '../outputs/recorder/recorder-report.ts';
import { Recorder, type RecordRule, type RecorderWishes } from '../outputs/recorder/recorder.ts';
import { ApiRefusal, type RecordingAdmin } from '../servers/http/api/parts.ts';
import type { After } from '../stream/registry.ts';

export interface RecordingOptions {
  /** In force now: rules and retention may change; the directory and the name's template may not. */
  readonly settings: () => Settings;
  readonly feed: EventFeed;
  /** Milliseconds, monotonic. */
  readonly now: () => number;
  /** Wall clock, ms. */
  readonly clock: () => number;
  readonly after: After;
  readonly log: Log;
}

/** In the data directory, where nothing else is said. */
const FOLDER = 'recordings';

export function createRecorder({ settings, feed, ...options }: RecordingOptions): Recorder {
  const { record, data } = settings();
  const dir = resolve(record.dir === '' ? join(data.dir, FOLDER) : record.dir);
  return new Recorder({
    ...options,
    wishes: () => wishesOf(settings().record),
    library: new Library(dir, record.name),
    events: feed,
  });
}

function wishesOf(record: Settings['record']): RecorderWishes {
  const rules = record.rules.flatMap(({ streams, ...rule }): RecordRule[] => {
    const pattern = streamPattern(streams);
    return 'refused' in pattern ? [] : [{ ...rule, pattern }]; // the settings have been checked
  });
  return { ...record, rules };
}

/** The recorder as the API knows it. */
export function recordingAdmin(recorder: Recorder): RecordingAdmin {
  return {
    list: ({ stream }) => Promise.resolve(recorder.list(stream)),
    find: (id) => recorder.find(id),
    remove: (id) => refusing(recorder.remove(id)),
    start: (stream, { formats }) => refusing(recorder.begin(stream, formats)),
    stop: (stream) => refusing(recorder.end(stream)),
  };
}

const STATUS: Readonly<Record<RecorderRefusal['code'], number>> = {
  'no such stream': 404,
  'no such recording': 404,
  'not recorded': 409,
  'recorded already': 409,
  'being written': 409,
  'not now': 503,
};

async function refusing<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof RecorderRefusal) throw new ApiRefusal(STATUS[error.code], error.message);
    throw error;
  }
}
