import type { HTMLAttributes } from 'preact';

type Chrome = HTMLAttributes & {
  slot?: string;
  fullscreenelement?: string;
  defaultstreamtype?: string;
  autohide?: string;
  nohotkeys?: boolean;
  noautoseektolive?: boolean;
  nomutedpref?: boolean;
  notooltip?: boolean;
  showduration?: boolean;
  notoggle?: boolean;
};

declare module 'preact' {
  namespace JSX {
    interface IntrinsicElements {
      'media-controller': Chrome;
      'media-control-bar': Chrome;
      'media-play-button': Chrome;
      'media-playback-rate-button': Chrome;
      'media-time-display': Chrome;
      'media-time-range': Chrome;
      'media-mute-button': Chrome;
      'media-volume-range': Chrome;
      'media-pip-button': Chrome;
      'media-fullscreen-button': Chrome;
    }
  }
}
