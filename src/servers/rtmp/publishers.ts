import { UnsupportedCodecError } from '../../inputs/unsupported.ts';
import { streamName } from '../../media/stream-name.ts';
import type { RtmpMessage } from '../../protocols/rtmp/message.ts';
import type { PublishRequest } from '../../protocols/rtmp/session/host.ts';
import { relayRefusal } from '../../protocols/rtmp/session/relay-path.ts';
import type { Verdict } from '../gate.ts';
import { Pending } from './pending.ts';
import { Publishing } from './publishing.ts';
import type { RtmpLink } from './rtmp-door.ts';
import { serverField, visitOf } from './rtmp-visit.ts';

type Granted = Extract<Verdict, { granted: true }>;

/** Stops encoders from asking again and again, which `BadName` does not. */
const UNAUTHORIZED = 'NetStream.Publish.Unauthorized';
const BAD_NAME = 'NetStream.Publish.BadName';

/** What one connection publishes, and what it has asked to. */
export class Publishers {
  readonly #link: RtmpLink;
  readonly #asking = new Pending();
  readonly #publishing = new Map<number, Publishing>();

  constructor(link: RtmpLink) {
    this.#link = link;
  }

  /** Those that have been let in. */
  get size(): number {
    return this.#publishing.size;
  }

  /** Somebody waits for the verdict; media that comes is held. */
  get areAsking(): boolean {
    return this.#asking.size > 0;
  }

  ask(request: PublishRequest): void {
    const name = streamName(request.app, request.name);
    if ('refused' in name) return this.#refuse(request.streamId, BAD_NAME, name.refused);
    const loop = relayRefusal(this.#link.session.facts.relayPath, this.#link.door.relayId);
    if (loop !== undefined) return this.#refuse(request.streamId, BAD_NAME, loop);
    const visit = visitOf(this.#link, 'publish', { name, request });
    this.#asking.wait<Verdict>(
      request.streamId,
      (done) => this.#link.door.gate.ask(visit, done),
      (verdict) => this.#link.guarded(() => this.#judged(request, verdict)),
    );
  }

  /** @throws {ProtocolError | FlvError} for what no publisher may send */
  take(streamId: number, message: RtmpMessage): void {
    try {
      this.#publishing.get(streamId)?.take(message);
    } catch (error) {
      if (!(error instanceof UnsupportedCodecError)) throw error;
      this.#link.session.verdicts.refusePublish(streamId, 'NetStream.Publish.Failed', error.message);
      this.end(streamId, error.message);
      this.#link.close(error.message);
    }
  }

  /** What one read from the socket brought is in. */
  flush(): void {
    for (const publishing of this.#publishing.values()) publishing.flush();
  }

  /** One of them is to be heard again only when what it sent has been passed on; acknowledgements wait for who is ahead. `now` in ms, monotonic. */
  mustWait(now: number): boolean {
    let isAhead = false;
    let mustWait = false;
    for (const publishing of this.#publishing.values()) {
      if (!publishing.isAhead(now)) continue;
      isAhead = true;
      if (publishing.isTooFast) mustWait = true;
    }
    this.#link.session.putOffAcknowledgements(isAhead);
    return mustWait;
  }

  /** What is wrong with one of them, if anything. Call about once a second; `now` in ms, monotonic. */
  look(now: number): string | undefined {
    for (const publishing of this.#publishing.values()) {
      const complaint = publishing.look(now);
      if (complaint !== undefined) return complaint;
    }
    return undefined;
  }

  end(streamId: number, because: string): void {
    this.#asking.giveUp(streamId);
    const publishing = this.#publishing.get(streamId);
    if (!publishing) return;
    this.#publishing.delete(streamId);
    publishing.end(because);
    const dropped = Object.fromEntries(publishing.input.dropped);
    this.#link.log.info({ stream: publishing.path, reason: because, dropped }, 'publisher gone');
  }

  endAll(because: string): void {
    this.#asking.giveUpAll();
    for (const streamId of [...this.#publishing.keys()]) this.end(streamId, because);
  }

  #judged(request: PublishRequest, verdict: Verdict): void {
    const { streamId } = request;
    if (verdict.granted) {
      const problem = this.#begin(request, verdict);
      if (problem === undefined) return;
      verdict.pass.over(problem);
      return this.#refuse(streamId, BAD_NAME, problem);
    }
    if (verdict.redirect === undefined) return this.#refuse(streamId, UNAUTHORIZED, verdict.reason);
    this.#link.session.verdicts.redirect(streamId, verdict.reason, verdict.redirect);
    this.#link.close(`publisher refused: sent elsewhere (${verdict.reason})`);
  }

  /** Puts it on air; else the reason why not. */
  #begin(request: PublishRequest, { name, key, pass }: Granted): string | undefined {
    const { streamId } = request;
    const { door, session, peer, log } = this.#link;
    // To take over from oneself would be to be closed by oneself.
    if ([...this.#publishing.values()].some(({ path }) => path === name.path))
      return `this connection publishes "${name.path}" already`;
    const claim = door.streams.claim(name, {
      address: peer.address,
      key,
      encoder: request.flashVersion || undefined,
      relayPath: session.facts.relayPath,
      dropped: () => Object.fromEntries(this.#publishing.get(streamId)?.input.dropped ?? []),
      problems: () => this.#publishing.get(streamId)?.problems ?? [],
      kick: (reason) => {
        session.verdicts.refusePublish(streamId, BAD_NAME, reason);
        this.#link.close(reason);
      },
    });
    if (!claim.granted) return claim.reason;
    const publishing = new Publishing({
      path: name.path,
      publication: claim.publication,
      pass,
      noticed: (text) => log.warn({ stream: name.path }, text),
    });
    this.#note(publishing);
    this.#publishing.set(streamId, publishing);
    session.verdicts.acceptPublish(streamId); // what was held is taken now
    if (this.#publishing.get(streamId) !== publishing) return undefined; // that was its end
    publishing.flush();
    pass.began(
      (reason) => this.#kick(streamId, reason),
      () => ({ bytesIn: publishing.bytesIn, bytesOut: 0 }),
    );
    return undefined;
  }

  /** An operator or a rule wants it gone: told so in words, and its stream ends now, without a grace time. */
  #kick(streamId: number, reason: string): void {
    const publishing = this.#publishing.get(streamId);
    if (!publishing) return;
    const { door, session } = this.#link;
    session.verdicts.refusePublish(streamId, UNAUTHORIZED, reason);
    this.end(streamId, `kicked: ${reason}`);
    door.streams.finish(publishing.path, 'stream ended');
    this.#link.close(`kicked: ${reason}`);
  }

  #note({ path, visit }: Publishing): void {
    const { session, log } = this.#link;
    const { flashVersion: encoder, tcUrl, chunkSize, digestScheme } = session.facts;
    log.info(
      { stream: path, visit, encoder, tcUrl: serverField(tcUrl), chunkSize, digestScheme },
      'publishing',
    );
  }

  #refuse(streamId: number, code: string, text: string): void {
    this.#link.session.verdicts.refusePublish(streamId, code, text);
    this.#link.close(`publisher refused: ${text}`);
  }
}
