import assert from 'node:assert/strict';
import { readAmf0Values } from '../../../src/amf/amf0-reader.ts';
import { encodeAmf0 } from '../../../src/amf/amf0-writer.ts';
import { AmfObject } from '../../../src/amf/value.ts';
import type { AmfValue } from '../../../src/amf/value.ts';
import { ChunkReader } from '../../../src/protocols/rtmp/chunk-reader.ts';
import { encodeMessage } from '../../../src/protocols/rtmp/chunk-writer.ts';
import type { RtmpMessage } from '../../../src/protocols/rtmp/message.ts';
import type { CommandTable } from '../../../src/protocols/rtmp/session/command-context.ts';
import type { PlayRequest, PublishRequest, SessionHost } from '../../../src/protocols/rtmp/session/host.ts';
import { ServerSession } from '../../../src/protocols/rtmp/session/server-session.ts';

/** Random enough for a test, and the same each time. */
export const fixedRandom = (size: number) => Buffer.alloc(size, 0x5a);

export interface HostLog extends SessionHost {
  readonly sent: Buffer[];
  /** One line per call, in order; media as `type@timestamp hex`. */
  readonly events: string[];
  readonly publishes: PublishRequest[];
  readonly plays: PlayRequest[];
}

export function loggingHost(overrides: Partial<SessionHost> = {}): HostLog {
  const log: HostLog = {
    sent: [],
    events: [],
    publishes: [],
    plays: [],
    ...(overrides.connect && { connect: overrides.connect }),
    send: (bytes) => void log.sent.push(bytes),
    publish(request) {
      log.publishes.push(request);
      log.events.push(`publish ${request.streamId} ${request.app}/${request.name}`);
      overrides.publish?.(request);
    },
    play(request) {
      log.plays.push(request);
      log.events.push(`play ${request.streamId} ${request.app}/${request.name}`);
      overrides.play?.(request);
    },
    media(streamId, message) {
      const hex = Buffer.from(message.body).toString('hex');
      log.events.push(`media ${streamId} ${message.type}@${message.timestamp} ${hex}`);
      overrides.media?.(streamId, message);
    },
    unpublish: (streamId, because) => void log.events.push(`unpublish ${streamId} ${because}`),
    stopPlay: (streamId, because) => void log.events.push(`stopPlay ${streamId} ${because}`),
    playControl: (streamId, wish) => void log.events.push(`control ${streamId} ${JSON.stringify(wish)}`),
    refused: (streamId, code) => void log.events.push(`refused ${streamId} ${code}`),
  };
  return log;
}

/** What the server said, in the terms of the standard. */
export interface Said {
  csid: number;
  msid: number;
  type: number;
  values: AmfValue[];
}

/** A client that speaks raw messages to a server session and reads what comes back. */
export class RawClient {
  readonly host: HostLog;
  readonly session: ServerSession;
  readonly #reader = new ChunkReader();
  #read = 0;

  constructor(overrides: Partial<SessionHost> = {}, commands?: CommandTable) {
    this.host = loggingHost(overrides);
    this.session = new ServerSession(this.host, { random: fixedRandom, ...(commands && { commands }) });
  }

  /** The plain handshake; the server's blocks are left out of what {@link said} returns. */
  shakeHands(): this {
    this.session.receive(Buffer.concat([Buffer.from([3]), Buffer.alloc(1536, 1), Buffer.alloc(1536, 2)]));
    assert.equal(this.host.sent[0]?.length, 3073);
    this.#read = 1;
    return this;
  }

  connect(app = 'live', more: Record<string, AmfValue> = {}): this {
    const object = AmfObject.of({ app, tcUrl: `rtmp://h/${app}`, flashVer: 'FMLE/3.0', ...more });
    this.command(0, 'connect', 1, object);
    this.said();
    return this;
  }

  /** Connected, and stream 1 asks to publish. */
  static publishing(key = 'cam'): RawClient {
    const client = new RawClient().shakeHands().connect();
    client.command(0, 'createStream', 4, null);
    client.command(1, 'publish', 5, null, key, 'live');
    client.said();
    return client;
  }

  /** Connected, and stream 1 asks to play. */
  static playing(key = 'cam'): RawClient {
    const client = new RawClient().shakeHands().connect();
    client.command(0, 'createStream', 2, null);
    client.command(1, 'play', 0, null, key);
    client.said();
    return client;
  }

  command(streamId: number, ...values: AmfValue[]): void {
    this.message(20, streamId, encodeAmf0(...values));
  }

  message(type: number, streamId: number, body: Uint8Array, timestamp = 0): void {
    this.session.receive(encodeMessage({ chunkStreamId: 3, type, streamId, timestamp }, body, 128));
  }

  /** What the server has said since the last call. */
  said(): Said[] {
    return this.rawMessages().map((message) => ({
      csid: message.chunkStreamId,
      msid: message.streamId,
      type: message.type,
      values: message.type >= 15 ? readAmf0Values(message.body) : [Buffer.from(message.body).toString('hex')],
    }));
  }

  rawMessages(): RtmpMessage[] {
    const messages: RtmpMessage[] = [];
    for (; this.#read < this.host.sent.length; this.#read++) {
      this.#reader.push(this.host.sent[this.#read]!, (message) => messages.push(message));
    }
    return messages;
  }

  /** Codes of the statuses said since the last call. */
  codes(): AmfValue[] {
    return this.said()
      .filter((said) => said.values[0] === 'onStatus')
      .map((said) => (said.values[3] as AmfObject).get('code'));
  }
}

export const info = (level: string, code: string, description: string) =>
  AmfObject.of({ level, code, description });
