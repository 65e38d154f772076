import type HlsClass from 'hls.js';
import { nearest } from './choice.ts';
import type { EngineOrder, Level, Levels } from './engine.ts';
import { linesOf } from './renditions.ts';

/** With so much ahead of the picture, in seconds, a viewer who chooses another one does not want to see all of it first. */
const FAR_AHEAD_SECONDS = 8;

/**
 * The pictures and sounds of a multivariant playlist, as the player's menu has them. The viewer's own choice holds from the
 * first segment on.
 */
export function hlsLevels(Hls: typeof HlsClass, hls: HlsClass, order: EngineOrder): () => Levels | undefined {
  let shown: number | undefined;
  let pictures: readonly Level[] = [];

  const choosePicture = (place: number | undefined): void => {
    const level = place ?? -1;
    // Near the edge the next part is soon there; to empty the buffer would stop the picture.
    if (ahead(order.video) > FAR_AHEAD_SECONDS) hls.nextLevel = level;
    else hls.loadLevel = level;
  };
  const learned = (): void => {
    pictures = hls.levels.map((level) => ({
      lines: linesOf(level),
      fps: level.frameRate || undefined,
      kbps: level.bitrate > 0 ? level.bitrate / 1000 : undefined,
      codec: level.videoCodec,
    }));
    order.changed();
  };

  hls.on(Hls.Events.MANIFEST_PARSED, () => {
    learned();
    const place = order.picture === undefined ? undefined : nearest(pictures, order.picture);
    if (place !== undefined && pictures.length > 1) hls.loadLevel = place;
  });
  hls.on(Hls.Events.LEVELS_UPDATED, learned);
  hls.on(Hls.Events.LEVEL_SWITCHED, (_, { level }) => {
    shown = level;
    order.changed();
  });
  hls.on(Hls.Events.AUDIO_TRACKS_UPDATED, () => {
    if (order.sound !== undefined && order.sound < hls.audioTracks.length) hls.audioTrack = order.sound;
    order.changed();
  });
  hls.on(Hls.Events.AUDIO_TRACK_SWITCHED, () => order.changed());

  return () =>
    pictures.length === 0
      ? undefined
      : {
          pictures,
          shown,
          choosePicture,
          sounds: hls.audioTracks.map(({ name, lang }) => name || lang || ''),
          heard: hls.audioTrack < 0 ? undefined : hls.audioTrack,
          chooseSound: (place) => (hls.audioTrack = place),
        };
}

function ahead({ buffered, currentTime }: HTMLVideoElement): number {
  return buffered.length > 0 ? buffered.end(buffered.length - 1) - currentTime : 0;
}
