import type { RtmpMessage } from '../protocols/rtmp/message.ts';
import type { Seam } from './overlap.ts';
import { RecentMedia } from './recent-media.ts';

/** What a relay that plays takes of one connection after the other: no frame twice. */
export class MediaFlow {
  /** Of the connection that stands. */
  readonly recent = new RecentMedia();
  /** Leaves out what the connection before brought already. */
  #seam: Seam | undefined;

  /** False for a frame that has been there. */
  takes(message: RtmpMessage): boolean {
    if (this.#seam?.passes(message) === false) return false;
    if (this.#seam?.isOver === true) this.#seam = undefined;
    this.recent.add(message);
    return true;
  }

  /** Another connection brings what follows; undefined: it has nothing in common with this one. */
  goOn(seam: Seam | undefined): void {
    this.recent.clear();
    this.#seam = seam;
  }

  clear(): void {
    this.goOn(undefined);
  }
}
