import { tooFarAhead } from './delivery-directives.ts';
import type { HlsPlaylist, PlaylistPlace } from './hls-source.ts';
import type { HlsRequest, PlaylistSender } from './playlist-sender.ts';
import { refuseToWait, respondText } from './respond.ts';
import type { Awaited, WaitingRoom } from './waiting-room.ts';

/**
 * What is waited for comes in less than the target duration, or the source has stalled: this share of it, so that players
 * hear so before they take the server for broken, as Apple's do after the target duration.
 */
const PATIENCE = 0.9;
/** Unless parts are nearly as long as that: the encoder may be a little late with one. */
const PATIENCE_PARTS = 1.5;
/** A playlist that goes on without coming to the place is waited for this many target durations: RFC 8216bis §6.2.5.2. */
const LONGEST_DURATIONS = 3;
/** What was waited for is the same for all who ask for it and may be kept for this many target durations: RFC 8216bis, appendix B. */
const KEEP_DURATIONS = 6;
/** Of parts of one segment there are less, so that a number tells both. */
const PARTS = 1_000_000;

/** How long a request is held while nothing comes, ms. */
export const patienceMs = ({ targetDuration, partTarget }: NonNullable<HlsPlaylist['lowLatency']>): number =>
  Math.max(PATIENCE * targetDuration, PATIENCE_PARTS * partTarget) * 1000;

type LowLatencyPlaylist = HlsPlaylist & {
  readonly lowLatency: NonNullable<HlsPlaylist['lowLatency']>;
  readonly newest: NonNullable<HlsPlaylist['newest']>;
};

/** Media playlists: what is there at once, what is to come when it is there (blocking playlist reload, RFC 8216bis §6.2.5.2). */
export class HlsReload {
  readonly #room: WaitingRoom<HlsRequest>;
  readonly #sender: PlaylistSender;

  constructor(room: WaitingRoom<HlsRequest>, sender: PlaylistSender) {
    this.#room = room;
    this.#sender = sender;
  }

  /** False: there is nothing to answer with yet. */
  serve(asked: HlsRequest, playlist: HlsPlaylist): boolean {
    const place = asked.directives.place;
    if (place === undefined || !isLive(playlist)) return this.#send(asked, playlist);
    const { newest, lowLatency } = playlist;
    const problem = tooFarAhead(place, { newest, partTarget: lowLatency.partTarget });
    if (problem !== undefined) respondText(asked.response, 400, problem);
    else if (playlist.has(place)) return this.#send(asked, playlist);
    else this.#wait(asked, playlist, place.msn > newest.msn ? place : { msn: newest.msn + 1, part: 0 });
    return true;
  }

  #wait(asked: HlsRequest, playlist: LowLatencyPlaylist, place: PlaylistPlace): void {
    const { response } = asked;
    this.#sender.waits(asked);
    const key = `${place.msn}.${place.part ?? ''}`;
    const refusal = this.#room.wait(asked, { of: playlist, key }, () => this.#awaited(playlist, place));
    if (refusal === undefined) return;
    if (refusal === 'nothing to come') this.#send(asked, playlist);
    else refuseToWait(response, refusal.refused);
  }

  #awaited(playlist: LowLatencyPlaylist, place: PlaylistPlace): Awaited<HlsRequest> {
    const { targetDuration } = playlist.lowLatency;
    return {
      begin: (come) => playlist.when(place, come),
      answer: (asked) => {
        if (!this.#send(asked, playlist)) gone(asked);
      },
      late: nothingNew,
      patienceMs: patienceMs(playlist.lowLatency),
      longestMs: LONGEST_DURATIONS * targetDuration * 1000,
      progress: () => playlist.newest.msn * PARTS + playlist.newest.parts,
    };
  }

  #send(asked: HlsRequest, playlist: HlsPlaylist): boolean {
    const rendered = playlist.rendered({ skip: asked.directives.skip, dvr: asked.ask.dvr });
    if (!rendered) return false;
    this.#sender.send(asked, rendered, keepSeconds(asked, playlist));
    return true;
  }
}

/** Players go over to another rendition at once; told to try again they would run out of media first. */
function gone({ path, response }: HlsRequest): void {
  respondText(response, 404, `a playlist of "${path}" is gone`);
}

function nothingNew({ response }: HlsRequest): void {
  refuseToWait(response, 'nothing new has come from the source');
}

/** The end of one life must not be found in a cache by who asks for the same number in the next. */
function keepSeconds({ directives }: HlsRequest, playlist: HlsPlaylist): number | undefined {
  if (directives.place === undefined || !playlist.lowLatency || playlist.ended) return undefined;
  return Math.ceil(KEEP_DURATIONS * playlist.lowLatency.targetDuration);
}

function isLive(playlist: HlsPlaylist): playlist is LowLatencyPlaylist {
  return !playlist.ended && playlist.lowLatency !== undefined && playlist.newest !== undefined;
}
