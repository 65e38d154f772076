import 'media-chrome/dist/media-controller.js';
import 'media-chrome/dist/media-control-bar.js';
import 'media-chrome/dist/media-fullscreen-button.js';
import 'media-chrome/dist/media-mute-button.js';
import 'media-chrome/dist/media-pip-button.js';
import 'media-chrome/dist/media-play-button.js';
import 'media-chrome/dist/media-playback-rate-button.js';
import 'media-chrome/dist/media-time-display.js';
import 'media-chrome/dist/media-time-range.js';
import 'media-chrome/dist/media-volume-range.js';
import type { JSX } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { load } from './load.ts';
import type { Recording } from './recording.ts';

interface RecordingStageProps {
  readonly recording: Recording;
}

/** A recording with a time line to seek in. */
export function RecordingStage({ recording }: RecordingStageProps): JSX.Element {
  const video = useRef<HTMLVideoElement>(null);
  const stage = useRef<HTMLElement>(null);
  const [problem, setProblem] = useState<string>();

  useEffect(() => {
    const element = video.current;
    if (!element) return undefined;
    setProblem(undefined);
    stage.current?.scrollIntoView({ block: 'nearest' });
    const stop = load(element, recording, setProblem);
    element.play().catch(() => undefined); // where the browser wants a tap first, the button waits for it
    return stop;
  }, [recording]);

  return (
    <section
      ref={stage}
      class="stage recording-stage"
      id="stage"
      data-state={problem === undefined ? 'playing' : 'failed'}
      data-recording={recording.id}
      aria-label={`Recording of ${recording.stream}`}
    >
      <media-controller fullscreenelement="stage" defaultstreamtype="on-demand" autohide="2">
        <video ref={video} slot="media" playsInline disableRemotePlayback tabIndex={-1} />
        <media-control-bar>
          <media-play-button notooltip />
          <media-time-display showduration notoggle />
          <media-time-range />
          <media-mute-button notooltip />
          <media-volume-range />
          <media-playback-rate-button notooltip />
          <media-pip-button notooltip />
          <media-fullscreen-button notooltip />
        </media-control-bar>
      </media-controller>
      {problem !== undefined && (
        <p class="recording-problem" role="alert">
          {problem}
        </p>
      )}
    </section>
  );
}
