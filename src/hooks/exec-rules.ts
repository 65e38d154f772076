import type { EventFeed, GatewayEvent } from '../observe/events.ts';
import type { Log } from '../observe/log.ts';
import { streamName, type StreamName } from '../media/stream-name.ts';
import type { StreamPattern } from '../media/stream-pattern.ts';
import type { After } from '../stream/registry.ts';
import { fillIn, streamsIn, type ExecContext } from './exec-arguments.ts';
import { ExecProgram } from './exec-program.ts';
import { patternOf } from './target.ts';

/** One entry of `hooks.exec`. */
export interface ExecSettings {
  /** Program and arguments; `{app}`, `{stream}`, `{rtmp}` and `{key}` are filled in: see ExecContext. */
  readonly command: readonly string[];
  readonly streams: string;
  /** Streams that are left out all the same. */
  readonly except: readonly string[];
  readonly restart: boolean;
}

export interface ExecRulesOptions {
  readonly settings: readonly ExecSettings[];
  readonly feed: EventFeed;
  /** The gateway's RTMP port as programs on this machine reach it: `127.0.0.1:1935`. */
  readonly ownAddress: () => { readonly host: string; readonly port: number };
  /** What `{key}` stands for. */
  readonly houseKey: string;
  readonly now: () => number;
  readonly after: After;
  readonly random: () => number;
  readonly log: Log;
}

/** Programs at a time, of all rules; each is a process. A rule that feeds itself in a way nobody has foreseen ends here. */
const MAX_PROGRAMS = 256;

interface Rule {
  /** Settings as text: two rules that say the same are one. */
  readonly id: string;
  readonly settings: ExecSettings;
  readonly streams: StreamPattern;
  readonly except: readonly StreamPattern[];
}

interface Live {
  readonly name: StreamName;
  /** Publishers: while one takes over from another there are two. */
  readonly visits: Set<string>;
  readonly programs: Map<string, ExecProgram>;
  /** Streams that its programs send back here, with the rules that were at work. */
  readonly makes: Map<string, Set<string>>;
}

/**
 * Runs programs as long as a stream is published.
 *
 * What a program sends back to this gateway is a stream like any other, and may be what its own rule is for. So each stream
 * remembers the rules it has come from: it is known by its address in a program's arguments, and a rule is not applied to
 * what it has made itself, directly or over other rules.
 */
export class ExecRules {
  readonly #options: ExecRulesOptions;
  readonly #live = new Map<string, Live>();
  readonly #ending = new Set<Promise<void>>();
  #rules: readonly Rule[];
  #stopListening: (() => void) | undefined;

  constructor(options: ExecRulesOptions) {
    this.#options = options;
    this.#rules = rulesOf(options.settings);
  }

  start(): void {
    this.#stopListening = this.#options.feed.listen((event) => this.#take(event));
  }

  /** Programs of rules that are no more are stopped, those of new ones started. */
  update(settings: readonly ExecSettings[]): void {
    this.#rules = rulesOf(settings);
    const ids = new Set(this.#rules.map(({ id }) => id));
    for (const live of this.#live.values()) {
      for (const [id, program] of live.programs) {
        if (ids.has(id)) continue;
        live.programs.delete(id);
        this.#end(program);
      }
      this.#begin(live);
    }
  }

  /** Resolves when all programs have ended. */
  async stop(): Promise<void> {
    this.#stopListening?.();
    this.#stopListening = undefined;
    for (const path of [...this.#live.keys()]) this.#unpublished(path);
    await Promise.all(this.#ending);
  }

  /** Programs that run or wait to be started again. */
  get count(): number {
    let count = 0;
    for (const { programs } of this.#live.values()) count += programs.size;
    return count;
  }

  #take(event: GatewayEvent): void {
    if (event.type === 'publish') {
      this.#published(event.stream, event.visit);
    } else if (event.type === 'unpublish') {
      const live = this.#live.get(event.stream);
      live?.visits.delete(event.visit);
      if (live?.visits.size === 0) this.#unpublished(event.stream);
    }
  }

  #published(path: string, visit: string): void {
    const known = this.#live.get(path);
    if (known) {
      known.visits.add(visit);
      return;
    }
    const [app = '', stream = ''] = path.split('/');
    const name = streamName(app, stream);
    if ('refused' in name) return;
    const live = { name, visits: new Set([visit]), programs: new Map(), makes: new Map() };
    this.#live.set(path, live);
    this.#begin(live);
  }

  #unpublished(path: string): void {
    const live = this.#live.get(path);
    this.#live.delete(path);
    for (const program of live?.programs.values() ?? []) this.#end(program);
  }

  #end(program: ExecProgram): void {
    const ending = program.stop().finally(() => this.#ending.delete(ending));
    this.#ending.add(ending);
  }

  #begin(live: Live): void {
    const { name } = live;
    const madeBy = this.#makersOf(name.path);
    for (const rule of this.#rules) {
      const isFor = rule.streams.matches(name) && !rule.except.some((pattern) => pattern.matches(name));
      if (!isFor || live.programs.has(rule.id)) continue;
      if (madeBy.has(rule.id)) {
        const text = `${rule.settings.command[0] ?? ''} has made this stream and is not run for it`;
        this.#options.log.info({ stream: name.path }, text);
        continue;
      }
      this.#run(rule, live, madeBy);
    }
  }

  /** The rules that a stream has come from. */
  #makersOf(path: string): ReadonlySet<string> {
    const makers = new Set<string>();
    for (const { makes } of this.#live.values()) for (const id of makes.get(path) ?? []) makers.add(id);
    return makers;
  }

  #run(rule: Rule, live: Live, madeBy: ReadonlySet<string>): void {
    const { ownAddress, feed, now, after, random } = this.#options;
    const { name } = live;
    const log = this.#options.log.child({ stream: name.path });
    const { host, port } = ownAddress();
    const context: ExecContext = {
      app: name.app,
      stream: name.stream,
      rtmp: `rtmp://${host}:${port}/${name.path}`,
      key: this.#options.houseKey,
    };
    const command = fillIn(rule.settings.command, context);
    if ('refused' in command) return log.error(`not run: ${command.refused}`);
    if (this.count >= MAX_PROGRAMS)
      return log.error(`${command[0] ?? ''} is not run: ${MAX_PROGRAMS} programs run already`);
    for (const made of streamsIn(command.slice(1), port))
      if (made !== name.path)
        live.makes.set(made, new Set([...(live.makes.get(made) ?? []), ...madeBy, rule.id]));
    const program = new ExecProgram({
      command,
      environment: { MILLRACE_APP: name.app, MILLRACE_STREAM: name.stream, MILLRACE_RTMP: context.rtmp },
      restart: rule.settings.restart,
      ...{ now, after, random, log },
      alarm: (text) => feed.tell({ type: 'alarm', stream: name.path, text }),
    });
    live.programs.set(rule.id, program);
    program.start();
  }
}

function rulesOf(settings: readonly ExecSettings[]): Rule[] {
  const rules = new Map<string, Rule>();
  for (const one of settings) {
    const id = JSON.stringify(one);
    rules.set(id, { id, settings: one, streams: patternOf(one.streams), except: one.except.map(patternOf) });
  }
  return [...rules.values()];
}
