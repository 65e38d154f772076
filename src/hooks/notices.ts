import type { AsSent, EventVisit, GatewayEvent } from '../observe/events.ts';
import { kindOfKey } from '../media/key-shape.ts';
import { streamName, type StreamName } from '../media/stream-name.ts';
import { clientId } from './client-id.ts';
import * as nginx from './nginx-form.ts';
import type { NoteDraft } from './note.ts';
import type { HookEvent, HookTarget } from './target.ts';

/** What of an event a target is to be told: nothing, one note, or (nginx-rtmp's `on_publish_done` and `on_done`) two. */
export function notesFor(target: HookTarget, event: GatewayEvent, nginxNotes: NginxNotes): NoteDraft[] {
  const { format } = target.settings;
  const notes = format === 'json' ? [jsonNote(event)] : nginxNotes.of(event);
  return notes.filter(({ as }) => isWanted(target, as, event)).map(({ note }) => note);
}

interface NamedNote {
  readonly as: HookEvent;
  readonly note: NoteDraft;
}

function jsonNote(event: GatewayEvent): NamedNote {
  const body = JSON.stringify(event);
  const note = {
    lane: laneOf(event),
    id: event.id,
    call: event.type,
    contentType: 'application/json',
    body,
  };
  return { as: event.type, note };
}

/** What concerns a stream is told in order; connections have no order among each other. */
const laneOf = (event: GatewayEvent): string =>
  'stream' in event ? event.stream : 'address' in event ? `from ${event.address}` : '';

function isWanted(target: HookTarget, as: HookEvent, event: GatewayEvent): boolean {
  if (target.decides(as)) return false; // it was asked
  if ('stream' in event) {
    const name = nameIn(event.stream);
    return name !== undefined && target.wants(as, name);
  }
  return 'app' in event ? target.wantsApp(as, event.app) : target.wantsAll(as);
}

function nameIn(path: string): StreamName | undefined {
  const [app = '', stream = ''] = path.split('/');
  const name = streamName(app, stream);
  return 'refused' in name ? undefined : name;
}

/** Publishers of streams that are being recorded; more than can be live at a time. */
const MAX_PUBLISHERS = 10_000;

/** Makes what nginx-rtmp would send. Must be given every event once, so that it knows who records. */
export class NginxNotes {
  /** Where a recording's file is. */
  readonly #pathOf: (recording: string) => string;
  readonly #publishers = new Map<string, nginx.NginxVisit>();
  #event: GatewayEvent | undefined;
  #notes: readonly NamedNote[] = [];
  #sent: AsSent | undefined;

  constructor(pathOf: (recording: string) => string) {
    this.#pathOf = pathOf;
  }

  /** The event that {@link of} is about to be asked for. */
  see(event: GatewayEvent, sent: AsSent | undefined): void {
    this.#event = undefined;
    this.#sent = sent;
    if (event.type !== 'publish') return;
    // Of a stream's publishers the last is kept beyond its end: its recordings are closed a little later.
    this.#publishers.delete(event.stream);
    this.#publishers.set(event.stream, this.#visitOf(event, sent));
    if (this.#publishers.size > MAX_PUBLISHERS)
      for (const oldest of this.#publishers.keys()) {
        this.#publishers.delete(oldest);
        break;
      }
  }

  of(event: GatewayEvent): readonly NamedNote[] {
    if (this.#event !== event) this.#notes = this.#make(event, this.#sent);
    this.#event = event;
    return this.#notes;
  }

  #make(event: GatewayEvent, sent: AsSent | undefined): NamedNote[] {
    const note = (as: HookEvent, call: string, body: string): NamedNote => {
      const id = as === 'done' ? `${event.id}-done` : event.id;
      return { as, note: { lane: laneOf(event), id, call, contentType: nginx.FORM, body } };
    };
    switch (event.type) {
      case 'connect':
      case 'disconnect': {
        const session = { ...event, ...sent, query: sent?.query ?? '', connection: sent?.connection ?? 0 };
        return event.type === 'connect'
          ? [note('connect', 'connect', nginx.connectForm(session, Date.parse(event.at)))]
          : [note('disconnect', 'disconnect', nginx.disconnectForm(session))];
      }
      case 'publish':
        return [note('publish', 'publish', nginx.publishForm(this.#visitOf(event, sent)))];
      case 'play':
        return [note('play', 'play', nginx.playForm(this.#visitOf(event, sent)))];
      case 'unpublish':
      case 'stop': {
        const visit = this.#visitOf(event, sent);
        const call = event.type === 'stop' ? 'play_done' : 'publish_done';
        return [
          note(event.type, call, nginx.doneForm(call, visit)),
          note('done', 'done', nginx.doneForm('done', visit)),
        ];
      }
      case 'recordDone': {
        const body = nginx.recordDoneForm(this.#publisherOf(event.stream), '', this.#pathOf(event.recording));
        return [note('recordDone', 'record_done', body)];
      }
      case 'recordStarted':
      case 'health':
      case 'relay':
      case 'alarm':
        return []; // nginx-rtmp has no such thing
    }
  }

  #visitOf(event: EventVisit, sent: AsSent | undefined): nginx.NginxVisit {
    const { address, program, query } = event;
    const [app = '', stream = ''] = event.stream.split('/');
    // nginx-rtmp keeps to the name that was asked for, also when a back end has given another. Keys of ours are no names.
    const asked = sent?.name && !kindOfKey(sent.name.stream) ? sent.name : { app, stream };
    const connection = clientId(sent?.connection, event.visit);
    const known = { address, program, query, ...sent, connection };
    return { ...known, app: asked.app, stream: asked.stream };
  }

  #publisherOf(path: string): nginx.NginxVisit {
    const [app = '', stream = ''] = path.split('/');
    return this.#publishers.get(path) ?? { app, stream, query: '', address: '', connection: 0 };
  }
}
