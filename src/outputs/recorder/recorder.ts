import type { FileHandle } from 'node:fs/promises';
import type { StreamPattern } from '../../media/stream-pattern.ts';
import type { EventFeed } from '../../observe/events.ts';
import type { Log } from '../../observe/log.ts';
import type { After } from '../../stream/registry.ts';
import type { Stream } from '../../stream/stream.ts';
import type { CatalogEntry } from './catalog.ts';
import { Keeper } from './keeper.ts';
import type { Library } from './library.ts';
import type { RecordingFormat } from './muxer.ts';
import { Past } from './past.ts';
import { problemText } from './problem-text.ts';
import { RecorderRefusal, type RecordingReport, type TakeReport } from './recorder-report.ts';
import type { RecordingFile, RecordingResult } from './recording-file.ts';
import type { RetentionRule } from './retention.ts';
import { StreamRecorder } from './stream-recorder.ts';
import { Take, type Rotation, type TakeListener } from './take.ts';

/** Streams that are recorded by themselves, from their beginning. */
export interface RecordRule extends Rotation {
  readonly pattern: StreamPattern;
  readonly formats: readonly RecordingFormat[];
}

/** What may change while the recorder runs: it counts for streams that begin from then on. */
export interface RecorderWishes extends RetentionRule {
  readonly rules: readonly RecordRule[];
  /** Of the past, kept in memory for each stream. */
  readonly preSeconds: number;
}

export interface RecorderOptions {
  /** In force now. */
  readonly wishes: () => RecorderWishes;
  readonly library: Library;
  /** Milliseconds, monotonic. */
  readonly now: () => number;
  /** Wall clock, ms. */
  readonly clock: () => number;
  readonly after: After;
  readonly log: Log;
  readonly events: Pick<EventFeed, 'tell'>;
}

interface Begun {
  readonly rotation: Rotation;
  /** Told of the first file. */
  readonly resolve?: (entry: CatalogEntry) => void;
  readonly reject?: (error: Error) => void;
}

/** How long a start waits for a key frame before it says that it waits. */
const START_WAIT_MS = 10_000;
/** What the disk has not taken by then after the end is left as it is: it is put right at the next start. */
const CLOSE_WAIT_MS = 5_000;

/** Records streams: by rule, and when told to. */
export class Recorder {
  readonly #options: RecorderOptions;
  readonly #keeper: Keeper;
  readonly #streams = new Map<Stream, StreamRecorder>();
  /** Recorders of streams that are over, until their files are closed. */
  readonly #ending = new Set<StreamRecorder>();
  /** Files being written, by the id of their recording. */
  readonly #active = new Map<string, RecordingFile>();

  constructor(options: RecorderOptions) {
    this.#options = options;
    this.#keeper = new Keeper({ ...options, rule: options.wishes, active: this.#active });
  }

  /** Opens the directory, and puts right what a crash left. What cannot be done now is said, and tried again later. */
  async start(): Promise<void> {
    await this.#keeper.start();
  }

  /** Closes all files; streams are to be ended before. */
  async stop(): Promise<void> {
    this.#keeper.stop();
    const recorders = [...this.#streams.values(), ...this.#ending];
    const closed = Promise.all(recorders.map((recorder) => recorder.stop('shutting down')));
    await Promise.race([closed, this.#elapse(CLOSE_WAIT_MS, closed)]);
  }

  /** A stream has come to be. */
  opened(stream: Stream): void {
    const { preSeconds, rules } = this.#options.wishes();
    const past = preSeconds > 0 ? new Past(preSeconds) : undefined;
    const recorder: StreamRecorder = new StreamRecorder(past, {
      ending: () => {
        this.#streams.delete(stream);
        this.#ending.add(recorder);
      },
      ended: () => this.#ending.delete(recorder),
    });
    this.#streams.set(stream, recorder);
    stream.attach(recorder);
    for (const rule of rules.filter(({ pattern }) => pattern.matches(stream.name)))
      for (const format of rule.formats)
        if (!recorder.takes.has(format)) this.#take(stream, format, { rotation: rule });
  }

  /** Newest first. */
  list(stream?: string): RecordingReport[] {
    return [...this.#options.library.entries]
      .filter((entry) => stream === undefined || entry.stream === stream)
      .sort((a, b) => b.startedAt - a.startedAt || (a.id < b.id ? -1 : 1))
      .map((entry) => this.#report(entry));
  }

  /** Undefined also for one whose file somebody has taken away. */
  async find(id: string): Promise<RecordingReport | undefined> {
    const entry = this.#options.library.get(id);
    if (!entry) return undefined;
    return (await this.#options.library.place.look(entry.path)) && this.#report(entry);
  }

  /** The file, to be read and closed by the caller; it may be one that is still being written. */
  async read(
    id: string,
  ): Promise<{ readonly recording: RecordingReport; readonly file: FileHandle } | undefined> {
    const entry = this.#options.library.get(id);
    if (!entry || !(await this.#options.library.place.look(entry.path))) return undefined;
    return { recording: this.#report(entry), file: await this.#options.library.place.openToRead(entry.path) };
  }

  /** @throws {RecorderRefusal} */
  async remove(id: string): Promise<void> {
    const entry = this.#options.library.get(id);
    if (!entry) throw new RecorderRefusal('no such recording', `there is no recording "${id}"`);
    if (this.#active.has(id))
      throw new RecorderRefusal('being written', `"${id}" is still being written; stop it first`);
    await this.#options.library.remove(entry);
    this.#options.log.info({ stream: entry.stream, recording: id }, 'recording removed');
  }

  /** Begins to record a stream; resolves when the files are there. @throws {RecorderRefusal} */
  async begin(path: string, formats: readonly RecordingFormat[]): Promise<RecordingReport[]> {
    const [stream, recorder] = this.#find(path);
    const wanted = [...new Set(formats)].filter((format) => !recorder.takes.has(format));
    if (wanted.length === 0)
      throw new RecorderRefusal(
        'recorded already',
        `"${path}" is being recorded already (${formats.join(', ')})`,
      );
    const rotation = this.#options.wishes().rules.find(({ pattern }) => pattern.matches(stream.name)) ?? {};
    const ready = wanted.map(
      (format) =>
        new Promise<CatalogEntry>((resolve, reject) =>
          this.#take(stream, format, { rotation, resolve, reject }),
        ),
    );
    const late = this.#elapse(START_WAIT_MS, Promise.allSettled(ready)).then(() => {
      throw new RecorderRefusal('not now', 'no key frame has come yet; recording begins with the next one');
    });
    late.catch(() => undefined);
    const entries = await Promise.race([Promise.all(ready), late]);
    return entries.map((entry) => this.#report(entry));
  }

  /** Ends all recording of a stream, until it is begun again or the stream comes back. @throws {RecorderRefusal} */
  async end(path: string): Promise<RecordingReport[]> {
    const [, recorder] = this.#find(path);
    if (recorder.takes.size === 0)
      throw new RecorderRefusal('not recorded', `"${path}" is not being recorded`);
    const ids = [...recorder.takes.values()].flatMap(({ file }) => file?.entry?.id ?? []);
    await recorder.stop('stopped');
    const { library } = this.#options;
    return ids.flatMap((id) => library.get(id) ?? []).map((entry) => this.#report(entry));
  }

  takes(): TakeReport[] {
    return [...this.#streams].flatMap(([stream, recorder]) =>
      [...recorder.takes].map(([format, { file, problem, leftOutFrames }]) => {
        return { stream: stream.name.path, format, recording: file?.entry?.id, problem, leftOutFrames };
      }),
    );
  }

  #find(path: string): [Stream, StreamRecorder] {
    const found = [...this.#streams].find(([stream]) => stream.name.path === path);
    if (!found) throw new RecorderRefusal('no such stream', `there is no stream "${path}" now`);
    return found;
  }

  #take(stream: Stream, format: RecordingFormat, begun: Begun): void {
    const { library, now, clock } = this.#options;
    const { rotateSeconds, rotateBytes } = begun.rotation;
    const listener = this.#listener(stream, format, begun);
    this.#streams.get(stream)!.begin(format, (past) => {
      const facts = (): Stream['facts'] => stream.facts;
      const options = {
        name: stream.name,
        format,
        library,
        facts,
        now,
        clock,
        listener,
        rotateSeconds,
        rotateBytes,
      };
      return new Take(options, past);
    });
  }

  #listener(stream: Stream, format: RecordingFormat, { resolve, reject }: Begun): TakeListener {
    const { path } = stream.name;
    const { log, events } = this.#options;
    let alarmed: string | undefined;
    const alarm = (text: string): void => {
      if (text === alarmed) return; // it is tried every minute, and told once
      alarmed = text;
      log.error({ stream: path, format }, text);
      events.tell({ type: 'alarm', stream: path, text });
    };
    return {
      started: (entry, file) => {
        alarmed = undefined;
        this.#started(entry, file);
        resolve?.(entry);
      },
      done: (file, result, reason) => this.#done(file, result, reason),
      failed: (error) => {
        const problem = problemText(error);
        alarm(`recording "${path}" as ${format} has stopped: ${problem}; it is tried again`);
        reject?.(new RecorderRefusal('not now', `cannot record: ${problem}`));
      },
      leftOut: (frames) =>
        alarm(`recording "${path}" as ${format}: the disk is too slow, ${frames} frames are missing`),
    };
  }

  #started(entry: CatalogEntry, file: RecordingFile): void {
    const { log, events } = this.#options;
    this.#active.set(entry.id, file);
    log.info({ stream: entry.stream, recording: entry.id }, 'recording started');
    const facts = { stream: entry.stream, recording: entry.id, seconds: 0, bytes: 0, reason: '' };
    events.tell({ type: 'recordStarted', ...facts });
  }

  #done(file: RecordingFile, result: RecordingResult, reason: string): void {
    const id = file.entry?.id;
    if (id !== undefined) this.#active.delete(id);
    if (result) this.#keeper.tellDone(result, reason);
  }

  #report(entry: CatalogEntry): RecordingReport {
    const file = this.#active.get(entry.id);
    return {
      id: entry.id,
      stream: entry.stream,
      file: entry.id.slice(entry.stream.length + 1),
      format: entry.format,
      startedAt: new Date(entry.startedAt).toISOString(),
      seconds: file?.seconds ?? entry.seconds ?? null,
      bytes: file?.bytes ?? entry.bytes ?? 0,
      active: file !== undefined,
    };
  }

  /** Resolves after so many ms, and lets go of its timer when `unless` is settled before. */
  #elapse(ms: number, unless: Promise<unknown>): Promise<void> {
    return new Promise((resolve) => {
      const cancel = this.#options.after(ms, resolve);
      void unless.finally(cancel).catch(() => undefined);
    });
  }
}
