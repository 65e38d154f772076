import type { ComponentChildren, JSX } from 'preact';

interface IconProps {
  readonly children: ComponentChildren;
}

/** 20 × 20, drawn with the colour and the weight of the text beside it. */
function Icon({ children }: IconProps): JSX.Element {
  return (
    <svg
      class="icon"
      viewBox="0 0 20 20"
      width="20"
      height="20"
      fill="none"
      stroke="currentColor"
      stroke-width="1.6"
      stroke-linecap="round"
      stroke-linejoin="round"
      aria-hidden="true"
    >
      {children}
    </svg>
  );
}

export const CopyIcon = (): JSX.Element => (
  <Icon>
    <rect x="7" y="7" width="9.5" height="9.5" rx="2" />
    <path d="M13 7V5.5a2 2 0 0 0-2-2H5.5a2 2 0 0 0-2 2V11a2 2 0 0 0 2 2H7" />
  </Icon>
);
export const CheckIcon = (): JSX.Element => (
  <Icon>
    <path d="m4 10.5 4 4 8-9" />
  </Icon>
);
export const ShareIcon = (): JSX.Element => (
  <Icon>
    <path d="M10 12.5V3m0 0L6.5 6.5M10 3l3.5 3.5M4 10v5a2 2 0 0 0 2 2h8a2 2 0 0 0 2-2v-5" />
  </Icon>
);
export const ChartIcon = (): JSX.Element => (
  <Icon>
    <path d="M3 15.5 7 9l3.5 4L14 5.5l3 4.5" />
  </Icon>
);
export const KeyboardIcon = (): JSX.Element => (
  <Icon>
    <rect x="2.5" y="5" width="15" height="10" rx="2" />
    <path d="M5.7 8h.01M8.6 8h.01M11.5 8h.01M14.4 8h.01M7 12h6" />
  </Icon>
);
export const CloseIcon = (): JSX.Element => (
  <Icon>
    <path d="m5 5 10 10M15 5 5 15" />
  </Icon>
);
export const BackIcon = (): JSX.Element => (
  <Icon>
    <path d="M16 10H4m0 0 5-5m-5 5 5 5" />
  </Icon>
);
export const SoundOffIcon = (): JSX.Element => (
  <Icon>
    <path d="M3 8v4h3l4 3.5v-11L6 8H3Zm11 .2 3.6 3.6m0-3.6L14 11.8" />
  </Icon>
);
export const SunIcon = (): JSX.Element => (
  <Icon>
    <circle cx="10" cy="10" r="3.3" />
    <path d="M10 2.5v1.5m0 12v1.5m7.5-7.5H16M4 10H2.5m12.8-5.3-1.1 1.1M5.8 14.2l-1.1 1.1m10.6 0-1.1-1.1M5.8 5.8 4.7 4.7" />
  </Icon>
);
export const MoonIcon = (): JSX.Element => (
  <Icon>
    <path d="M16.5 11.8A7 7 0 1 1 8.2 3.5a5.6 5.6 0 0 0 8.3 8.3Z" />
  </Icon>
);
export const AutoIcon = (): JSX.Element => (
  <Icon>
    <circle cx="10" cy="10" r="6.8" />
    <path d="M10 3.2a6.8 6.8 0 0 1 0 13.6Z" fill="currentColor" />
  </Icon>
);
export const ViewersIcon = (): JSX.Element => (
  <Icon>
    <path d="M2 10s3-5.5 8-5.5S18 10 18 10s-3 5.5-8 5.5S2 10 2 10Z" />
    <circle cx="10" cy="10" r="2.3" />
  </Icon>
);
export const DownloadIcon = (): JSX.Element => (
  <Icon>
    <path d="M10 3v9.5m0 0L6.5 9M10 12.5 13.5 9M4 14v1a2 2 0 0 0 2 2h8a2 2 0 0 0 2-2v-1" />
  </Icon>
);
export const TrashIcon = (): JSX.Element => (
  <Icon>
    <path d="M3.5 5.5h13M8 5.5V3.5h4v2M5.5 5.5l.7 9.6a2 2 0 0 0 2 1.9h3.6a2 2 0 0 0 2-1.9l.7-9.6M8.5 9v4.5M11.5 9v4.5" />
  </Icon>
);
export const PlayIcon = (): JSX.Element => (
  <svg class="icon" viewBox="0 0 20 20" width="20" height="20" fill="currentColor" aria-hidden="true">
    <path d="M6 3.8v12.4a.8.8 0 0 0 1.2.7l9.8-6.2a.8.8 0 0 0 0-1.4L7.2 3.1A.8.8 0 0 0 6 3.8Z" />
  </svg>
);

interface WheelProps {
  readonly turning: boolean;
}

/** The mill wheel over its water: the mark, and the sign that something is under way when it turns. */
export function Wheel({ turning }: WheelProps): JSX.Element {
  return (
    <svg
      class={turning ? 'wheel wheel-turning' : 'wheel'}
      viewBox="0 0 32 32"
      fill="none"
      stroke="currentColor"
      stroke-width="1.75"
      stroke-linecap="round"
      aria-hidden="true"
    >
      <path class="wheel-water" d="M1.5 5h8M3 30h26" />
      <g class="wheel-spokes">
        <circle cx="17" cy="16.5" r="10" />
        <circle cx="17" cy="16.5" r="5.5" />
        <path d="M22.50 16.50L26.40 13.08M20.89 20.39L26.06 20.73M17 22L20.42 25.90M13.11 20.39L12.77 25.56M11.50 16.50L7.60 19.92M13.11 12.61L7.94 12.27M17 11L13.58 7.10M20.89 12.61L21.23 7.44" />
        <path d="M17 16.5h.01" />
      </g>
    </svg>
  );
}
