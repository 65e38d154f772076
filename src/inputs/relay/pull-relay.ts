import type { Handover, RelayMeans } from '../../clients/relay-line-options.ts';
import { RelayLine } from '../../clients/relay-line.ts';
import type { RelayHealth, TellRelay } from '../../clients/relay-progress.ts';
import { secretsOf, shownRelayUrl } from '../../clients/relay-secrets.ts';
import type { RtmpLink } from '../../clients/rtmp-client.ts';
import type { StreamName } from '../../media/stream-name.ts';
import { MAX_HELD_BYTES, MAX_HELD_MESSAGES } from '../../protocols/rtmp/limits.ts';
import { MessageType, type RtmpMessage } from '../../protocols/rtmp/message.ts';
import { HeldMedia } from '../../protocols/rtmp/session/message-stream.ts';
import type { ClientTarget } from '../../protocols/rtmp/session/client-url.ts';
import { relayRefusal, type RelayPath } from '../../protocols/rtmp/session/relay-path.ts';
import type { Publication } from '../../stream/publication.ts';
import type { StreamRegistry } from '../../stream/registry.ts';
import { FlvInput } from '../flv-input.ts';
import { UnsupportedCodecError } from '../unsupported.ts';
import { Pace } from '../pace.ts';
import { ADMIT_ALL, type Admit, type PullPass } from './admit.ts';

export interface PullRelayOptions {
  readonly name: StreamName;
  readonly url: string;
  readonly target: ClientTarget;
  readonly streams: StreamRegistry;
  readonly means: RelayMeans;
  readonly admit?: Admit | undefined;
  readonly tell: TellRelay;
  /** What could not be used of what the server sends, in words. */
  readonly noticed: (text: string) => void;
}

/** A source that sends pictures and sound, and then none for this long, has lost its publisher: the stream's grace time begins. */
const SILENCE_MS = 15_000;
/** One stream that is fetched from another server: a publisher whose connection we have opened ourselves. */
export class PullRelay {
  readonly #options: PullRelayOptions;
  readonly #line: RelayLine;
  #link: RtmpLink | undefined;
  /** Gateways that the stream has passed, as the server says. */
  #path: RelayPath = [];
  /** Gateways that asked for the stream before us. */
  #askedBy: RelayPath = [];
  /** What came before the first frame, and before the verdict on it. */
  #held = new HeldMedia();
  #isAsking = false;
  #stopAsking: () => void = () => undefined;
  #show: Show | undefined;
  #mediaAt = 0;
  #bytesOfFormer = 0;

  constructor(options: PullRelayOptions) {
    this.#options = options;
    const { name, url, target, means, tell } = options;
    this.#line = new RelayLine({
      means,
      mode: 'play',
      target,
      secrets: secretsOf(url, [name.stream]),
      path: () => this.#askedBy,
      obstacle: () => this.#obstacle(),
      started: (link, path) => this.#started(link, path),
      moved: (link, path, handover) => this.#moved(link, path, handover),
      media: (message) => this.#media(message),
      flush: () => this.#show?.publication.flush(),
      lost: (problem) => this.#lost(problem),
      tell,
    });
  }

  get health(): RelayHealth {
    return this.#line.health;
  }

  /** Received so far. */
  get bytes(): number {
    return this.#bytesOfFormer + (this.#link?.bytesRead ?? 0);
  }

  get isIdle(): boolean {
    return this.#line.isIdle;
  }

  /** @param askedBy gateways that the wish for the stream has come through */
  start(askedBy: RelayPath = []): void {
    if (!this.isIdle) return;
    this.#askedBy = askedBy;
    this.#line.start();
  }

  stop(why: string): void {
    this.#lost(why);
    this.#line.stop(why);
  }

  /** Call about once a second; `now` in ms, monotonic. */
  look(now: number): void {
    if (!this.#show) return;
    if (now - this.#mediaAt > SILENCE_MS)
      return this.#line.fail(`the server sends no pictures and no sound any more (${SILENCE_MS / 1000} s)`);
    if (this.#show.pace.stands(now)) this.#line.fail("the stream's clock stands still");
  }

  /** Whoever publishes here goes before what could be fetched. */
  #obstacle(): string | undefined {
    const { path } = this.#options.name;
    const publisher = this.#options.streams.find(path)?.publisher;
    return publisher ? `"${path}" is published here, which goes before what is fetched` : undefined;
  }

  #started(link: RtmpLink, path: RelayPath): void {
    const refusal = relayRefusal(path, this.#options.means.id);
    this.#link = link;
    this.#path = path;
    if (refusal !== undefined) this.#line.fail(refusal);
  }

  /**
   * The same stream over another connection. With the same frames it just goes on; else it is a publisher here who comes back at
   * once, under the same visit.
   */
  #moved(link: RtmpLink, path: RelayPath, { leave, offset }: Handover): void {
    const show = this.#show;
    this.#bytesOfFormer += this.#link?.bytesRead ?? 0;
    leave();
    this.#started(link, path);
    if (this.#link !== link || !show || this.#show !== show) return;
    this.#line.confirm();
    if (offset !== undefined) {
      show.ahead = (show.ahead + offset) >>> 0;
      return show.publication.cameBy(path);
    }
    show.publication.release('the server asked to connect again');
    this.#show = undefined;
    this.#held = new HeldMedia();
    this.#begin(show.pass, true);
  }

  #media(message: RtmpMessage): void {
    if (this.#show) return this.#take(this.#show, message);
    this.#held.add(message);
    if (this.#held.bytes > MAX_HELD_BYTES || this.#held.messages.length > MAX_HELD_MESSAGES)
      return this.#line.fail('too much came before it could be published here');
    if (message.type !== MessageType.data && !this.#isAsking) this.#ask();
  }

  #take(show: Show, message: RtmpMessage): void {
    if (message.type !== MessageType.data) this.#mediaAt = this.#options.means.time.now();
    try {
      feed(show, message);
    } catch (error) {
      if (!(error instanceof UnsupportedCodecError)) throw error;
      this.#line.fail(error.message);
    }
  }

  /** The server has the stream: only now may there be one here too. */
  #ask(): void {
    const { name, admit = ADMIT_ALL } = this.#options;
    this.#isAsking = true;
    this.#stopAsking = admit({ name, address: this.#address, program: this.#program }, (verdict) => {
      if (!verdict.granted) return this.#line.fail(verdict.reason);
      this.#begin(verdict.pass);
    });
  }

  /** @param goesOn the visit has begun already */
  #begin(pass: PullPass, goesOn = false): void {
    const { name, streams, noticed } = this.#options;
    const claim = streams.claim(name, {
      address: this.#address,
      encoder: this.#program,
      isPulled: true,
      relayPath: this.#path,
      dropped: () => Object.fromEntries(this.#show?.input.dropped ?? []),
      problems: () => [...(this.#show?.input.problems.values() ?? [])],
      kick: (reason) => this.#line.fail(reason),
    });
    if (!claim.granted) {
      pass.over(claim.reason);
      return this.#line.fail(claim.reason);
    }
    const pace = new Pace(claim.publication);
    const input = new FlvInput(pace, noticed);
    const show = { pass, publication: claim.publication, pace, input, ahead: 0 };
    this.#show = show;
    this.#line.confirm();
    const { messages } = this.#held;
    this.#held = new HeldMedia();
    for (const message of messages) if (this.#show === show) this.#take(show, message);
    show.publication.flush();
    if (goesOn || this.#show !== show) return; // or it was over at once
    pass.began(
      (reason) => this.#line.fail(`kicked: ${reason}`),
      () => ({ bytesIn: this.bytes, bytesOut: 0 }),
    );
  }

  get #address(): string {
    return this.#link?.address ?? '';
  }

  get #program(): string {
    const { url, name } = this.#options;
    return `relay of ${shownRelayUrl(url, [name.stream])}`;
  }

  /** The stream's grace time begins. */
  #lost(problem: string): void {
    this.#bytesOfFormer += this.#link?.bytesRead ?? 0;
    this.#link = undefined;
    this.#held = new HeldMedia();
    this.#isAsking = false;
    this.#stopAsking();
    this.#stopAsking = () => undefined;
    const show = this.#show;
    this.#show = undefined;
    show?.publication.release(problem);
    show?.pass.over(problem);
  }
}

/** What one connection has made of itself here. */
interface Show {
  readonly pass: PullPass;
  readonly publication: Publication;
  readonly pace: Pace;
  readonly input: FlvInput;
  /** The connection's clock minus that of the first one, ms modulo 2^32. */
  ahead: number;
}

function feed({ input, ahead }: Show, { type, timestamp, body }: RtmpMessage): void {
  const at = ahead === 0 ? timestamp : (timestamp - ahead) >>> 0;
  if (type === MessageType.video) input.video(at, body);
  else if (type === MessageType.audio) input.audio(at, body);
  else input.data(body);
}
