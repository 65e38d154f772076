import { streamName } from '../../media/stream-name.ts';
import type { TrackSet } from '../../media/track.ts';
import { OUT_CHUNK_SIZE } from '../../protocols/rtmp/message.ts';
import type { PlayControl, PlayRequest } from '../../protocols/rtmp/session/host.ts';
import { meeting, relayRefusal } from '../../protocols/rtmp/session/relay-path.ts';
import type { TrackWish } from '../../stream/renditions.ts';
import type { ViewerEnd } from '../../stream/viewer.ts';
import type { Pass, Verdict } from '../gate.ts';
import { codecWish, tailoringFor } from '../codec-wish.ts';
import { ALL_TRACKS, trackWish } from '../track-wish.ts';
import type { Showing } from '../watching.ts';
import { Pending } from './pending.ts';
import { PlayerFit } from './player-fit.ts';
import { Playing } from './playing.ts';
import type { RtmpLink } from './rtmp-door.ts';
import { visitOf } from './rtmp-visit.ts';

/** Players of librtmp's kin end at these, with the text; any other code leaves them waiting. */
const FAILED = 'NetStream.Play.Failed';
const NOT_FOUND = 'NetStream.Play.StreamNotFound';
/** There is something, but nothing that this player can use. */
const NO_TRACK = 'NetStream.Play.NoSupportedTrackFound';

/** A player that was let in: it waits for the stream, or has it. */
interface Player {
  readonly pass: Pass;
  playing: Playing | undefined;
  /** What it can use of a stream. */
  readonly fit: PlayerFit;
  /** Undefined: the main ones. */
  readonly track: TrackWish | undefined;
  /** Why it is being sent away. */
  kicked: string | undefined;
}

/** What one connection plays, and what it has asked to. */
export class Players {
  readonly #link: RtmpLink;
  /** For a verdict, or for a stream to come. */
  readonly #waiting = new Pending();
  readonly #players = new Map<number, Player>();

  constructor(link: RtmpLink) {
    this.#link = link;
  }

  /** Those that have a stream. */
  get playing(): number {
    let count = 0;
    for (const { playing } of this.#players.values()) if (playing) count++;
    return count;
  }

  /** Those that have a stream or wait for one. */
  get size(): number {
    return Math.max(this.#players.size, this.#waiting.size);
  }

  ask(request: PlayRequest): void {
    const { streamId } = request;
    const name = streamName(request.app, request.name);
    if ('refused' in name) return this.#refuse(streamId, NOT_FOUND, name.refused);
    const { facts } = this.#link.session;
    const loop = relayRefusal(facts.relayPath, this.#link.door.relayId);
    if (loop !== undefined) return this.#refuse(streamId, FAILED, loop);
    const wish = codecWish(new URLSearchParams(request.query));
    if (typeof wish === 'string') return this.#refuse(streamId, FAILED, wish);
    const track = this.#trackWish(new URLSearchParams(request.query));
    if (typeof track === 'string') return this.#refuse(streamId, FAILED, track);
    const tailoring = tailoringFor(wish, facts.enhanced);
    const fit = new PlayerFit(track?.isAll === true ? tailoring.withAllTracks() : tailoring);
    const asked = { track, fit };
    const visit = visitOf(this.#link, 'play', { name, request });
    this.#waiting.wait<Verdict>(
      streamId,
      (done) => this.#link.door.gate.ask(visit, done),
      (verdict) => this.#link.guarded(() => this.#judged(streamId, verdict, asked)),
    );
  }

  control(streamId: number, control: PlayControl): void {
    this.#players.get(streamId)?.playing?.control(control);
  }

  /** Tracks come and change: call about once a second. */
  look(): void {
    for (const [streamId, { fit, playing }] of this.#players) {
      const tracks = playing?.tracks;
      if (!tracks) continue;
      const problem = fit.problem(tracks);
      if (problem !== undefined) this.#refuse(streamId, NO_TRACK, problem);
      else this.#tell(streamId, fit, tracks);
    }
  }

  /** What it does not get although it plays. */
  #tell(streamId: number, fit: PlayerFit, tracks: TrackSet): void {
    const note = fit.news(tracks);
    if (note === undefined) return;
    this.#link.log.info({ streamId, reason: note }, 'player gets a part of the stream');
    this.#link.session.verdicts.notePlay(streamId, NO_TRACK, note);
  }

  stop(streamId: number, because: string): void {
    this.#waiting.giveUp(streamId);
    const player = this.#players.get(streamId);
    if (!player) return;
    this.#players.delete(streamId);
    player.playing?.end();
    player.pass.over(because);
  }

  stopAll(because: string): void {
    this.#waiting.giveUpAll();
    for (const streamId of [...this.#players.keys()]) this.stop(streamId, because);
  }

  /** A gateway that takes several tracks gets all, so that it has what there is here. A text says what is wrong. */
  #trackWish(query: URLSearchParams): TrackWish | undefined | string {
    const { relayPath, enhanced } = this.#link.session.facts;
    if (!query.has('track') && relayPath.length > 0 && enhanced.takesMultitrack) return ALL_TRACKS;
    return trackWish(query);
  }

  #judged(streamId: number, verdict: Verdict, asked: Pick<Player, 'fit' | 'track'>): void {
    if (verdict.granted) {
      const { name, pass } = verdict;
      return this.#await(streamId, name.path, { ...asked, pass, playing: undefined, kicked: undefined });
    }
    if (verdict.redirect === undefined) return this.#refuse(streamId, FAILED, verdict.reason);
    this.#link.session.verdicts.redirect(streamId, verdict.reason, verdict.redirect);
    this.#over(streamId, `player refused: sent elsewhere (${verdict.reason})`);
  }

  #await(streamId: number, path: string, player: Player): void {
    const { watching, waitMs } = this.#link.door;
    this.#players.set(streamId, player);
    watching.want(path, this.#link.session.facts.relayPath);
    this.#waiting.wait<Showing | string>(
      streamId,
      (done) => watching.whenShown({ path, wait: waitMs, track: player.track }, done),
      (found) => {
        if (typeof found !== 'string') return this.#begin(streamId, found, player);
        this.#link.session.verdicts.refusePlay(streamId, NOT_FOUND, found);
        this.#over(streamId, found);
      },
    );
  }

  #begin(streamId: number, { stream, rendition }: Showing, player: Player): void {
    const { door, log, session } = this.#link;
    const loop = meeting(stream.relayPath, session.facts.relayPath);
    if (loop !== undefined) return this.#refuse(streamId, FAILED, loop);
    const tracks = rendition.isComplete ? rendition.facts.tracks : {};
    const problem = player.fit.problem(tracks);
    if (problem !== undefined) return this.#refuse(streamId, NO_TRACK, problem);
    if (!session.verdicts.acceptPlay(streamId, [...stream.relayPath, door.relayId ?? ''])) return;
    const sink = this.#link.sink((reason) => this.#ended(streamId, reason));
    log.debug({ stream: stream.name.path, visit: player.pass.id }, 'playing');
    const { watching } = door;
    const playing = new Playing({
      watching,
      rendition,
      sink,
      streamId,
      chunkSize: OUT_CHUNK_SIZE,
      tailoring: player.fit.tailoring,
    });
    player.playing = playing;
    this.#tell(streamId, player.fit, tracks);
    player.pass.began(
      (reason) => {
        player.kicked = reason;
        playing.kick();
      },
      () => ({ bytesIn: 0, bytesOut: playing.bytesOut }),
    );
  }

  #ended(streamId: number, reason: ViewerEnd): void {
    const { session } = this.#link;
    const kicked = this.#players.get(streamId)?.kicked;
    if (kicked !== undefined) session.verdicts.refusePlay(streamId, FAILED, kicked);
    else if (reason === 'too slow')
      session.verdicts.refusePlay(streamId, 'NetStream.Play.InsufficientBW', reason);
    else session.verdicts.playEnded(streamId);
    this.#over(streamId, kicked === undefined ? reason : `kicked: ${kicked}`);
  }

  #refuse(streamId: number, code: string, text: string): void {
    this.#link.session.verdicts.refusePlay(streamId, code, text);
    this.#over(streamId, `player refused: ${text}`);
  }

  /** The connection goes with its last play, but who talks both ways on it goes on with what it publishes or plays beside. */
  #over(streamId: number, reason: string): void {
    this.stop(streamId, reason);
    if (!this.#link.isInUse) return this.#link.close(reason);
    this.#link.log.debug({ streamId, reason }, 'play over');
  }
}
